/** Object operations held to the letter: oss-object-api.md, oss-semantics.md 1 and 7. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Call, openRawOss, type RawOss, textOf, textsOf } from './raw-oss.ts';

let oss: RawOss;
let bucket: string;
const version = 'A'.repeat(64);

before(async () => {
  oss = await openRawOss();
  bucket = await oss.bucket('public-read');
});
after(() => oss.close());

const stands = async (key: string) => (await oss.call({ bucket, key })).status === 200;

test('versionId where nothing is versioned: null is the object, other ids never were', async () => {
  await oss.put(bucket, 'k', 'x');
  const reads: Call[] = [
    {},
    { method: 'HEAD' },
    { method: 'HEAD', query: { objectMeta: undefined } },
    { query: { acl: undefined } },
    { method: 'PUT', query: { acl: undefined }, headers: { 'x-oss-object-acl': 'default' } },
  ];
  const table: [string, number, string][] = [
    ['null', 200, ''],
    [version, 404, 'NoSuchVersion'],
    ['', 400, 'InvalidArgument'],
    ['234', 400, 'InvalidArgument'],
  ];
  for (const read of reads) {
    for (const [versionId, status, code] of table) {
      const query = { ...read.query, versionId };
      const answer = await oss.call({ ...read, bucket, key: 'k', query });
      assert.deepEqual([answer.status, answer.code], [status, code], JSON.stringify(query));
    }
  }
  const empty = await oss.call({ bucket, key: 'missing', query: { versionId: '' } });
  assert.equal(textOf(empty.text, 'Message'), 'Version id can not be the empty string.');
  const odd = await oss.call({ bucket, key: 'missing', query: { versionId: '234' } });
  assert.equal(textOf(odd.text, 'Message'), 'Invalid version id specified.');
});

test('deleting a version that never was is done already; the object stays', async () => {
  await oss.put(bucket, 'k', 'x');
  const remove = (versionId: string) =>
    oss.call({ method: 'DELETE', bucket, key: 'k', query: { versionId } });
  assert.equal((await remove(version)).status, 204);
  assert.equal((await remove('')).code, 'InvalidArgument');
  assert.equal((await remove('234')).code, 'InvalidArgument');
  assert.ok(await stands('k'));
  assert.equal((await remove('null')).status, 204);
  assert.ok(!(await stands('k')));
});

test('a key that no object can have is refused as such, whatever is asked of it', async () => {
  const calls: Call[] = [
    {},
    { method: 'HEAD' },
    { method: 'DELETE' },
    { method: 'PUT' },
    { query: { acl: undefined } },
    { method: 'HEAD', query: { objectMeta: undefined } },
  ];
  for (const key of ['/a', '\\a', 'x'.repeat(1024)]) {
    const path = `/${bucket}/${encodeURIComponent(key)}`;
    for (const call of calls) {
      const answer = await oss.call({ ...call, bucket, key, path });
      assert.deepEqual([answer.status, answer.code], [400, 'InvalidObjectName'], answer.text);
    }
    const anonymous = await oss.call({ method: 'PUT', path, as: 'anonymous' });
    assert.deepEqual([anonymous.status, anonymous.code], [403, 'AccessDenied']);
  }
});

test('a version is nothing to write to', async () => {
  const write = await oss.call({ method: 'PUT', bucket, key: 'v', query: { versionId: 'null' } });
  assert.deepEqual([write.status, write.code], [400, 'NotImplemented']);
  assert.ok(!(await stands('v')));
});

test('a deletion with a condition deletes nothing', async () => {
  await oss.put(bucket, 'k', 'x');
  const headers = { 'if-match': '"other"' };
  const answer = await oss.call({ method: 'DELETE', bucket, key: 'k', headers });
  assert.deepEqual([answer.status, answer.code], [400, 'NotImplemented']);
  assert.equal(textOf(answer.text, 'Header'), 'If-Match');
  assert.ok(await stands('k'));
});

test('the question is judged before the object is looked for', async () => {
  const anonymous = { bucket, key: 'missing', as: 'anonymous' as const };
  const override = await oss.call({ ...anonymous, query: { 'response-content-type': 'a/b' } });
  assert.deepEqual([override.status, override.code], [400, 'InvalidRequest']);
  const limited = await oss.call({ ...anonymous, headers: { 'x-oss-traffic-limit': '1' } });
  assert.deepEqual([limited.status, limited.code], [400, 'InvalidArgument']);
});

test('304 carries what a cache needs', async () => {
  const stored = { 'cache-control': 'max-age=5', expires: 'Thu, 01 Jan 2037 00:00:00 GMT' };
  const { headers: put } = await oss.put(bucket, 'cached', 'x', stored);
  const headers = { 'if-none-match': put.etag ?? '' };
  const answer = await oss.call({ bucket, key: 'cached', headers });
  assert.equal(answer.status, 304);
  assert.equal(answer.headers.etag, put.etag);
  assert.equal(answer.headers['cache-control'], stored['cache-control']);
  assert.equal(answer.headers.expires, stored.expires);
  assert.equal(answer.headers['last-modified'], 'Sun, 22 Nov 2026 09:00:00 GMT');
  assert.equal(answer.headers['content-length'], undefined);
  assert.equal(answer.headers['x-oss-ec'], undefined);
});

test('a part of an object has the headers of the whole', async () => {
  await oss.put(bucket, 'whole', '0123456789', { 'x-oss-meta-a': 'b' });
  const whole = await oss.call({ bucket, key: 'whole' });
  const part = await oss.call({ bucket, key: 'whole', headers: { range: 'bytes=2-4' } });
  assert.deepEqual([part.status, part.text], [206, '234']);
  assert.equal(part.headers['content-length'], '3');
  const own = ['content-length', 'x-oss-request-id', 'x-oss-server-time'];
  for (const [name, value] of Object.entries(whole.headers)) {
    if (!own.includes(name)) assert.equal(part.headers[name], value, name);
  }
  assert.equal(whole.headers['content-type'], 'application/octet-stream');
});

test('every fault of a deletion’s document is MalformedXML with its own EC', async () => {
  const entry = '<Object><Key>k</Key></Object>';
  const faults = [
    '',
    '<Delete>',
    '<Remove/>',
    '<Delete/>',
    `<Delete><Quiet>1</Quiet>${entry}</Delete>`,
    `<Delete>${entry.repeat(1001)}</Delete>`,
    '<Delete><Object><Key>a</Key><Key>b</Key></Object></Delete>',
    `<Delete>${entry}${'<!-- padding -->'.repeat(140_000)}</Delete>`,
  ];
  await oss.put(bucket, 'k', 'x');
  for (const body of faults) {
    const answer = await oss.call({ method: 'POST', bucket, query: { delete: undefined }, body });
    const seen = [answer.status, answer.code, textOf(answer.text, 'EC')];
    assert.deepEqual(seen, [400, 'MalformedXML', '0016-00000608'], body.slice(0, 60));
    assert.ok(textOf(answer.text, 'ErrorDetail'));
  }
  assert.ok(await stands('k'));
});

test('the answer to a deletion names each key, and its version when one was named', async () => {
  const body =
    '<Delete><Object><Key>a</Key></Object>' +
    '<Object><Key>b</Key><VersionId>null</VersionId></Object></Delete>';
  const answer = await oss.call({ method: 'POST', bucket, query: { delete: undefined }, body });
  assert.equal(answer.status, 200);
  assert.deepEqual(textsOf(answer.text, 'Key'), ['a', 'b']);
  assert.deepEqual(textsOf(answer.text, 'VersionId'), ['null']);
  assert.equal(textOf(answer.text, 'EncodingType'), undefined);
  assert.equal(textOf(answer.text, 'DeleteMarker'), undefined);
});

test('metadata that is refused says so with the published second-level codes', async () => {
  const put = (headers: Record<string, string>) =>
    oss.call({ method: 'PUT', bucket, key: 'm', headers });
  const large = await put({ 'x-oss-meta-a': 'x'.repeat(8192) });
  assert.deepEqual([large.code, textOf(large.text, 'EC')], ['InvalidArgument', '0011-00000002']);
  const odd = await put({ 'x-oss-meta-a_b': 'x' });
  assert.deepEqual([odd.code, textOf(odd.text, 'EC')], ['InvalidArgument', '0011-00000005']);
});

/** Object of 1000 bytes: Range, then status and Content-Range by default and with `standard`. */
const ranges: [string, number, string, number, string][] = [
  ['bytes=0-99', 206, '0-99', 206, '0-99'],
  ['bytes=100-', 206, '100-999', 206, '100-999'],
  ['bytes=-100', 206, '900-999', 206, '900-999'],
  ['bytes=0-', 206, '0-999', 206, '0-999'],
  ['bytes=999-999', 206, '999-999', 206, '999-999'],
  ['bytes=0-1999', 200, '', 206, '0-999'],
  ['bytes=500-2000', 200, '', 206, '500-999'],
  ['bytes=1000-', 200, '', 416, '*'],
  ['bytes=1000-1001', 200, '', 416, '*'],
  ['bytes=-2000', 200, '', 206, '0-999'],
  ['bytes=-0', 416, '*', 416, '*'],
  ['bytes=500-100', 200, '', 200, ''],
  ['byte=0-9', 200, '', 200, ''],
  ['bytes=a-b', 200, '', 200, ''],
  ['bytes=0-1,5-6', 206, '0-1', 206, '0-1'],
];

