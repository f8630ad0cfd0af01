/** Tags of objects, and headers of their own (oss-semantics.md 7.4, 7.7). */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Answer, type Call, openRawOss, type RawOss, textOf, textsOf } from './raw-oss.ts';

let oss: RawOss;
let bucket: string;
before(async () => {
  oss = await openRawOss();
  bucket = await oss.bucket('public-read');
});
after(() => oss.close());

const flag = undefined;
const tagging = (method: string, key: string, more: Call = {}) =>
  oss.call({ method, bucket, key, ...more, query: { tagging: flag, ...more.query } });
const tagsOf = async (key: string, more: Call = {}): Promise<string> => {
  const { text } = await tagging('GET', key, more);
  const values = textsOf(text, 'Value');
  return textsOf(text, 'Key')
    .map((name, index) => `${name}=${values[index]}`)
    .join('&');
};
const document = (...tags: [string, string?][]): string => {
  const each = tags.map(([key, value]) => {
    const text = value === undefined ? '' : `<Value>${value}</Value>`;
    return `<Tag><Key>${key}</Key>${text}</Tag>`;
  });
  return `<Tagging><TagSet>${each.join('')}</TagSet></Tagging>`;
};
const put = (key: string, headers: Record<string, string>) => oss.put(bucket, key, 'x', headers);
const numbered = (count: number) => Array.from({ length: count }, (_, at) => `k${at}`);

test('tags come with an object, are replaced, and go', async () => {
  await put('t', { 'x-oss-tagging': 'b=2&a=1&empty&%C3%BC+x=%2B-%3D._%3A%2F' });
  assert.equal(await tagsOf('t'), 'b=2&a=1&empty=&ü x=+-=._:/');
  const head = await oss.call({ method: 'HEAD', bucket, key: 't' });
  assert.equal(head.headers['x-oss-tagging-count'], '4');
  const anonymous = await oss.call({ bucket, key: 't', as: 'anonymous' });
  assert.equal(anonymous.headers['x-oss-tagging-count'], undefined);
  oss.world.advance(60_000);
  const body = document(['z', '26'], ['y'], [' spaced ', ' v ']);
  const replaced = await tagging('PUT', 't', { body });
  assert.deepEqual([replaced.status, replaced.body.length], [200, 0]);
  assert.equal(await tagsOf('t'), 'z=26&y=& spaced = v ');
  const after = await oss.call({ method: 'HEAD', bucket, key: 't' });
  assert.equal(after.headers['last-modified'], head.headers['last-modified']);
  for (const _ of [1, 2]) assert.equal((await tagging('DELETE', 't')).status, 204);
  const none = await tagging('GET', 't');
  assert.deepEqual([none.status, textsOf(none.text, 'Tag')], [200, []]);
  assert.match(none.text, /<TagSet>/);
  await tagging('PUT', 't', { body: document(['a', 'b']) });
  await tagging('PUT', 't', { body: document() });
  assert.equal(await tagsOf('t'), '');
  const bare = await oss.call({ method: 'HEAD', bucket, key: 't' });
  assert.equal(bare.headers['x-oss-tagging-count'], undefined);
});

const duplicates =
  "The header 'x-oss-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.";
const invalidKey = 'The TagKey you have provided is invalid';
const invalidValue = 'The TagValue you have provided is invalid';
const long = (count: number) => 'x'.repeat(count);

test('what is wrong with a header', async () => {
  const table: [string, string, string][] = [
    [numbered(11).join('&'), 'BadRequest', 'Object tags cannot be greater than 10'],
    ['a=1&a=2', 'InvalidArgument', duplicates],
    ['a=%zz', 'InvalidArgument', duplicates],
    ['a=%ff', 'InvalidArgument', duplicates],
    ['a%26=1', 'InvalidTag', invalidKey],
    ['=1', 'InvalidTag', invalidKey],
    ['a=%3F', 'InvalidTag', invalidValue],
    [long(129), 'InvalidTag', invalidKey],
    [`a=${long(257)}`, 'InvalidTag', invalidValue],
  ];
  const calls: Call[] = [
    { method: 'PUT' },
    { method: 'POST', query: { append: flag, position: '0' } },
    { method: 'POST', query: { uploads: flag } },
    { method: 'PUT', headers: { 'x-oss-copy-source': `/${bucket}/t` } },
  ];
  for (const call of calls) {
    for (const [header, code, message] of table) {
      const headers = { ...call.headers, 'x-oss-tagging': header };
      const answer = await oss.call({ ...call, bucket, key: 'bad', headers });
      assert.deepEqual([answer.status, answer.code], [400, code], header);
      assert.equal(textOf(answer.text, 'Message'), message);
    }
  }
  assert.equal((await oss.call({ bucket, key: 'bad' })).code, 'NoSuchKey');
  const most = `${numbered(9).join('&')}&${long(128)}=${long(256)}`;
  await put('most', { 'x-oss-tagging': most });
  assert.equal((await tagsOf('most')).split('&').length, 10);
});

