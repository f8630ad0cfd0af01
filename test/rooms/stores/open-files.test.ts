import { strict as assert } from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import {
  type BlobReader,
  type BlobStore,
  openFileBlobs,
  StoreUnavailable,
} from '../../../src/stores/index.ts';
import { readBlob, writeBlob } from '../../contract/blobs.contract.ts';
import { type BrokenDisk, createBrokenDisk } from '../../support/broken-disk.ts';
import { createTestWorld } from '../../support/world.ts';

const bytes = Buffer.from('read by many at once');

describe('files that are being read', () => {
  let folder = '';
  let disk: BrokenDisk;
  let blobs: BlobStore;
  let blobId = '';
  let closedBefore = 0;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cnamed-open-files-'));
    disk = createBrokenDisk();
    blobs = await openFileBlobs({ folder, world: createTestWorld({ disk }) });
    blobId = await writeBlob(blobs, bytes);
    closedBefore = disk.calls.close ?? 0;
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const opened = (): number => disk.calls.open ?? 0;
  const closed = (): number => (disk.calls.close ?? 0) - closedBefore;

  async function open(): Promise<BlobReader> {
    const reader = await blobs.open(blobId);
    assert.ok(reader);
    return reader;
  }

  async function readAll(reader: BlobReader): Promise<Buffer> {
    const target = Buffer.alloc(bytes.length);
    assert.equal(await reader.read(target, 0), bytes.length);
    return target;
  }

  it('are open once, however many read them, until the last has left', async () => {
    const before = opened();
    const first = await open();
    const others = await Promise.all(Array.from({ length: 50 }, open));
    assert.equal(opened(), before + 1);
    await first.close();
    await first.close();
    for (const reader of others) {
      assert.deepEqual(await readAll(reader), bytes);
      assert.equal(closed(), 0);
      await reader.close();
    }
    assert.equal(closed(), 1);
    assert.deepEqual(await readBlob(blobs, blobId), bytes);
    assert.equal(opened(), before + 2);
  });

  it('are read to their end by whoever began, and found by nobody else, once removed', async () => {
    const reader = await open();
    await blobs.remove([blobId]);
    assert.equal(await blobs.open(blobId), undefined);
    assert.deepEqual(await readAll(reader), bytes);
    await reader.close();
    assert.equal(closed(), 1);
  });

  it('are others for whoever comes after a blob has taken the place of one', async () => {
    const reader = await open();
    const other = Buffer.from('another content');
    const writer = await blobs.create(undefined, undefined, blobId);
    await writer.write(other);
    await writer.finish();
    assert.deepEqual(await readBlob(blobs, blobId), other);
    assert.deepEqual(await readAll(reader), bytes);
    await reader.close();
  });

  it('do not hide from a look whether they are there', async () => {
    const reader = await open();
    // Another process, which this one does not hear of.
    await (await openFileBlobs({ folder, world: createTestWorld() })).remove([blobId]);
    assert.equal(await blobs.open(blobId, { start: 0, length: 0 }), undefined);
    await reader.close();
  });

  it('refuse all who waited for an open that fails, and nobody after them', async () => {
    for (const call of ['open', 'size'] as const) {
      disk.break({ call, code: 'EIO' });
      const refused = await Promise.allSettled([open(), open(), open()]);
      for (const one of refused) {
        assert.ok(one.status === 'rejected' && one.reason instanceof StoreUnavailable);
      }
      assert.deepEqual(await readBlob(blobs, blobId), bytes);
    }
  });
});
