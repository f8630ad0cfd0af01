/** A server whose object store is not there, goes away, runs full, and comes back. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type S3TestServer, s3TestKey, startS3Server } from '../../support/s3-server.ts';
import { startTestServer } from '../../support/server.ts';
import { openRawOss, type RawOss } from '../object/raw-oss.ts';

const settingsFor = (store: string) => ({
  OBJECT_STORE: store,
  OBJECT_STORE_KEY_ID: s3TestKey.accessKeyId,
  OBJECT_STORE_KEY_SECRET: 'a-secret-of-the-store',
});

let store: S3TestServer;
let oss: RawOss;
before(async () => {
  store = await startS3Server();
  oss = await openRawOss(settingsFor(`s3://bucket?endpoint=${store.url}`));
});
after(async () => {
  await oss.close();
  await store.close();
});

test('a store that cannot be used is a refusal to start, with the reason and no secret', async () => {
  for (const [address, reason] of [
    [`s3://another?endpoint=${store.url}`, /another at http.*NoSuchBucket.*CNAMED_OBJECT_STORE/],
    ['s3://bucket?endpoint=http://127.0.0.1:1', /cannot be used.*ECONNREFUSED/],
  ] as const) {
    const started = startTestServer({ settings: settingsFor(address) });
    await assert.rejects(started, (problem: Error) => {
      assert.equal(problem.name, 'StartProblem');
      assert.match(problem.message, reason);
      assert.doesNotMatch(problem.message, /a-secret-of-the-store/);
      return true;
    });
  }
});

test('a place that holds the objects of another installation is refused', async () => {
  const place = settingsFor(`s3://bucket?endpoint=${store.url}&prefix=shared`);
  const first = await startTestServer({ settings: place });
  try {
    await assert.rejects(
      startTestServer({ settings: place }),
      /"shared\/" holds the objects of another installation/,
    );
    await first.stop();
    const again = await startTestServer({ settings: place, folder: first.folder });
    await again.stop();
  } finally {
    await first.close();
  }
});

test('while the store is away nothing is acknowledged; afterwards all is as before', async () => {
  const bucket = await oss.bucket();
  const large = Buffer.alloc(3 * 1024 * 1024, 'large');
  await oss.put(bucket, 'small', 'small');
  await oss.put(bucket, 'large', large);
  store.fault = () => ({ kind: 'status', status: 503, code: 'SlowDown' });
  const refused = await oss.call({ method: 'PUT', bucket, key: 'small', body: 'other' });
  assert.equal(refused.status, 503);
  assert.match(refused.text, /<Code>ServiceUnavailable<\/Code>/);
  assert.equal((await oss.call({ method: 'GET', bucket, key: 'large' })).status, 503);
  assert.equal((await oss.call({ method: 'HEAD', bucket, key: 'large' })).status, 200);
  assert.equal((await oss.call({ method: 'DELETE', bucket, key: 'gone' })).status, 204);
  store.fault = () => ({ kind: 'status', status: 507, code: 'XMinioStorageFull' });
  const full = await oss.call({ method: 'PUT', bucket, key: 'small', body: 'other' });
  assert.equal(full.status, 507);
  assert.match(full.text, /<Code>InsufficientStorage<\/Code>/);
  store.fault = () => undefined;
  assert.equal((await oss.call({ method: 'GET', bucket, key: 'small' })).text, 'small');
  const read = await oss.call({ method: 'GET', bucket, key: 'large' });
  assert.equal(read.text, large.toString());
  await oss.put(bucket, 'small', 'other');
  assert.equal((await oss.call({ method: 'GET', bucket, key: 'small' })).text, 'other');
});

test('a range of a large object asks the store for that range alone', async () => {
  const bucket = await oss.bucket();
  await oss.put(bucket, 'large', Buffer.alloc(20 * 1024 * 1024, '0123456789'));
  store.requests.length = 0;
  const headers = { range: 'bytes=10000000-10000009' };
  const answer = await oss.call({ method: 'GET', bucket, key: 'large', headers });
  assert.equal(answer.status, 206);
  assert.equal(answer.text, '0123456789');
  assert.deepEqual(store.requests, ['GetObject']);
});
