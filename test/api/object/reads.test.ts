/** GetObject, HeadObject and GetObjectMeta on the wire. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Call, openRawOss, type RawOss, textOf } from './raw-oss.ts';

let oss: RawOss;
let bucket: string;
let publicBucket: string;
const thousand = `${'x'.repeat(999)}y`;

before(async () => {
  oss = await openRawOss();
  bucket = await oss.bucket();
  publicBucket = await oss.bucket('public-read');
  await oss.put(bucket, 'thousand', thousand, {
    'content-type': 'text/plain',
    'cache-control': 'max-age=60',
    'x-oss-meta-name': 'caf\u00e9',
  });
  await oss.put(publicBucket, 'page.html', '<p>', { 'content-type': 'text/html' });
});
after(() => oss.close());

const get = (call: Call = {}) => oss.call({ bucket, key: 'thousand', ...call });

test('an object comes with everything that was said about it', async () => {
  const { status, headers, text } = await get();
  assert.equal(status, 200);
  assert.equal(text, thousand);
  const expected = {
    'content-length': '1000',
    'content-type': 'text/plain',
    'cache-control': 'max-age=60',
    'x-oss-meta-name': 'caf\u00e9',
    'accept-ranges': 'bytes',
    'last-modified': 'Sun, 22 Nov 2026 09:00:00 GMT',
    'x-oss-object-type': 'Normal',
    'x-oss-storage-class': 'Standard',
    'x-content-type-options': 'nosniff',
  };
  for (const [name, value] of Object.entries(expected)) assert.equal(headers[name], value, name);
  assert.match(headers.etag ?? '', /^"[0-9A-F]{32}"$/);
  assert.equal(
    Buffer.from(headers['content-md5'] ?? '', 'base64')
      .toString('hex')
      .toUpperCase(),
    headers.etag?.slice(1, -1),
  );
  assert.match(headers['x-oss-hash-crc64ecma'] ?? '', /^\d+$/);
});

test('HEAD tells the same and sends nothing', async () => {
  const got = await get();
  const head = await get({ method: 'HEAD' });
  assert.equal(head.status, 200);
  assert.equal(head.body.length, 0);
  const changing = ['date', 'x-oss-request-id', 'x-oss-server-time'];
  for (const [name, value] of Object.entries(got.headers)) {
    if (!changing.includes(name)) assert.equal(head.headers[name], value, name);
  }
});

test('GetObjectMeta tells ETag, size, time and checksum, and nothing else', async () => {
  const got = await get();
  const meta = await get({
    method: 'HEAD',
    query: { objectMeta: undefined },
    headers: { 'if-none-match': '*' },
  });
  assert.equal(meta.status, 200);
  for (const name of ['etag', 'content-length', 'last-modified', 'x-oss-hash-crc64ecma']) {
    assert.equal(meta.headers[name], got.headers[name], name);
  }
  assert.equal(meta.headers['x-oss-meta-name'], undefined);
  assert.equal(meta.headers['content-type'], undefined);
});

/** headers, status, body or range, code */
const answers: [string, Record<string, string>, number, string, string?][] = [
  ['the first hundred', { range: 'bytes=0-99' }, 206, 'bytes 0-99/1000'],
  ['the last byte', { range: 'bytes=-1' }, 206, 'bytes 999-999/1000'],
  ['beyond the end', { range: 'bytes=500-2000' }, 200, ''],
  [
    'beyond the end, standard',
    { range: 'bytes=500-2000', 'x-oss-range-behavior': 'standard' },
    206,
    'bytes 500-999/1000',
  ],
  ['behind the end', { range: 'bytes=1000-' }, 200, ''],
  [
    'behind the end, standard',
    { range: 'bytes=1000-', 'x-oss-range-behavior': 'standard' },
    416,
    'bytes */1000',
    'InvalidRange',
  ],
  ['the last none', { range: 'bytes=-0' }, 416, 'bytes */1000', 'InvalidRange'],
  ['a range of another representation', { range: 'bytes=0-9', 'if-range': '"A"' }, 200, ''],
  [
    'not modified since now',
    { 'if-modified-since': 'Sun, 22 Nov 2026 09:00:00 GMT' },
    304,
    '',
    'NotModified',
  ],
  ['none of any', { 'if-none-match': '*', range: 'bytes=0-9' }, 304, '', 'NotModified'],
  ['another ETag', { 'if-match': '"A"' }, 412, '', 'PreconditionFailed'],
  [
    'unmodified since before',
    { 'if-unmodified-since': 'Sun, 22 Nov 2026 08:59:59 GMT' },
    412,
    '',
    'PreconditionFailed',
  ],
];

