/** Bucket operations held to the letter: oss-bucket-api.md and oss-protocol.md. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Call, openRawOss, type RawOss, textOf } from '../object/raw-oss.ts';

let oss: RawOss;
let bucket: string;
before(async () => {
  oss = await openRawOss({ ENDPOINT: 'localhost,oss.example.net' });
  bucket = await oss.bucket('public-read');
});
after(() => oss.close());

test('a name no bucket can have is refused as such, whatever is asked of it', async () => {
  const calls: (Call & { bucket: string })[] = [
    { bucket: 'Upper', query: {} },
    { bucket: 'a_b', key: 'k' },
    { bucket: 'a_b', key: 'k', method: 'PUT' },
    { bucket: 'ab', query: { acl: undefined } },
    { bucket: `${'x'.repeat(64)}`, method: 'DELETE' },
    { bucket: '-abc', query: { cname: undefined } },
    { bucket: 'favicon.ico' },
    { bucket: 'a.b', path: '/', host: 'a.b.oss.example.net' },
  ];
  for (const call of calls) {
    for (const who of [{}, { as: 'anonymous' as const }]) {
      const answer = await oss.call({ ...call, ...who });
      assert.deepEqual([answer.status, answer.code], [400, 'InvalidBucketName'], call.bucket);
      assert.equal(textOf(answer.text, 'BucketName'), call.bucket);
      assert.equal(textOf(answer.text, 'Message'), 'The specified bucket is not valid.');
    }
  }
});

test('GetBucketInfo: the owner by name first, public access not blocked', async () => {
  const { text } = await oss.call({ bucket, query: { bucketInfo: undefined } });
  assert.match(text, /<Owner>\s*<DisplayName>\d+<\/DisplayName>\s*<ID>\d+<\/ID>\s*<\/Owner>/);
  assert.match(text, /<\/BucketPolicy>\s*<BlockPublicAccess>false<\/BlockPublicAccess>\s*<\/Buck/);
  assert.equal(textOf(text, 'Versioning'), undefined);
});

test('a refusal to show an ACL has its own second-level code', async () => {
  await oss.put(bucket, 'k');
  const stranger = await oss.stranger();
  for (const who of ['anonymous' as const, stranger]) {
    for (const key of ['', 'k']) {
      const answer = await oss.call({ bucket, key, query: { acl: undefined }, as: who });
      assert.deepEqual([answer.status, answer.code], [403, 'AccessDenied']);
      const signed = key === '' ? '0003-00000007' : '0003-00000001';
      assert.equal(textOf(answer.text, 'EC'), who === 'anonymous' ? '0003-00001201' : signed);
    }
    const other = await oss.call({ bucket, query: { bucketInfo: undefined }, as: who });
    const expected = who === 'anonymous' ? '0003-00001201' : '0003-00000001';
    assert.equal(textOf(other.text, 'EC'), expected);
  }
});

test('a write with a condition does not go ahead as if the condition held', async () => {
  const conditions = ['If-Match', 'If-None-Match', 'If-Modified-Since', 'If-Unmodified-Since'];
  for (const name of conditions) {
    const headers = { [name]: '"x"' };
    for (const method of ['PUT', 'DELETE', 'POST']) {
      const query = method === 'POST' ? { cname: undefined, comp: 'delete' } : {};
      const answer = await oss.call({ method, bucket, query, headers });
      assert.deepEqual([answer.status, answer.code], [400, 'NotImplemented'], `${method} ${name}`);
      assert.equal(textOf(answer.text, 'Header'), name);
    }
    assert.equal((await oss.call({ bucket, headers })).status, 200);
  }
});

test('PutBucket takes what clients send: chunked and empty, legacy and unknown elements', async () => {
  const root = (text: string) => `<CreateBucketConfiguration>${text}</CreateBucketConfiguration>`;
  const bodies = [
    '',
    root(''),
    root('<LocationConstraint>oss-cn-hangzhou</LocationConstraint>'),
    root('<New><StorageClass>none of ours</StorageClass></New>'),
    `<?xml version="1.0"?>${root('').replace('>', ' xmlns="http://doc.oss.example">')}`,
  ];
  for (const [index, body] of bodies.entries()) {
    const name = `taken-${index}`;
    const answer = await oss.call({ method: 'PUT', bucket: name, body });
    assert.deepEqual(
      [answer.status, answer.text, answer.headers['content-length']],
      [200, '', '0'],
    );
    assert.equal((await oss.call({ bucket: name })).status, 200);
  }
});

test('all answers carry the common headers', async () => {
  const calls: Call[] = [
    { bucket },
    { bucket, key: 'missing' },
    { bucket, key: 'missing', method: 'HEAD' },
    { bucket, key: 'missing', method: 'DELETE' },
    { bucket: 'no-such-bucket' },
    { bucket, query: { website: undefined } },
  ];
  for (const call of calls) {
    const { status, headers, text, code } = await oss.call(call);
    assert.equal(headers.server, 'AliyunOSS');
    assert.equal(headers.date, 'Sun, 22 Nov 2026 09:00:00 GMT');
    assert.match(headers['x-oss-request-id'] ?? '', /^[0-9A-F]{24}$/);
    assert.equal(Number.parseInt(headers['x-oss-request-id']?.slice(0, 8) ?? '', 16), 0x6b02af10);
    assert.match(headers['x-oss-server-time'] ?? '', /^\d+$/);
    if (status === 204) assert.equal(headers['content-length'], undefined);
    if (status < 400) continue;
    assert.match(headers['x-oss-ec'] ?? '', /^\d{4}-\d{8}$/);
    assert.ok(code);
    if (call.method === 'HEAD') continue;
    assert.equal(headers['content-type'], 'application/xml');
    assert.equal(textOf(text, 'RequestId'), headers['x-oss-request-id']);
    assert.equal(textOf(text, 'EC'), headers['x-oss-ec']);
    assert.equal(textOf(text, 'HostId'), 'localhost');
  }
});
