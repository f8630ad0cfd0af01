/** PutObject, CopyObject, the deletions and object ACLs on the wire. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { connectRaw } from '../../support/raw-client.ts';
import { requestBytes, signHeaderV4 } from '../../support/sign.ts';
import { type Call, openRawOss, type RawOss, shapeOf, textOf, textsOf } from './raw-oss.ts';

let oss: RawOss;
let bucket: string;

before(async () => {
  oss = await openRawOss();
  bucket = await oss.bucket();
});
after(() => oss.close());

const put = (key: string, body: string, headers: Record<string, string> = {}, more: Call = {}) =>
  oss.call({ method: 'PUT', bucket, key, body, headers, ...more });
const get = async (key: string) => (await oss.call({ bucket, key })).text;
const md5 = (text: string | Buffer): string => createHash('md5').update(text).digest('base64');

test('an upload is answered with its checksums', async () => {
  const answer = await put('a', '123456789', { 'content-md5': md5('123456789') });
  assert.equal(answer.status, 200);
  assert.equal(answer.body.length, 0);
  assert.equal(answer.headers.etag, '"25F9E794323B453885F5181F1B624D0B"');
  assert.equal(answer.headers['content-md5'], 'JfnnlDI7RTiF9RgfG2JNCw==');
  assert.equal(answer.headers['x-oss-hash-crc64ecma'], '11051210869376104954');
});

const refusals: [string, Record<string, string>, string, number][] = [
  ['another MD5', { 'content-md5': md5('other') }, 'InvalidDigest', 400],
  ['an MD5 that is none', { 'content-md5': 'x' }, 'InvalidDigest', 400],
  ['another CRC', { 'x-oss-hash-crc64ecma': '1' }, 'InvalidDigest', 400],
  ['a condition', { 'if-none-match': '*' }, 'NotImplemented', 400],
  ['a date condition', { 'if-modified-since': 'x' }, 'NotImplemented', 400],
  [
    'no known encryption',
    { 'x-oss-server-side-encryption': 'x' },
    'InvalidEncryptionAlgorithmError',
    400,
  ],
  ['an unknown ACL', { 'x-oss-object-acl': 'public' }, 'InvalidArgument', 400],
  ['an unknown storage class', { 'x-oss-storage-class': 'standard' }, 'InvalidArgument', 400],
  ['an unclear forbid-overwrite', { 'x-oss-forbid-overwrite': 'yes' }, 'InvalidArgument', 400],
  ['forbidden overwriting', { 'x-oss-forbid-overwrite': 'true' }, 'FileAlreadyExists', 409],
  ['too much metadata', { 'x-oss-meta-a': 'x'.repeat(8192) }, 'InvalidArgument', 400],
  ['metadata with an underscore', { 'x-oss-meta-a_b': 'x' }, 'InvalidArgument', 400],
];

for (const [name, headers, code, status] of refusals) {
  test(`an upload with ${name} is refused: ${code}; what stood before stands`, async () => {
    await put('kept', 'before');
    const answer = await put('kept', 'after', headers);
    assert.deepEqual([answer.status, answer.code], [status, code]);
    if (code === 'NotImplemented') assert.ok(textOf(answer.text, 'Header'));
    assert.equal(await get('kept'), 'before');
  });
}

test('an upload says how long it is', async () => {
  const { httpPort: port } = oss.server;
  const credentials = oss.server;
  const signed = signHeaderV4({ method: 'PUT', host: 'localhost', bucket, key: 'a', credentials });
  const withoutLength = requestBytes(signed)
    .toString('latin1')
    .replace('content-length: 0\r\n', '');
  const client = await connectRaw({ port });
  client.send(withoutLength);
  const answer = await client.response();
  assert.equal(answer.status, 411);
  assert.equal(textOf(answer.body.toString(), 'Code'), 'MissingContentLength');
  client.destroy();
});

test('a chunked upload is taken', async () => {
  const { httpPort: port } = oss.server;
  const credentials = oss.server;
  const headers = { 'transfer-encoding': 'chunked' };
  const request = { method: 'PUT', host: 'localhost', bucket, key: 'chunked', credentials };
  const signed = signHeaderV4({ ...request, headers });
  const head = requestBytes(signed).toString('latin1').replace('content-length: 0\r\n', '');
  const client = await connectRaw({ port });
  client.send(`${head}3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n`);
  assert.equal((await client.response()).status, 200);
  client.destroy();
  assert.equal(await get('chunked'), 'abcdefg');
});

test('an upload that ends early stores nothing', async () => {
  const { httpPort: port } = oss.server;
  const credentials = oss.server;
  const signed = signHeaderV4({
    method: 'PUT',
    host: 'localhost',
    bucket,
    key: 'cut',
    credentials,
  });
  const client = await connectRaw({ port });
  client.send(requestBytes(signed, 'x'.repeat(1000)).subarray(0, -400));
  client.endSending();
  const answer = await client.response();
  client.destroy();
  assert.equal(answer.status, 400);
  assert.equal(textOf(answer.body.toString(), 'Code'), 'RequestTimeout');
  assert.equal((await oss.call({ bucket, key: 'cut' })).status, 404);
});

test('anybody writes where the ACL says so, and nowhere else', async () => {
  const open = await oss.bucket('public-read-write');
  const stranger = await oss.stranger();
  for (const caller of ['anonymous' as const, stranger]) {
    assert.equal((await put('k', 'x', {}, { bucket: open, as: caller })).status, 200);
    assert.equal((await put('k', 'x', {}, { as: caller })).code, 'AccessDenied');
  }
  await put('closed', 'mine', { 'x-oss-object-acl': 'private' }, { bucket: open });
  const asStranger = { bucket: open, as: stranger };
  assert.equal((await put('closed', 'theirs', {}, asStranger)).code, 'AccessDenied');
  const body = '<Delete><Object><Key>k</Key></Object><Object><Key>closed</Key></Object></Delete>';
  const deletion = { ...asStranger, method: 'POST', query: { delete: undefined } };
  assert.equal((await oss.call({ ...deletion, body })).code, 'AccessDenied');
  assert.equal((await oss.call({ bucket: open, key: 'k' })).status, 200);
});

const copy = (key: string, source: string, headers: Record<string, string> = {}, more: Call = {}) =>
  oss.call({
    method: 'PUT',
    bucket,
    key,
    headers: { 'x-oss-copy-source': source, ...headers },
    ...more,
  });

test('a copy is answered with ETag and time, and holds what its source held', async () => {
  await put('sp ace/中+%', 'text', { 'content-type': 'a/b', 'x-oss-meta-x': '1' });
  for (const source of [
    `/${bucket}/sp%20ace%2F%E4%B8%AD%2B%25`,
    `${bucket}/sp%20ace/%E4%B8%AD+%25`,
    `/${bucket}/sp ace/${Buffer.from('中').toString('latin1')}+%25`,
    `/${bucket}/sp%20ace/%E4%B8%AD%2B%25?versionId=null`,
  ]) {
    const answer = await copy('copied', source);
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(shapeOf(answer.text), ['CopyObjectResult', 'ETag', 'LastModified']);
    assert.equal(textOf(answer.text, 'LastModified'), '2026-11-22T09:00:00.000Z');
    const made = await oss.call({ bucket, key: 'copied' });
    assert.equal(made.text, 'text');
    assert.equal(made.headers['content-type'], 'a/b');
    assert.equal(made.headers['x-oss-meta-x'], '1');
    await oss.call({ method: 'DELETE', bucket, key: 'copied' });
  }
});

test('directives and copies onto itself', async () => {
  await put('self', 'text', { 'content-type': 'a/b', 'x-oss-meta-x': '1' });
  const replace = { 'x-oss-metadata-directive': 'REPLACE', 'x-oss-meta-y': '2' };
  await copy('other', `/${bucket}/self`, replace);
  const other = await oss.call({ bucket, key: 'other' });
  assert.equal(other.headers['x-oss-meta-x'], undefined);
  assert.equal(other.headers['x-oss-meta-y'], '2');
  await copy('self', `/${bucket}/self`, { 'x-oss-meta-z': '3', 'content-type': 'c/d' });
  const self = await oss.call({ bucket, key: 'self' });
  assert.equal(self.text, 'text');
  assert.equal(self.headers['content-type'], 'c/d');
  assert.equal(self.headers['x-oss-meta-x'], undefined);
  assert.equal(self.headers['x-oss-meta-z'], '3');
});

test('copies that are refused', async () => {
  await put('source', 'text');
  const etag = (await oss.call({ bucket, key: 'source' })).headers.etag ?? '';
  const version = 'x'.repeat(64);
  const table: [string, Record<string, string>, number, string][] = [
    ['no-slash', {}, 400, 'InvalidArgument'],
    [`/${bucket}/`, {}, 400, 'InvalidArgument'],
    [`/${bucket}/%ff`, {}, 400, 'InvalidArgument'],
    [`/${bucket}/%zz`, {}, 400, 'InvalidArgument'],
    ['/no-such-bucket/k', {}, 404, 'NoSuchBucket'],
    [`/${bucket}/missing`, {}, 404, 'NoSuchKey'],
    [`/${bucket}/source?versionId=`, {}, 400, 'InvalidArgument'],
    [`/${bucket}/source?versionId=1`, {}, 400, 'InvalidArgument'],
    [`/${bucket}/source?versionId=${version}`, {}, 404, 'NoSuchVersion'],
    [`/${bucket}/source`, { 'x-oss-copy-source-if-match': '"A"' }, 412, 'PreconditionFailed'],
    [`/${bucket}/source`, { 'x-oss-copy-source-if-none-match': etag }, 304, ''],
    [`/${bucket}/source`, { 'x-oss-metadata-directive': 'MERGE' }, 400, 'InvalidArgument'],
    [`/${bucket}/source`, { 'x-oss-forbid-overwrite': 'true' }, 409, 'FileAlreadyExists'],
  ];
  for (const [source, headers, status, code] of table) {
    await put('target', 'before');
    const answer = await copy('target', source, headers);
    assert.deepEqual([answer.status, answer.code], [status, code], `${source} ${answer.text}`);
    assert.equal(await get('target'), 'before');
  }
});

test('a copy needs the right to read its source', async () => {
  const open = await oss.bucket('public-read-write');
  await put('secret', 'text');
  const stranger = await oss.stranger();
  const copying = (source: string) => copy('stolen', source, {}, { bucket: open, as: stranger });
  assert.equal((await copying(`/${bucket}/secret`)).code, 'AccessDenied');
  assert.equal((await copying(`/${bucket}/not-there`)).code, 'AccessDenied');
  assert.equal((await oss.call({ bucket: open, key: 'stolen' })).status, 404);
});

test('a deletion succeeds whether or not there was something', async () => {
  await put('gone', 'x');
  for (let time = 0; time < 2; time++) {
    const answer = await oss.call({ method: 'DELETE', bucket, key: 'gone' });
    assert.deepEqual([answer.status, answer.body.length], [204, 0]);
    assert.equal((await oss.call({ bucket, key: 'gone' })).status, 404);
  }
});

const deleteMany = (body: string, query: Record<string, string | undefined> = {}, headers = {}) =>
  oss.call({ method: 'POST', bucket, query: { delete: undefined, ...query }, body, headers });

test('many keys are deleted at once, control characters among them', async () => {
  const keys = ['many/a&b', 'many/\u0001\u001f', 'many/ spaces ', 'many/+中'];
  for (const key of keys) await put(key, 'x');
  const escaped = ['many/a&amp;b', 'many/&#x01;&#31;', 'many/ spaces ', 'many/+中', 'many/missing'];
  const objects = escaped.map((key) => `<Object><Key>${key}</Key></Object>`).join('');
  const body = `<Delete><Quiet>false</Quiet>${objects}</Delete>`;
  const headers = { 'content-md5': md5(body) };
  const answer = await deleteMany(body, { 'encoding-type': 'url' }, headers);
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual(shapeOf(answer.text), ['DeleteResult', 'EncodingType', 'Deleted', 'Key']);
  assert.deepEqual(textsOf(answer.text, 'Key'), [
    'many%2Fa%26b',
    'many%2F%01%1F',
    'many%2F%20spaces%20',
    'many%2F%2B%E4%B8%AD',
    'many%2Fmissing',
  ]);
  for (const key of keys) assert.equal((await oss.call({ bucket, key })).status, 404, key);
});

test('a quiet deletion answers nothing', async () => {
  await put('quiet', 'x');
  const answer = await deleteMany(
    '<Delete><Quiet>TRUE</Quiet><Object><Key>quiet</Key></Object></Delete>',
  );
  assert.deepEqual([answer.status, answer.text], [200, '']);
  assert.equal((await oss.call({ bucket, key: 'quiet' })).status, 404);
});

test('deletions that are refused delete nothing', async () => {
  await put('stays', 'x');
  const entry = '<Object><Key>stays</Key></Object>';
  const table: [string, string, Record<string, string>?][] = [
    [`<Remove>${entry}</Remove>`, 'MalformedXML'],
    ['<Delete></Delete>', 'MalformedXML'],
    ['', 'MalformedXML'],
    [`<Delete>${entry}`, 'MalformedXML'],
    [`<Delete><Quiet>maybe</Quiet>${entry}</Delete>`, 'MalformedXML'],
    [`<Delete>${entry.repeat(1001)}</Delete>`, 'MalformedXML'],
    [`<Delete>${entry}<Object/></Delete>`, 'MalformedXML'],
    [`<Delete>${entry}<Object><Key></Key></Object></Delete>`, 'InvalidObjectName'],
    [
      `<Delete>${entry}<Object><Key>a</Key><VersionId>234</VersionId></Object></Delete>`,
      'InvalidArgument',
    ],
    [`<Delete>${entry}</Delete>`, 'InvalidDigest', { 'content-md5': md5('other') }],
    [`<Delete>${entry}${'<!-- padding -->'.repeat(140_000)}</Delete>`, 'MalformedXML'],
  ];
  for (const [body, code, headers] of table) {
    const answer = await deleteMany(body, {}, headers);
    assert.deepEqual([answer.status, answer.code], [400, code], body.slice(0, 80));
  }
  const wrongRoot = await deleteMany(`<Remove>${entry}</Remove>`);
  assert.equal(textOf(wrongRoot.text, 'ErrorDetail'), 'the root node is not named Delete.');
  assert.equal(textOf(wrongRoot.text, 'EC'), '0016-00000608');
  assert.equal(await get('stays'), 'x');
});

test('a thousand keys are not too many', async () => {
  const entries = Array.from(
    { length: 1000 },
    (_, index) => `<Object><Key>t${index}</Key></Object>`,
  );
  const answer = await deleteMany(`<Delete>${entries.join('')}</Delete>`);
  assert.equal(answer.status, 200);
  assert.equal(textsOf(answer.text, 'Key').length, 1000);
});

test('an object ACL is set, shown and obeyed', async () => {
  await put('acl', 'x');
  const acl = (method: string, key: string, headers = {}) =>
    oss.call({ method, bucket, key, query: { acl: undefined }, headers });
  const shown = await acl('GET', 'acl');
  assert.deepEqual(shapeOf(shown.text), [
    'AccessControlPolicy',
    'Owner',
    'ID',
    'DisplayName',
    'AccessControlList',
    'Grant',
  ]);
  assert.equal(textOf(shown.text, 'Grant'), 'default');
  assert.equal((await acl('PUT', 'acl', { 'x-oss-object-acl': 'public-read' })).status, 200);
  assert.equal(textOf((await acl('GET', 'acl')).text, 'Grant'), 'public-read');
  assert.equal((await oss.call({ bucket, key: 'acl', as: 'anonymous' })).status, 200);
  assert.equal((await acl('PUT', 'acl')).code, 'InvalidArgument');
  assert.equal((await acl('PUT', 'acl', { 'x-oss-object-acl': 'x' })).code, 'InvalidArgument');
  assert.equal((await acl('PUT', 'none', { 'x-oss-object-acl': 'private' })).code, 'NoSuchKey');
  assert.equal((await acl('GET', 'none')).code, 'NoSuchKey');
});