test('what is wrong with a document', async () => {
  await put('d', { 'x-oss-tagging': 'kept=1' });
  const eleven = numbered(11).map((name): [string] => [name]);
  const twice = 'Cannot provide multiple Tags with the same key';
  const table: [string, string, string | undefined][] = [
    [document(...eleven), 'BadRequest', 'Object tags cannot be greater than 10'],
    [document(['a', '1'], ['a', '2']), 'InvalidTag', twice],
    [document(['a&amp;b', '1']), 'InvalidTag', invalidKey],
    [document(['', '1']), 'InvalidTag', invalidKey],
    [document([long(129)]), 'InvalidTag', invalidKey],
    [document(['a', long(257)]), 'InvalidTag', invalidValue],
    ['<Tagging/>', 'MalformedXML', undefined],
    ['<Tagging><TagSet><Tag/></TagSet></Tagging>', 'MalformedXML', undefined],
    ['<Other/>', 'MalformedXML', undefined],
    ['', 'MalformedXML', undefined],
  ];
  for (const [body, code, message] of table) {
    const answer = await tagging('PUT', 'd', { body });
    assert.deepEqual([answer.status, answer.code], [400, code], body);
    if (message !== undefined) assert.equal(textOf(answer.text, 'Message'), message);
  }
  const tooLong = await tagging('PUT', 'd', { body: document([long(129)]) });
  assert.equal(tooLong.headers['x-oss-ec'], '0010-00000209');
  const many = await tagging('PUT', 'd', { body: document(...eleven) });
  assert.equal(many.headers['x-oss-ec'], '9026-00000013');
  assert.equal(await tagsOf('d'), 'kept=1');
  for (const as of ['anonymous' as const, await oss.stranger()]) {
    for (const method of ['GET', 'PUT', 'DELETE']) {
      assert.equal((await tagging(method, 'd', { as })).code, 'AccessDenied');
    }
  }
  for (const method of ['GET', 'DELETE']) {
    assert.equal((await tagging(method, 'missing')).code, 'NoSuchKey');
  }
});

test('a copy takes the tags along, or those of the request', async () => {
  await put('from', { 'x-oss-tagging': 'a=1' });
  const replace = { 'x-oss-tagging-directive': 'Replace' };
  const table: [string, Record<string, string>, string][] = [
    ['c1', {}, 'a=1'],
    ['c2', { 'x-oss-tagging': 'b=2' }, 'a=1'],
    ['c3', { 'x-oss-tagging-directive': 'Copy', 'x-oss-metadata-directive': 'REPLACE' }, 'a=1'],
    ['c4', { ...replace, 'x-oss-tagging': 'b=2' }, 'b=2'],
    ['c5', replace, ''],
    ['from', {}, 'a=1'],
    ['from', { ...replace, 'x-oss-tagging': 'c=3' }, 'c=3'],
    ['from', replace, ''],
  ];
  for (const [key, more, tags] of table) {
    const headers = { 'x-oss-copy-source': `/${bucket}/from`, ...more };
    const answer = await oss.call({ method: 'PUT', bucket, key, headers });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(await tagsOf(key), tags, JSON.stringify(headers));
  }
  const odd = { 'x-oss-copy-source': `/${bucket}/from`, 'x-oss-tagging-directive': 'x' };
  const answer = await oss.call({ method: 'PUT', bucket, key: 'c', headers: odd });
  assert.equal(answer.code, 'InvalidArgument');
});

test('an object of parts and an appendable one have them from the beginning', async () => {
  const headers = { 'x-oss-tagging': 'a=1' };
  const append = { method: 'POST', bucket, key: 'log', body: 'x' };
  await oss.call({ ...append, headers, query: { append: flag, position: '0' } });
  const more = { headers: { 'x-oss-tagging': 'b=2' }, query: { append: flag, position: '1' } };
  await oss.call({ ...append, ...more });
  assert.equal(await tagsOf('log'), 'a=1');
  const begun = await oss.call({
    method: 'POST',
    bucket,
    key: 'm',
    headers,
    query: { uploads: flag },
  });
  const query = { uploadId: textOf(begun.text, 'UploadId') };
  const body = '<CompleteMultipartUpload/>';
  assert.equal((await oss.call({ method: 'POST', bucket, key: 'm', query, body })).status, 200);
  assert.equal(await tagsOf('m'), 'a=1');
});