for (const [name, headers, status, range, code = ''] of answers) {
  test(`${name}: ${status}`, async () => {
    const answer = await get({ headers });
    assert.equal(answer.status, status);
    assert.equal(answer.headers['content-range'] ?? '', range);
    // NotModified is an answer without a document.
    assert.equal(answer.code, status === 304 ? '' : code);
    if (status === 200) assert.equal(answer.text, thousand);
    if (status === 206) {
      const [, first, last] = /^bytes (\d+)-(\d+)/.exec(range) ?? [];
      assert.equal(answer.text, thousand.slice(Number(first), Number(last) + 1));
    }
    if (status === 304) {
      assert.match(answer.headers.etag ?? '', /^"/);
      assert.equal(answer.headers['cache-control'], 'max-age=60');
    }
    if (status === 412) assert.match(textOf(answer.text, 'Condition') ?? '', /^If-/);
  });
}

test('an object larger than memory keeps is served whole and in parts', async () => {
  const bytes = Buffer.alloc(1_500_000, 'abcdefghijk');
  await oss.put(bucket, 'large', bytes);
  const whole = await get({ key: 'large' });
  assert.ok(whole.body.equals(bytes));
  const part = await get({ key: 'large', headers: { range: 'bytes=1000000-1400001' } });
  assert.ok(part.body.equals(bytes.subarray(1_000_000, 1_400_002)));
});

test('a signed request may choose response headers; the first of two counts', async () => {
  const query = {
    'response-content-type': 'text/x',
    'response-content-disposition': 'attachment; filename="a.txt"',
    'response-expires': 'never',
  };
  const { headers } = await get({ query });
  assert.equal(headers['content-type'], 'text/x');
  assert.equal(headers['content-disposition'], 'attachment; filename="a.txt"');
  assert.equal(headers.expires, 'never');
});

test('response headers cannot be split or leave latin1', async () => {
  for (const value of ['a\r\nX-Evil: 1', 'a\nb', 'a\u0000', '\u4e2d']) {
    const answer = await get({ query: { 'response-content-type': value } });
    assert.deepEqual([answer.status, answer.code], [400, 'InvalidArgument'], JSON.stringify(value));
    assert.equal(answer.headers['x-evil'], undefined);
  }
});

test('an anonymous request may choose none', async () => {
  const answer = await oss.call({
    bucket: publicBucket,
    key: 'page.html',
    as: 'anonymous',
    query: { 'response-content-type': 'text/html' },
  });
  assert.deepEqual([answer.status, answer.code], [400, 'InvalidRequest']);
});

test('a missing key is named; HEAD says it in headers', async () => {
  const answer = await get({ key: 'no & such' });
  assert.deepEqual([answer.status, answer.code], [404, 'NoSuchKey']);
  assert.equal(textOf(answer.text, 'Key'), 'no &amp; such');
  assert.equal(answer.headers['x-oss-ec'], '0026-00000001');
  const head = await get({ key: 'no & such', method: 'HEAD' });
  assert.deepEqual([head.status, head.code, head.body.length], [404, 'NoSuchKey', 0]);
  assert.equal(head.headers['x-oss-ec'], '0026-00000001');
});

test('what a read asks for beyond bytes is refused by name', async () => {
  const refused: [Call, string][] = [
    [{ query: { 'x-oss-process': 'video/snapshot,t_1' } }, 'NotImplemented'],
    [{ query: { 'x-oss-async-process': 'image/resize,w_1' } }, 'NotImplemented'],
    [{ headers: { 'x-oss-traffic-limit': '1' } }, 'InvalidArgument'],
  ];
  for (const [call, code] of refused) {
    const answer = await get(call);
    assert.deepEqual([answer.status, answer.code], [400, code]);
  }
  assert.equal((await get({ headers: { 'x-oss-traffic-limit': '819200' } })).status, 200);
  assert.equal((await get({ headers: { 'x-oss-request-payer': 'requester' } })).status, 200);
});

test('ACLs decide for those who do not own the bucket', async () => {
  await oss.put(bucket, 'open', 'x', { 'x-oss-object-acl': 'public-read' });
  await oss.put(publicBucket, 'closed', 'x', { 'x-oss-object-acl': 'private' });
  const stranger = await oss.stranger();
  for (const caller of ['anonymous' as const, stranger]) {
    const status = async (asked: string, key: string) =>
      (await oss.call({ bucket: asked, key, as: caller })).status;
    assert.equal(await status(bucket, 'open'), 200);
    assert.equal(await status(bucket, 'thousand'), 403);
    assert.equal(await status(bucket, 'missing'), 403);
    assert.equal(await status(publicBucket, 'page.html'), 200);
    assert.equal(await status(publicBucket, 'closed'), 403);
    assert.equal(await status(publicBucket, 'missing'), 404);
  }
});
