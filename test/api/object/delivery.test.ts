/** Compressed, paced, in several ranges, encrypted at rest: oss-semantics.md 7.7 to 7.9 and 8. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { paced } from '../../../src/api/object/pace.ts';
import { openRawOss, type RawOss, textOf } from './raw-oss.ts';

let oss: RawOss;
let bucket: string;

before(async () => {
  oss = await openRawOss();
  bucket = await oss.bucket('public-read');
});
after(() => oss.close());

const html = '<p>so much text that compressing it pays</p>\n'.repeat(100);
const gzip = { 'accept-encoding': 'gzip, deflate, br' };
const asText = { 'content-type': 'text/html; charset=utf-8' };

test('text goes out compressed to who takes that, under a weak ETag', async () => {
  const put = await oss.put(bucket, 'page.html', html, asText);
  for (const as of [undefined, 'anonymous'] as const) {
    const asked = { bucket, key: 'page.html', headers: gzip, ...(as === undefined ? {} : { as }) };
    const { status, headers, body } = await oss.call(asked);
    assert.equal(status, 200);
    assert.equal(headers['content-encoding'], 'gzip');
    assert.equal(headers['transfer-encoding'], 'chunked');
    assert.equal(headers['content-length'], undefined);
    assert.equal(headers['accept-ranges'], undefined);
    assert.equal(headers.vary, 'Accept-Encoding');
    assert.equal(headers.etag, `W/${put.headers.etag}`);
    assert.equal(headers['content-md5'], put.headers['content-md5']);
    assert.equal(headers['x-oss-hash-crc64ecma'], put.headers['x-oss-hash-crc64ecma']);
    assert.equal(gunzipSync(body).toString(), html);
    const again = { ...asked, headers: { ...gzip, 'if-none-match': headers.etag ?? '' } };
    assert.equal((await oss.call(again)).status, 304);
    const head = await oss.call({ ...asked, method: 'HEAD' });
    assert.equal(head.headers['content-encoding'], 'gzip');
    assert.equal(head.headers['content-length'], undefined);
    assert.equal(head.headers.etag, headers.etag);
  }
});

test('everything else goes out as it is kept', async () => {
  const small = html.slice(0, 1023);
  await oss.put(bucket, 'small.html', small, asText);
  await oss.put(bucket, 'image', html, { 'content-type': 'image/png' });
  await oss.put(bucket, 'packed', html, { ...asText, 'content-encoding': 'br' });
  const table: [string, Record<string, string>, string | undefined][] = [
    ['page.html', {}, undefined],
    ['page.html', { 'accept-encoding': 'identity' }, undefined],
    ['page.html', { 'accept-encoding': 'gzip;q=0, *' }, undefined],
    ['page.html', { ...gzip, range: 'bytes=0-9' }, undefined],
    ['page.html', { ...gzip, range: 'bytes=9-0' }, undefined],
    ['page.html', { 'accept-encoding': '*' }, 'gzip'],
    ['page.html', { 'accept-encoding': 'GZIP;q=0.5' }, 'gzip'],
    ['small.html', gzip, undefined],
    ['image', gzip, undefined],
    ['packed', gzip, 'br'],
  ];
  for (const [key, headers, encoding] of table) {
    const answer = await oss.call({ bucket, key, headers });
    assert.equal(answer.headers['content-encoding'], encoding, JSON.stringify([key, headers]));
    if (encoding === 'gzip') continue;
    assert.match(answer.headers.etag ?? '', /^"/);
    assert.equal(answer.headers['content-length'], String(answer.body.length));
  }
});

test('a large text is compressed while it is read', async () => {
  const large = html.repeat(700);
  await oss.put(bucket, 'large.txt', large, { 'content-type': 'text/plain' });
  const answer = await oss.call({ bucket, key: 'large.txt', headers: gzip });
  assert.equal(gunzipSync(answer.body).toString(), large);
});

test('several ranges come in one answer when the request says so', async () => {
  await oss.put(bucket, 'digits', '0123456789');
  const multi = { 'x-oss-multi-range-behavior': 'multi-range' };
  const ask = (range: string, headers: Record<string, string> = multi) =>
    oss.call({ bucket, key: 'digits', headers: { ...headers, range } });
  const answer = await ask('bytes=0-1, 4-5,-2');
  assert.equal(answer.status, 206);
  const boundary = /^multipart\/byteranges;boundary=(\w+)$/.exec(
    answer.headers['content-type'] ?? '',
  )?.[1];
  const part = (range: string, text: string) =>
    `\r\n--${boundary}\r\nContent-Type: application/octet-stream\r\n` +
    `Content-Range: bytes ${range}/10\r\n\r\n${text}`;
  const expected = part('0-1', '01') + part('4-5', '45') + part('8-9', '89');
  assert.equal(answer.text, `${expected}\r\n--${boundary}--\r\n`);
  assert.equal(answer.headers['content-length'], String(answer.body.length));
  for (const range of ['bytes=0-1,20-30', 'bytes=0-1,x', `bytes=${'0-1,'.repeat(50)}0-1`]) {
    const whole = await ask(range);
    assert.deepEqual([whole.status, whole.text], [200, '0123456789'], range);
  }
  assert.equal((await ask('bytes=0-1,4-5', {})).text, '01');
});

test('a request may limit its own traffic, and all of it comes', async () => {
  const limit = { 'x-oss-traffic-limit': '838860800' };
  const bytes = Buffer.alloc(300_000, 'traffic ');
  await oss.put(bucket, 'limited', bytes, limit);
  const inHeader = await oss.call({ bucket, key: 'limited', headers: limit });
  assert.ok(inHeader.body.equals(bytes));
  assert.equal(inHeader.headers['content-length'], String(bytes.length));
  const inQuery = await oss.call({ bucket, key: 'limited', query: limit });
  assert.ok(inQuery.body.equals(bytes));
  const packed = { ...limit, ...gzip };
  await oss.put(bucket, 'limited.txt', html, { ...limit, ...asText });
  const compressed = await oss.call({ bucket, key: 'limited.txt', headers: packed });
  assert.equal(gunzipSync(compressed.body).toString(), html);
  for (const value of ['819199', '838860801', 'x', '-1', '']) {
    const query = { 'x-oss-traffic-limit': value };
    const refused = await oss.call({ bucket, key: 'limited', query });
    assert.deepEqual([refused.status, refused.code], [400, 'InvalidArgument'], value);
  }
  const both = await oss.call({ bucket, key: 'limited', headers: limit, query: limit });
  assert.match(textOf(both.text, 'Message') ?? '', /not both/);
});

test('paced bytes pass when their time has come', async () => {
  let now = 5_000;
  const clock = { now: () => now, monotonicMs: () => now };
  const timers = {
    delay: async (ms: number) => {
      now += ms;
    },
    every: () => () => {},
  };
  const chunks = async function* () {
    for (const size of [1_000, 500, 2_500]) yield Buffer.alloc(size);
  };
  const passed: [number, number][] = [];
  const { signal } = new AbortController();
  for await (const chunk of paced(chunks(), 1_000, { clock, timers }, signal)) {
    passed.push([chunk.length, now - 5_000]);
  }
  assert.deepEqual(passed, [
    [1_000, 1_000],
    [500, 1_500],
    [2_500, 4_000],
  ]);
});

test('an object says how it is encrypted; a bucket may say so for all', async () => {
  const own = await oss.bucket();
  const sse = 'x-oss-server-side-encryption';
  const shown = ({ headers }: { headers: Record<string, string | undefined> }) => [
    headers[sse],
    headers[`${sse}-key-id`],
    headers['x-oss-server-side-data-encryption'],
  ];
  const aes = await oss.put(own, 'aes', 'text', { [sse]: 'AES256' });
  assert.deepEqual(shown(aes), ['AES256', undefined, undefined]);
  const kms = { [sse]: 'KMS', [`${sse}-key-id`]: 'my-key' };
  await oss.put(own, 'kms', 'text', { ...kms, 'x-oss-server-side-data-encryption': 'SM4' });
  for (const method of ['GET', 'HEAD']) {
    const answer = await oss.call({ method, bucket: own, key: 'kms' });
    assert.deepEqual(shown(answer), ['KMS', 'my-key', 'SM4']);
    if (method === 'GET') assert.equal(answer.text, 'text');
  }
  const copy = await oss.call({
    method: 'PUT',
    bucket: own,
    key: 'copy',
    headers: { 'x-oss-copy-source': `/${own}/kms` },
  });
  assert.deepEqual(shown(copy), [undefined, undefined, undefined]);
  const rule = (inner: string) => {
    const by = 'ApplyServerSideEncryptionByDefault';
    const body = `<${by}>${inner}</${by}>`;
    return `<ServerSideEncryptionRule>${body}</ServerSideEncryptionRule>`;
  };
  const configure = (inner: string) =>
    oss.call({ method: 'PUT', bucket: own, query: { encryption: undefined }, body: rule(inner) });
  assert.equal((await configure('<SSEAlgorithm>KMS</SSEAlgorithm>')).status, 200);
  const [algorithm, keyId] = shown(await oss.put(own, 'by-default', 'text'));
  assert.equal(algorithm, 'KMS');
  assert.ok(keyId);
  const read = await oss.call({ bucket: own, key: 'by-default' });
  assert.deepEqual([read.text, read.headers[sse]], ['text', 'KMS']);
  for (const [headers, code] of [
    [{ [sse]: 'AES128' }, 'InvalidEncryptionAlgorithmError'],
    [{ [`${sse}-key-id`]: 'x' }, 'InvalidArgument'],
    [{ [sse]: 'AES256', [`${sse}-key-id`]: 'x' }, 'InvalidArgument'],
    [{ [sse]: 'KMS', 'x-oss-server-side-data-encryption': 'x' }, 'InvalidEncryptionAlgorithmError'],
  ] as const) {
    const refused = await oss.call({ method: 'PUT', bucket: own, key: 'no', headers });
    assert.deepEqual([refused.status, refused.code], [400, code], JSON.stringify(headers));
  }
});
