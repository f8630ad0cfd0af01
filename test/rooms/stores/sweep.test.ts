import { strict as assert } from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import Database from 'better-sqlite3';
import { createSweeper } from '../../../src/buckets/index.ts';
import {
  type BlobStore,
  type MetadataEngine,
  openFileBlobs,
  openSqliteEngine,
  sweepBlobs,
} from '../../../src/stores/index.ts';
import { listBlobIds, writeBlob } from '../../contract/blobs.contract.ts';
import { makeBucket, putSample } from '../../contract/samples.ts';
import { type BrokenDisk, createBrokenDisk } from '../../support/broken-disk.ts';
import { deleteKeys } from '../../support/keys.ts';
import { createTestWorld, type TestWorld } from '../../support/world.ts';

const minuteMs = 60_000;

describe('the sweeper', () => {
  let folder = '';
  let engine: MetadataEngine;
  let blobs: BlobStore;
  let disk: BrokenDisk;
  let world: TestWorld;
  let bucketId = 0;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cnamed-sweep-'));
    disk = createBrokenDisk();
    // Ages come from the times of real files, so this world begins at the present.
    world = createTestWorld({ disk, now: Date.now() + 1000 });
    engine = await openSqliteEngine({ path: join(folder, 'metadata.db') });
    blobs = await openFileBlobs({ folder: join(folder, 'objects'), world, reserveBytes: 0 });
    bucketId = (await makeBucket(engine)).id;
  });
  afterEach(async () => {
    await engine.close();
    await rm(folder, { recursive: true, force: true });
  });

  const sweep = () => sweepBlobs({ objects: engine.objects, blobs, now: world.clock.now() });
  const put = async (key: string) => {
    const blobId = await writeBlob(blobs, Buffer.from(key));
    await putSample(engine, bucketId, key, { blobId, modifiedAt: world.clock.now() });
    return blobId;
  };
  const nothing = { garbageRemoved: 0, orphansRemoved: 0, missing: [], missingCount: 0 };

  it('overwritten and deleted objects stay for the grace of a minute, then go', async () => {
    const first = await put('a');
    const second = await put('a');
    const third = await put('b');
    await deleteKeys(engine.objects, bucketId, ['b'], world.clock.now());
    world.advance(minuteMs);
    assert.deepEqual(await sweep(), nothing);
    assert.ok((await listBlobIds(blobs)).includes(first));
    world.advance(1);
    assert.deepEqual(await sweep(), { ...nothing, garbageRemoved: 2 });
    assert.deepEqual(await listBlobIds(blobs), [second]);
    assert.equal((await listBlobIds(blobs)).includes(third), false);
    assert.deepEqual(await sweep(), nothing);
  });

  /** The database is backed up first, and the bytes when `tookMs` have passed. */
  async function backUpAndRestore(garbageAgeMs: number, tookMs: number) {
    const sweeper = createSweeper({ objects: engine.objects, blobs, world, garbageAgeMs });
    for (const key of ['replaced', 'deleted', 'standing']) await put(key);
    const source = new Database(join(folder, 'metadata.db'), { readonly: true });
    await source.backup(join(folder, 'restored.db'));
    source.close();
    await put('replaced');
    await put('later');
    await deleteKeys(engine.objects, bucketId, ['deleted'], world.clock.now());
    for (let passed = 0; passed < tookMs; passed += minuteMs) {
      world.advance(minuteMs);
      await sweeper.sweepGarbage();
    }
    await cp(join(folder, 'objects'), join(folder, 'restored'), { recursive: true });
    const restored = await openSqliteEngine({ path: join(folder, 'restored.db') });
    const bytes = await openFileBlobs({ folder: join(folder, 'restored'), world, reserveBytes: 0 });
    const { missingCount } = await createSweeper({
      objects: restored.objects,
      blobs: bytes,
      world,
    }).findMissing();
    await restored.close();
    world.advance(minuteMs + 1);
    return { missingCount, removedLater: await sweeper.sweepGarbage() };
  }

  it('a back-up of the database and then of the bytes is whole if garbage is kept for so long', async () => {
    const tookMs = 60 * minuteMs;
    const kept = await backUpAndRestore(tookMs, tookMs);
    assert.deepEqual(kept, { missingCount: 0, removedLater: 2 });
  });

  it('and is not, if it is kept for less', async () => {
    const lost = await backUpAndRestore(minuteMs, 60 * minuteMs);
    assert.deepEqual(lost, { missingCount: 2, removedLater: 0 });
  });

  it('a blob without a row goes after an hour, one with a row never', async () => {
    const orphan = await writeBlob(blobs, Buffer.from('the row was never written'));
    const kept = await put('a');
    world.advance(59 * minuteMs);
    assert.deepEqual(await sweep(), nothing);
    assert.deepEqual(await listBlobIds(blobs), [orphan, kept].sort());
    world.advance(2 * minuteMs);
    assert.deepEqual(await sweep(), { ...nothing, orphansRemoved: 1 });
    world.advance(999 * minuteMs);
    assert.deepEqual(await sweep(), nothing);
    assert.deepEqual(await listBlobIds(blobs), [kept]);
  });

  it('a row whose blob is gone is reported every time and never removed', async () => {
    const lost = await put('lost');
    await put('kept');
    await blobs.remove([lost]);
    for (let round = 0; round < 2; round += 1) {
      assert.deepEqual(await sweep(), { ...nothing, missing: [lost], missingCount: 1 });
    }
    assert.equal((await engine.objects.findObject(bucketId, 'lost'))?.blobId, lost);
  });

  it('garbage that cannot be removed stays listed for the next sweep', async () => {
    const first = await put('a');
    await put('a');
    world.advance(minuteMs + 1);
    disk.break({ call: 'remove', code: 'EIO' });
    await assert.rejects(sweep());
    assert.ok((await listBlobIds(blobs)).includes(first));
    assert.deepEqual(await sweep(), { ...nothing, garbageRemoved: 1 });
    assert.ok(!(await listBlobIds(blobs)).includes(first));
  });

  it('an aborted sweep removes nothing more', async () => {
    await put('a');
    await put('a');
    world.advance(minuteMs + 1);
    const signal = AbortSignal.abort();
    const input = { objects: engine.objects, blobs, now: world.clock.now(), signal };
    assert.deepEqual(await sweepBlobs(input), nothing);
  });
});
