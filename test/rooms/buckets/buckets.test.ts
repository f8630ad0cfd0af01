/** The life of a bucket and its website document over the real engine. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createBuckets } from '../../../src/buckets/index.ts';
import { OssError } from '../../../src/errors/index.ts';
import { removeKeys } from '../../support/keys.ts';
import { newBucket, openRooms, owner, type Rooms, upload } from './rooms.ts';

let rooms: Rooms;
before(async () => {
  rooms = await openRooms();
});
after(() => rooms.close());

const stranger = '1000000000000002';
const actor = { accountId: owner, accessKeyId: 'A', remoteAddress: '127.0.0.1', requestId: 'R' };

function refusal(code: string, message?: RegExp): (problem: unknown) => boolean {
  return (problem) =>
    problem instanceof OssError &&
    problem.code === code &&
    (message?.test(problem.message) ?? true);
}

test('putting a bucket again keeps it, and applies an ACL only when one is given', async () => {
  const first = await rooms.buckets.putBucket({ ...newBucket, name: 'again', acl: 'public-read' });
  const second = await rooms.buckets.putBucket({ ...newBucket, name: 'again' });
  assert.equal(second.id, first.id);
  assert.equal(second.acl, 'public-read');
  const third = await rooms.buckets.putBucket({ ...newBucket, name: 'again', acl: 'private' });
  assert.equal(third.acl, 'private');
});

test('a bucket cannot be had twice, nor turned into another kind', async () => {
  await rooms.buckets.putBucket({ ...newBucket, name: 'taken', storageClass: 'IA' });
  await assert.rejects(
    rooms.buckets.putBucket({ ...newBucket, name: 'taken', accountId: stranger }),
    refusal('BucketAlreadyExists', /not available/),
  );
  await assert.rejects(
    rooms.buckets.putBucket({ ...newBucket, name: 'taken', storageClass: 'Standard' }),
    refusal('BucketAlreadyExists', /Cannot modify existing bucket's storage class/),
  );
  await assert.rejects(
    rooms.buckets.putBucket({ ...newBucket, name: 'taken', redundancy: 'ZRS' }),
    refusal('BucketAlreadyExists', /CAN'T modify data redundancy type/),
  );
});

test('an account has so many buckets and no more', async () => {
  const few = createBuckets({
    engine: rooms.engine,
    world: rooms.world,
    limits: { bucketsMax: 2 },
  });
  const mine = { ...newBucket, accountId: '1000000000000003' };
  await few.putBucket({ ...mine, name: 'first' });
  await few.putBucket({ ...mine, name: 'second' });
  await assert.rejects(few.putBucket({ ...mine, name: 'third' }), refusal('TooManyBuckets'));
  await few.putBucket({ ...mine, name: 'second' });
});

test('names that no bucket can have are refused when put and not found', async () => {
  for (const name of ['ab', 'Upper', 'under_score', '-x-']) {
    await assert.rejects(
      rooms.buckets.putBucket({ ...newBucket, name }),
      refusal('InvalidBucketName'),
    );
    assert.equal(await rooms.buckets.findBucket(name), undefined);
  }
});

test('only an empty bucket is deleted; made again it is another, without a website', async () => {
  const bucket = await rooms.buckets.putBucket({ ...newBucket, name: 'mortal' });
  await rooms.documents.put(bucket, 'website', { index: { suffix: 'index.html' } });
  await rooms.objects.putObject(upload(bucket, 'k', 'x'));
  await assert.rejects(rooms.buckets.deleteBucket(bucket, actor), refusal('BucketNotEmpty'));
  await removeKeys(rooms.objects, bucket, ['k']);
  assert.deepEqual((await rooms.buckets.deleteBucket(bucket, actor)).domains, []);
  await assert.rejects(rooms.buckets.deleteBucket(bucket, actor), refusal('NoSuchBucket'));
  await assert.rejects(rooms.buckets.setBucketAcl(bucket, 'private'), refusal('NoSuchBucket'));
  await assert.rejects(rooms.buckets.bucketStat(bucket), refusal('NoSuchBucket'));
  const again = await rooms.buckets.putBucket({ ...newBucket, name: 'mortal' });
  assert.notEqual(again.id, bucket.id);
  assert.equal(await rooms.documents.find(again, 'website'), undefined);
  await assert.rejects(
    rooms.documents.put(bucket, 'website', { index: { suffix: 'index.html' } }),
    refusal('NoSuchBucket'),
  );
});

test('figures are exact after puts, replacements and deletions', async () => {
  const bucket = await rooms.buckets.putBucket({ ...newBucket, name: 'counted' });
  await rooms.objects.putObject(upload(bucket, 'a', '12345'));
  await rooms.objects.putObject(upload(bucket, 'b', '123'));
  rooms.world.advance(10_000);
  await rooms.objects.putObject(upload(bucket, 'a', '1'));
  const stat = await rooms.buckets.bucketStat(bucket);
  assert.equal(stat.objectCount, 2);
  assert.equal(stat.storageBytes, 4);
  assert.equal(stat.modifiedAt, rooms.world.clock.now());
  await removeKeys(rooms.objects, bucket, ['a', 'b']);
  const empty = await rooms.buckets.bucketStat(bucket);
  assert.deepEqual([empty.objectCount, empty.storageBytes], [0, 0]);
});

test('buckets are listed by name, in pages, the caller’s own only', async () => {
  const accountId = '1000000000000004';
  for (const name of ['zz-1', 'aa-1', 'aa-2', 'mm-1']) {
    await rooms.buckets.putBucket({ ...newBucket, accountId, name });
  }
  const page = async (prefix: string, marker: string, limit: number) => {
    const { buckets, isTruncated } = await rooms.buckets.listBuckets({
      accountId,
      prefix,
      marker,
      limit,
    });
    return [...buckets.map(({ name }) => name), isTruncated];
  };
  assert.deepEqual(await page('', '', 100), ['aa-1', 'aa-2', 'mm-1', 'zz-1', false]);
  assert.deepEqual(await page('', '', 2), ['aa-1', 'aa-2', true]);
  assert.deepEqual(await page('', 'aa-2', 2), ['mm-1', 'zz-1', false]);
  assert.deepEqual(await page('aa', '', 1), ['aa-1', true]);
  assert.deepEqual(await page('', '', 0), [false]);
});
