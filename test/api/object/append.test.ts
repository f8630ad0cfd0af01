/** AppendObject on the wire: oss-object-api.md, oss-semantics.md 1.3 and 7.2. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { createCrc64 } from '../../../src/buckets/index.ts';
import { type Answer, type Call, openRawOss, type RawOss, textOf } from './raw-oss.ts';

let oss: RawOss;
let bucket: string;
before(async () => {
  oss = await openRawOss();
  bucket = await oss.bucket();
});
after(() => oss.close());

const flag = undefined;
const append = (key: string, position: number | string, body: string, more: Call = {}) =>
  oss.call({
    method: 'POST',
    bucket,
    key,
    body,
    ...more,
    query: { append: flag, position: String(position) },
  });
const crcOf = (text: string): string => {
  const crc64 = createCrc64();
  crc64.update(Buffer.from(text));
  return crc64.digest();
};
const next = ({ headers }: Answer) => headers['x-oss-next-append-position'];
const outcome = (answer: Answer) => [answer.status, answer.code, next(answer)];

test('an object grows by whoever names its length', async () => {
  const headers = {
    'content-type': 'text/plain',
    'x-oss-meta-a': '1',
    'x-oss-object-acl': 'public-read',
  };
  const first = await append('log', 0, 'one,', { headers });
  assert.deepEqual(outcome(first), [200, '', '4']);
  assert.equal(first.headers['x-oss-version-id'], undefined);
  oss.world.advance(60_000);
  const etags = new Set([first.headers.etag]);
  let text = 'one,';
  for (const piece of ['two,', 'three,', 'a longer piece of a log,']) {
    const md5 = createHash('md5').update(piece).digest('base64');
    const more = { headers: { 'content-md5': md5, 'x-oss-meta-b': '2' } };
    const answer = await append('log', text.length, piece, more);
    text += piece;
    assert.deepEqual(outcome(answer), [200, '', String(text.length)]);
    assert.equal(answer.headers['x-oss-hash-crc64ecma'], crcOf(text));
    etags.add(answer.headers.etag);
  }
  assert.equal(etags.size, 4);
  const read = await oss.call({ bucket, key: 'log', as: 'anonymous' });
  assert.equal(read.text, text);
  assert.equal(next(read), String(text.length));
  assert.equal(read.headers['x-oss-object-type'], 'Appendable');
  assert.equal(read.headers['x-oss-hash-crc64ecma'], crcOf(text));
  assert.equal(read.headers['content-md5'], undefined);
  assert.deepEqual([read.headers['x-oss-meta-a'], read.headers['x-oss-meta-b']], ['1', undefined]);
  assert.equal(Date.parse(read.headers['last-modified'] ?? ''), oss.world.clock.now());
  assert.ok(etags.has(read.headers.etag));
  const part = await oss.call({ bucket, key: 'log', headers: { range: 'bytes=2-9' } });
  assert.equal(part.text, text.slice(2, 10));
  const listed = await oss.call({ bucket, query: { prefix: 'log' } });
  assert.equal(textOf(listed.text, 'Type'), 'Appendable');
});

test('an append of no bytes changes nothing', async () => {
  const first = await append('empty', 0, '');
  assert.deepEqual(outcome(first), [200, '', '0']);
  assert.deepEqual(outcome(await append('empty', 0, '')), [200, '', '0']);
  assert.deepEqual(outcome(await append('empty', 0, 'abc')), [200, '', '3']);
  const again = await append('empty', 3, '');
  assert.deepEqual(outcome(again), [200, '', '3']);
  assert.equal((await oss.call({ bucket, key: 'empty' })).text, 'abc');
  assert.equal(again.headers['x-oss-hash-crc64ecma'], crcOf('abc'));
});

test('what is refused, and how long the object is', async () => {
  await append('a', 0, 'abc');
  await oss.put(bucket, 'normal', 'x');
  const bad = { headers: { 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' } };
  const table: [string, string, number | string, Call, (string | number | undefined)[]][] = [
    ['too early', 'a', 0, {}, [409, 'PositionNotEqualToLength', '3']],
    ['too late', 'a', 4, {}, [409, 'PositionNotEqualToLength', '3']],
    ['nothing there', 'none', 1, {}, [409, 'PositionNotEqualToLength', '0']],
    ['negative', 'a', -1, {}, [400, 'InvalidArgument', undefined]],
    ['no number', 'a', 'x', {}, [400, 'InvalidArgument', undefined]],
    ['not appendable', 'normal', 1, {}, [409, 'ObjectNotAppendable', undefined]],
    ['another MD5', 'a', 3, bad, [400, 'InvalidDigest', undefined]],
    ['a stranger', 'a', 3, { as: await oss.stranger() }, [403, 'AccessDenied', undefined]],
    ['a condition', 'a', 3, { headers: { 'if-match': 'x' } }, [400, 'NotImplemented', undefined]],
  ];
  for (const [name, key, position, more, expected] of table) {
    assert.deepEqual(outcome(await append(key, position, 'more', more)), expected, name);
  }
  const missing = await oss.call({ method: 'POST', bucket, key: 'a', query: { append: flag } });
  assert.deepEqual([missing.status, missing.code], [400, 'MissingArgument']);
  assert.equal((await append('a', 9, 'x')).headers['x-oss-ec'], '0026-00000016');
  assert.equal((await oss.call({ bucket, key: 'a' })).text, 'abc');
  const query = { seal: flag, position: '3' };
  const sealed = await oss.call({ method: 'POST', bucket, key: 'a', query });
  assert.deepEqual([sealed.status, sealed.code], [400, 'OperationNotSupported']);
  assert.equal(textOf(sealed.text, 'Message'), 'SealAppendable is not supported.');
  assert.equal(sealed.headers['x-oss-ec'], '0016-00000513');
});

test('of many who append at one place, one does', async () => {
  for (const key of ['raced', 'raced']) {
    const length = Number(next(await oss.call({ method: 'HEAD', bucket, key })) ?? 0);
    const rivals = ['one', 'two', 'six', 'ten'].map((body) => append(key, length, body));
    const answers = (await Promise.all(rivals)).map(outcome);
    const after = String(length + 3);
    assert.deepEqual(
      answers.filter(([status]) => status === 200),
      [[200, '', after]],
    );
    const others = answers.filter(([status]) => status !== 200);
    assert.deepEqual(
      others,
      others.map(() => [409, 'PositionNotEqualToLength', after]),
    );
  }
  assert.equal((await oss.call({ bucket, key: 'raced' })).body.length, 6);
});

test('where there are versions the current one grows; what is put on top freezes it', async () => {
  const own = await oss.bucket();
  const set = async (status: string) => {
    const body = `<VersioningConfiguration><Status>${status}</Status></VersioningConfiguration>`;
    await oss.call({ method: 'PUT', bucket: own, query: { versioning: flag }, body });
  };
  await set('Enabled');
  const more = { bucket: own };
  const version = (answer: Answer) => answer.headers['x-oss-version-id'];
  const first = await append('v', 0, 'abc', more);
  assert.equal(version(first)?.length, 64);
  const second = await append('v', 3, 'def', more);
  assert.equal(version(second), version(first));
  const put = await oss.put(own, 'v', 'on top');
  assert.equal((await append('v', 6, 'x', more)).code, 'ObjectNotAppendable');
  const gone = { method: 'DELETE', bucket: own, key: 'v' };
  await oss.call({ ...gone, query: { versionId: version(put) } });
  assert.deepEqual(outcome(await append('v', 6, 'ghi', more)), [200, '', '9']);
  assert.equal((await oss.call({ bucket: own, key: 'v' })).text, 'abcdefghi');
  await oss.call(gone);
  assert.deepEqual(outcome(await append('v', 9, 'x', more)), [
    409,
    'PositionNotEqualToLength',
    '0',
  ]);
  const anew = await append('v', 0, 'new', more);
  assert.notEqual(version(anew), version(first));
  const query = { versionId: version(first) };
  assert.equal((await oss.call({ bucket: own, key: 'v', query })).text, 'abcdefghi');
  const headers = { 'x-oss-copy-source': `/${own}/v` };
  const copy = await oss.call({ method: 'PUT', bucket, key: 'copied', headers });
  assert.deepEqual([copy.status, copy.code], [400, 'OperationNotSupported']);

  await set('Suspended');
  assert.equal(version(await append('s', 0, 'abc', more)), 'null');
  assert.equal(version(await append('s', 3, 'def', more)), 'null');
  assert.equal((await oss.call({ bucket: own, key: 's' })).text, 'abcdef');
});

test('an appendable object is copied as one, and grows on', async () => {
  await append('from', 0, 'abc');
  await append('from', 3, 'def');
  const headers = { 'x-oss-copy-source': `/${bucket}/from` };
  const copy = await oss.call({ method: 'PUT', bucket, key: 'to', headers });
  assert.equal(copy.status, 200, copy.text);
  assert.deepEqual(outcome(await append('to', 6, 'ghi')), [200, '', '9']);
  assert.equal((await oss.call({ bucket, key: 'to' })).text, 'abcdefghi');
  assert.equal((await oss.call({ bucket, key: 'from' })).text, 'abcdef');
});
