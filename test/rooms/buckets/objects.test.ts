/** Objects over the real stores: what is written, what is refused, and that nothing stays of it. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, afterEach, before, test } from 'node:test';
import { createObjects, objectLimits } from '../../../src/buckets/index.ts';
import { OssError } from '../../../src/errors/index.ts';
import { removeKeys } from '../../support/keys.ts';
import {
  contentOf,
  filesBelow,
  openRooms,
  type Rooms,
  readAll,
  readText,
  upload,
} from './rooms.ts';

let rooms: Rooms;
before(async () => {
  rooms = await openRooms({ limits: { objectBytesMax: 4 * 1024 * 1024 } });
});
after(() => rooms.close());
afterEach(async () => {
  const listing = await rooms.objects.listObjects(rooms.bucket, everything);
  const keys = listing.entries.map((entry) => ('key' in entry ? entry.key : ''));
  await removeKeys(rooms.objects, rooms.bucket, keys);
  rooms.world.advance(24 * 60 * 60 * 1000);
  await rooms.sweeper.sweepGarbage();
  assert.deepEqual(await filesBelow(rooms.blobFolder), []);
});

const everything = { prefix: '', delimiter: '', after: '', limit: 1000 };

function code(expected: string): (problem: unknown) => boolean {
  return (problem) => problem instanceof OssError && problem.code === expected;
}

test('an upload is read back byte for byte, with its checksums and metadata', async () => {
  const facts = {
    headers: { 'content-type': 'text/html', expires: '2015-10-01 00:00:00' },
    metadata: { name: '\u00e4\u00ff latin1', 'x-y': '' },
  };
  const given = upload(rooms.bucket, 'a/b.txt', '123456789', { facts });
  const { object } = await rooms.objects.putObject(given);
  assert.equal(object.etag, '25F9E794323B453885F5181F1B624D0B');
  assert.equal(object.contentMd5, 'JfnnlDI7RTiF9RgfG2JNCw==');
  assert.equal(object.crc64, '11051210869376104954');
  assert.equal(object.modifiedAt, rooms.world.clock.now());
  const found = await rooms.objects.findObject(rooms.bucket, 'a/b.txt');
  assert.deepEqual(structuredClone(found), structuredClone(object));
  assert.deepEqual({ ...found?.metadata }, facts.metadata);
  assert.equal(await readText(rooms, 'a/b.txt'), '123456789');
});

test('an empty upload is an object of no bytes', async () => {
  const { object } = await rooms.objects.putObject(upload(rooms.bucket, 'dir/', ''));
  assert.equal(object.size, 0);
  assert.equal(object.crc64, '0');
  assert.equal(await readText(rooms, 'dir/'), '');
});

test('a body of unknown length is taken whole; large ones are read from disk', async () => {
  const chunk = Buffer.alloc(64 * 1024, 'abcdefg');
  const content = contentOf(
    Array.from({ length: 20 }, () => chunk),
    undefined,
  );
  const { object } = await rooms.objects.putObject({ ...upload(rooms.bucket, 'big', ''), content });
  assert.equal(object.size, 20 * chunk.length);
  const opened = await rooms.objects.openObject(rooms.bucket, 'big', object);
  assert.equal(opened.content.kind, 'reader');
  const digest = createHash('md5')
    .update(await readAll(opened))
    .digest('hex');
  assert.equal(digest.toUpperCase(), object.etag);
});

test('the client is asked for the next chunk only when the last one is on the disk', async () => {
  let isWriting = false;
  let chunksAhead = 0;
  const { blobs } = rooms;
  const slow = {
    ...blobs,
    create: async (sizeHint: number | undefined) => {
      const writer = await blobs.create(sizeHint);
      return {
        write: async (bytes: Uint8Array) => {
          isWriting = true;
          await writer.write(bytes);
          isWriting = false;
        },
        finish: () => writer.finish(),
        abandon: () => writer.abandon(),
      };
    },
  };
  async function* stream() {
    for (let sent = 0; sent < 10; sent++) {
      if (isWriting) chunksAhead++;
      yield Buffer.alloc(1024, sent);
    }
  }
  const { keepContent } = await import('../../../src/buckets/content.ts');
  const kept = await keepContent(
    slow,
    { length: undefined, stream },
    {},
    1_000_000,
    async () => {},
  );
  assert.equal(kept.size, 10 * 1024);
  assert.equal(chunksAhead, 0);
  await blobs.remove([kept.blobId]);
});

test('a replaced object is seen by the next read, and the old content goes', async () => {
  await rooms.objects.putObject(upload(rooms.bucket, 'k', 'one'));
  await rooms.objects.putObject(upload(rooms.bucket, 'k', 'two'));
  assert.equal(await readText(rooms, 'k'), 'two');
  rooms.world.advance(120_000);
  assert.equal(await rooms.sweeper.sweepGarbage(), 1);
  assert.equal(await readText(rooms, 'k'), 'two');
});

const refused: [string, string, Parameters<typeof upload>[3]][] = [
  [
    'a body shorter than announced',
    'RequestTimeout',
    { content: contentOf([Buffer.from('ab')], 3) },
  ],
  ['a body announced too large', 'EntityTooLarge', { content: contentOf([], 4 * 1024 * 1024 + 1) }],
  [
    'a body that grows too large',
    'EntityTooLarge',
    {
      content: contentOf(
        Array.from({ length: 5 }, () => Buffer.alloc(1024 * 1024)),
        undefined,
      ),
    },
  ],
  ['another MD5', 'InvalidDigest', { expected: { md5: 'JfnnlDI7RTiF9RgfG2JNCw==' } }],
  ['an MD5 that is none', 'InvalidDigest', { expected: { md5: 'abc' } }],
  ['an empty MD5', 'InvalidDigest', { expected: { md5: '' } }],
  ['another CRC', 'InvalidDigest', { expected: { crc64: '11051210869376104954' } }],
  [
    'a line break in a header',
    'InvalidArgument',
    { facts: { headers: { 'content-type': 'a\r\nX: 1' }, metadata: {} } },
  ],
  [
    'a character beyond a byte in metadata',
    'InvalidArgument',
    { facts: { headers: {}, metadata: { a: '\u4e2d' } } },
  ],
  [
    'a metadata name with an underscore',
    'InvalidArgument',
    { facts: { headers: {}, metadata: { a_b: '' } } },
  ],
  [
    'metadata beyond 8 KiB',
    'InvalidArgument',
    { facts: { headers: {}, metadata: { a: 'x'.repeat(8 * 1024) } } },
  ],
];

for (const [name, expected, changes] of refused) {
  test(`${name} is refused with ${expected}, and what stood before stands`, async () => {
    await rooms.objects.putObject(upload(rooms.bucket, 'k', 'before'));
    const putting = rooms.objects.putObject(upload(rooms.bucket, 'k', 'after', changes));
    await assert.rejects(putting, code(expected));
    assert.equal(await readText(rooms, 'k'), 'before');
    assert.equal((await filesBelow(rooms.blobFolder)).length, 1);
  });
}

test('metadata of exactly 8 KiB is taken', async () => {
  const facts = { headers: {}, metadata: { a: 'x'.repeat(8 * 1024 - 1) } };
  await rooms.objects.putObject(upload(rooms.bucket, 'k', 'x', { facts }));
});

test('a client that goes away half way leaves nothing', async () => {
  const gone = new OssError('RequestTimeout');
  async function* stream() {
    yield Buffer.alloc(100_000);
    throw gone;
  }
  const content = { length: 200_000, stream };
  const putting = rooms.objects.putObject({ ...upload(rooms.bucket, 'k', ''), content });
  await assert.rejects(putting, (problem) => problem === gone);
  assert.equal(await readText(rooms, 'k'), undefined);
  assert.deepEqual(await filesBelow(rooms.blobFolder), []);
});

test('of many writers that forbid overwriting one wins; only its content stays', async () => {
  const writers = Array.from({ length: 8 }, (_, index) =>
    rooms.objects.putObject(
      upload(rooms.bucket, 'k', `writer ${index}`, { isOverwriteForbidden: true }),
    ),
  );
  const settled = await Promise.allSettled(writers);
  const winners = settled.flatMap((result, index) =>
    result.status === 'fulfilled' ? [index] : [],
  );
  assert.equal(winners.length, 1);
  for (const result of settled) {
    if (result.status === 'rejected') assert.ok(code('FileAlreadyExists')(result.reason));
  }
  assert.equal(await readText(rooms, 'k'), `writer ${winners[0]}`);
  assert.equal((await filesBelow(rooms.blobFolder)).length, 1);
});

test('an upload into a bucket that was deleted meanwhile finds no bucket', async () => {
  const other = await rooms.buckets.putBucket({
    name: 'example-gone',
    accountId: rooms.bucket.accountId,
    acl: undefined,
    storageClass: undefined,
    redundancy: undefined,
  });
  const actor = { accountId: other.accountId, accessKeyId: '', remoteAddress: '', requestId: '' };
  await rooms.buckets.deleteBucket(other, actor);
  await assert.rejects(rooms.objects.putObject(upload(other, 'k', 'x')), code('NoSuchBucket'));
});

test('a content swept between the row and the reader is looked up again', async () => {
  const { object: first } = await rooms.objects.putObject(upload(rooms.bucket, 'k', 'first'));
  const { object: second } = await rooms.objects.putObject(upload(rooms.bucket, 'k', 'second'));
  rooms.world.advance(120_000);
  await rooms.sweeper.sweepGarbage();
  const opened = await rooms.objects.openObject(rooms.bucket, 'k', first);
  assert.equal(opened.object.blobId, second.blobId);
  assert.equal((await readAll(opened)).toString(), 'second');
  await removeKeys(rooms.objects, rooms.bucket, ['k']);
  rooms.world.advance(120_000);
  await rooms.sweeper.sweepGarbage();
  await assert.rejects(rooms.objects.openObject(rooms.bucket, 'k', first), code('NoSuchKey'));
});

test('a row whose content is gone is told as damage, never served, never removed', async () => {
  const { object } = await rooms.objects.putObject(upload(rooms.bucket, 'k', 'content'));
  await rooms.blobs.remove([object.blobId]);
  await assert.rejects(rooms.objects.openObject(rooms.bucket, 'k', object), code('InternalError'));
  assert.ok(await rooms.objects.findObject(rooms.bucket, 'k'));
  const damage = { missing: [object.blobId], missingCount: 1 };
  assert.deepEqual(await rooms.sweeper.findMissing(), damage);
});

test('an ACL is set on an object that is there, and only there', async () => {
  await rooms.objects.putObject(upload(rooms.bucket, 'k', 'x'));
  await rooms.objects.changeObject(rooms.bucket, 'k', { change: { acl: 'public-read' } });
  assert.equal((await rooms.objects.findObject(rooms.bucket, 'k'))?.acl, 'public-read');
  await assert.rejects(
    rooms.objects.changeObject(rooms.bucket, 'no', { change: { acl: 'private' } }),
    code('NoSuchKey'),
  );
});

test('contents without a row go after an hour, not before', async () => {
  const writer = await rooms.blobs.create(3);
  await writer.write(Buffer.from('abc'));
  await writer.finish();
  // Ages come from the disk, whose clock is the real one.
  const [batch] = await Array.fromAsync(rooms.blobs.list());
  const ageMs = batch?.[0]?.ageMs ?? Number.NaN;
  rooms.world.advance(-ageMs + 60 * 60 * 1000 - 5_000);
  assert.equal(await rooms.sweeper.sweepOrphans(), 0);
  rooms.world.advance(5_000);
  assert.equal(await rooms.sweeper.sweepOrphans(), 1);
});

test('a clock that jumps ahead makes no upload an orphan before its row is written', async () => {
  const { putObject } = rooms.engine.objects;
  const hour = 60 * 60 * 1000;
  // The moment between content and row, while the clock is set and a sweep is due.
  const index = {
    ...rooms.engine.objects,
    putObject: async (input: Parameters<typeof putObject>[0]) => {
      rooms.world.jump(48 * hour);
      assert.equal(await rooms.sweeper.sweepOrphans(), 0);
      return await putObject(input);
    },
  };
  const { blobs, world } = rooms;
  const objects = createObjects({
    objects: index,
    serving: index,
    blobs,
    world,
    keys: rooms.keys,
    limits: objectLimits,
  });
  await objects.putObject(upload(rooms.bucket, 'page', 'acknowledged'));
  const object = await rooms.objects.findObject(rooms.bucket, 'page');
  assert.ok(object);
  assert.equal((await rooms.objects.openObject(rooms.bucket, 'page', object)).object.size, 12);
});

test('an object that must stay is neither replaced nor deleted nor described anew', async () => {
  const { object } = await rooms.objects.putObject(upload(rooms.bucket, 'kept', 'x'));
  const protectedSince = object.modifiedAt;
  const again = upload(rooms.bucket, 'kept', 'y', { protectedSince });
  await assert.rejects(rooms.objects.putObject(again), code('FileImmutable'));
  const deletions = [{ key: 'kept', versionId: undefined }];
  const [result] = await rooms.objects.deleteObjects(rooms.bucket, deletions, protectedSince);
  assert.equal(result?.isProtected, true);
  const change = { change: { acl: 'private' }, protectedSince } as const;
  await assert.rejects(
    rooms.objects.changeObject(rooms.bucket, 'kept', change),
    code('FileImmutable'),
  );
  assert.equal(await readText(rooms, 'kept'), 'x');
});

test('what is restored is what was asked for, and no object that replaced it', async () => {
  const { bucket, objects, world } = rooms;
  const archive = async (text: string, storageClass: string) =>
    (await objects.putObject(upload(bucket, 'a', text, { storageClass }))).object;
  const found = await archive('before', 'Archive');
  const ask = { bucket, key: 'a', object: found, days: 1, now: world.clock.now(), delayMs: 1000 };
  await archive('after', 'Standard');
  await assert.rejects(objects.restoreObject(ask), code('OperationNotSupported'));
  assert.deepEqual((await objects.findObject(bucket, 'a'))?.extras, {});
  await archive('again', 'ColdArchive');
  const outcomes = await Promise.allSettled([1, 2, 3, 4].map(() => objects.restoreObject(ask)));
  const begun = outcomes.filter(({ status }) => status === 'fulfilled');
  assert.deepEqual(begun, [{ status: 'fulfilled', value: true }]);
});

test('many are deleted in steps that keep nobody waiting for long, each answered in its place', async () => {
  const { deleteObjects } = rooms.engine.objects;
  const steps: number[] = [];
  const index = {
    ...rooms.engine.objects,
    deleteObjects: async (input: Parameters<typeof deleteObjects>[0]) => {
      steps.push(input.deletions.length);
      return await deleteObjects(input);
    },
  };
  const { blobs, world, keys } = rooms;
  const objects = createObjects({ objects: index, serving: index, blobs, world, keys });
  await objects.putObject(upload(rooms.bucket, 'doomed-0', 'x'));
  await objects.putObject(upload(rooms.bucket, 'doomed-250', 'x'));
  const deletions = Array.from({ length: 251 }, (_, number) => {
    return { key: `doomed-${number}`, versionId: undefined };
  });
  const again = { key: 'doomed-0', versionId: undefined };
  const results = await objects.deleteObjects(rooms.bucket, [...deletions, again]);
  assert.deepEqual(steps, [100, 100, 52]);
  assert.deepEqual(
    results.map(({ key }) => key),
    [...deletions, again].map(({ key }) => key),
  );
  const gone = results.flatMap(({ removed }, number) => (removed === 'object' ? [number] : []));
  assert.deepEqual(gone, [0, 250]);
});
