/** What answers say of the lifecycle of an object (oss-semantics.md 2.3). */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask, within } from '../bucket/conversation.ts';
import { openRawOss, type RawOss } from './raw-oss.ts';

let oss: RawOss;
before(async () => {
  oss = await openRawOss();
});
after(() => oss.close());

test('an object tells when it will be deleted, and since when it has its class', async () => {
  const name = await oss.bucket();
  const { headers: stored } = await oss.put(name, 'p/a', 'x');
  await oss.put(name, 'q', 'x');
  const rule =
    '<Rule><ID>"r"</ID><Prefix>p/</Prefix><Status>Enabled</Status>' +
    '<Expiration><Days>1</Days></Expiration></Rule>';
  const put = await ask(oss, name, 'PUT lifecycle', within('LifecycleConfiguration')(rule));
  assert.equal(put.status, 200, put.text);
  const expected = 'expiry-date="Tue, 24 Nov 2026 00:00:00 GMT", rule-id="%22r%22"';
  const read = async (key: string, method: string, query: Record<string, string> = {}) => {
    const answer = await oss.call({ bucket: name, key, method, query });
    assert.equal(answer.status, 200);
    const { headers } = answer;
    return [headers['x-oss-expiration'], headers['x-oss-transition-time']];
  };
  for (const method of ['GET', 'HEAD']) {
    assert.deepEqual(await read('p/a', method), [expected, undefined]);
    assert.deepEqual(await read('q', method), [undefined, undefined]);
  }
  const bucket = await oss.server.rooms.buckets.findBucket(name);
  assert.ok(bucket);
  const change = {
    storageClass: 'IA',
    extras: { transitionedAt: Date.UTC(2026, 10, 22, 10) },
  };
  await oss.server.rooms.objects.changeObject(bucket, 'p/a', { change });
  const since = 'Sun, 22 Nov 2026 10:00:00 GMT';
  assert.deepEqual(await read('p/a', 'GET'), [expected, since]);
  assert.deepEqual(await read('p/a', 'HEAD', { objectMeta: '' }), [undefined, since]);
  const moved = await oss.call({ bucket: name, key: 'p/a', method: 'HEAD' });
  assert.equal(moved.headers.etag, stored.etag);
  assert.equal(moved.headers['x-oss-storage-class'], 'IA');
  // A copy begins a life of its own.
  await oss.put(name, 'p/copy', '', { 'x-oss-copy-source': `/${name}/p/a` });
  assert.deepEqual(await read('p/copy', 'GET'), [expected, undefined]);
  const enabled = within('VersioningConfiguration')(within('Status')('Enabled'));
  assert.equal((await ask(oss, name, 'PUT versioning', enabled)).status, 200);
  assert.deepEqual(await read('p/a', 'GET'), [expected, since]);
  assert.deepEqual(await read('p/a', 'GET', { versionId: 'null' }), [undefined, since]);
});