test('each version has its own', async () => {
  const own = await oss.bucket();
  const body = '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>';
  await oss.call({ method: 'PUT', bucket: own, query: { versioning: flag }, body });
  const version = (answer: Answer) => answer.headers['x-oss-version-id'];
  const first = version(await oss.put(own, 'v', 'one', { 'x-oss-tagging': 'a=1' }));
  const second = version(await oss.put(own, 'v', 'two'));
  const of = (versionId?: string) => ({ bucket: own, query: { versionId } });
  const at = { bucket: own };
  assert.equal(await tagsOf('v', at), '');
  assert.equal(await tagsOf('v', of(first)), 'a=1');
  assert.equal(version(await tagging('PUT', 'v', { ...at, body: document(['b', '2']) })), second);
  const old = await tagging('PUT', 'v', { ...of(first), body: document(['c', '3']) });
  assert.equal(version(old), first);
  assert.equal(await tagsOf('v', at), 'b=2');
  assert.equal(await tagsOf('v', of(first)), 'c=3');
  assert.equal(version(await tagging('DELETE', 'v', of(first))), first);
  const marker = version(await oss.call({ method: 'DELETE', bucket: own, key: 'v' }));
  const missing: [Call, number, string][] = [
    [at, 404, 'NoSuchKey'],
    [of(marker), 405, 'MethodNotAllowed'],
    [of('A'.repeat(64)), 404, 'NoSuchVersion'],
    [of('234'), 400, 'InvalidArgument'],
  ];
  for (const [call, status, code] of missing) {
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const answer = await tagging(method, 'v', { ...call, body: document() });
      assert.deepEqual([answer.status, answer.code], [status, code], method);
    }
  }
});

const base64 = (text: string | Buffer): string => Buffer.from(text).toString('base64');
const persistent = 'x-oss-persistent-headers';

test('headers of its own come back with an object', async () => {
  const value = `X-Own:${base64('a: b, ü')},other-1:${base64('2')}`;
  await put('h', { [persistent]: value, 'cache-control': 'no-store' });
  for (const method of ['GET', 'HEAD']) {
    const { headers } = await oss.call({ method, bucket, key: 'h', as: 'anonymous' });
    assert.equal(Buffer.from(headers['x-own'] ?? '', 'latin1').toString(), 'a: b, ü');
    assert.deepEqual([headers['other-1'], headers['cache-control']], ['2', 'no-store']);
  }
  const copy = async (key: string, more: Record<string, string>) => {
    const headers = { 'x-oss-copy-source': `/${bucket}/h`, ...more };
    const answer = await oss.call({ method: 'PUT', bucket, key, headers });
    assert.equal(answer.status, 200, answer.text);
    return (await oss.call({ method: 'HEAD', bucket, key })).headers['other-1'];
  };
  assert.equal(await copy('h1', {}), '2');
  assert.equal(await copy('h2', { 'x-oss-metadata-directive': 'REPLACE' }), undefined);
  assert.equal(await copy('h', { [persistent]: `other-1:${base64('3')}` }), '3');
});

test('what is wrong with headers of its own', async () => {
  const table: [string, Record<string, string>, RegExp][] = [
    ['nonsense', {}, /format of persistent header is invalid/],
    [`:${base64('x')}`, {}, /format of persistent header is invalid/],
    [`a:${base64('1')},A:${base64('2')}`, {}, /format of persistent header is invalid/],
    [`a b:${base64('1')}`, {}, /not valid HTTP token/],
    ['a:*', {}, /not base64 encoded/],
    [`a:${base64('1\r\nb: 2')}`, {}, /contains CR or LF/],
    [`a:${base64(Buffer.from([0xff]))}`, {}, /not utf-8 encoded/],
    [`a:${base64('\u0000')}`, {}, /not utf-8 encoded/],
    [
      `Content-Type:${base64('a/b')}`,
      { 'content-type': 'c/d' },
      /not equal to request header value/,
    ],
    ...['Host', 'Content-MD5', 'Origin', 'Range', 'Set-Cookie', 'x-oss-meta-a', 'Vary'].map(
      (name): [string, Record<string, string>, RegExp] => [`${name}:eA==`, {}, /reserved/],
    ),
  ];
  for (const [value, more, message] of table) {
    const headers = { [persistent]: value, ...more };
    const answer = await oss.call({ method: 'PUT', bucket, key: 'bad-h', headers });
    assert.deepEqual([answer.status, answer.code], [400, 'InvalidArgument'], value);
    assert.match(textOf(answer.text, 'Message') ?? '', message);
    assert.equal(answer.headers['x-oss-ec'], '9026-00000012');
  }
});