test('the table of ranges, by default and by the standard', async () => {
  await oss.put(bucket, 'r', 'x'.repeat(1000));
  for (const [range, status, part, standardStatus, standardPart] of ranges) {
    const cases = [
      [{ range }, status, part],
      [{ range, 'x-oss-range-behavior': 'standard' }, standardStatus, standardPart],
    ] as const;
    for (const [headers, expected, bytes] of cases) {
      for (const method of ['GET']) {
        const answer = await oss.call({ method, bucket, key: 'r', headers });
        assert.equal(answer.status, expected, JSON.stringify(headers));
        const shown = bytes === '' ? undefined : `bytes ${bytes}/1000`;
        assert.equal(answer.headers['content-range'], shown, JSON.stringify(headers));
        if (expected === 416) assert.equal(answer.code, 'InvalidRange');
      }
    }
  }
});

test('dates that cannot be read are ignored; equal times count as not modified', async () => {
  await oss.put(bucket, 'd', 'x');
  const now = 'Sun, 22 Nov 2026 09:00:00 GMT';
  const table: [Record<string, string>, number][] = [
    [{ 'if-modified-since': 'yesterday' }, 200],
    [{ 'if-unmodified-since': 'yesterday' }, 200],
    [{ 'if-modified-since': now }, 304],
    [{ 'if-modified-since': 'Sun, 22 Nov 2026 09:00:01 GMT' }, 304],
    [{ 'if-modified-since': 'Sun, 22 Nov 2026 08:59:59 GMT' }, 200],
    [{ 'if-unmodified-since': now }, 200],
    [{ 'if-unmodified-since': 'Sun, 22 Nov 2026 08:59:59 GMT' }, 412],
    [{ 'if-match': '*', 'if-modified-since': now }, 304],
  ];
  for (const [headers, status] of table) {
    for (const method of ['GET', 'HEAD']) {
      const answer = await oss.call({ method, bucket, key: 'd', headers });
      assert.equal(answer.status, status, JSON.stringify(headers));
    }
  }
});
