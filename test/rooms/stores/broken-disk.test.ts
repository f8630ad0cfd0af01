import { strict as assert } from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type BlobStore, openFileBlobs, StoreUnavailable } from '../../../src/stores/index.ts';
import { listBlobIds, readBlob, writeBlob } from '../../contract/blobs.contract.ts';
import { type BrokenDisk, createBrokenDisk, type Fault } from '../../support/broken-disk.ts';
import { createTestWorld, type TestWorld } from '../../support/world.ts';

const bytes = Buffer.from('what the owner uploaded');

describe('object bytes on a failing disk', () => {
  let folder = '';
  let disk: BrokenDisk;
  let world: TestWorld;
  let blobs: BlobStore;
  let standing = '';

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cnamed-broken-'));
    disk = createBrokenDisk();
    world = createTestWorld({ disk });
    blobs = await openFileBlobs({ folder, world });
    standing = await writeBlob(blobs, bytes);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const isRefusal = (reason: StoreUnavailable['reason']) => (error: unknown) =>
    error instanceof StoreUnavailable && error.reason === reason;

  async function expectNothingButStanding(): Promise<void> {
    disk.mend();
    assert.deepEqual(await listBlobIds(blobs), [standing]);
    assert.deepEqual(await readdir(join(folder, 'tmp')), []);
    assert.deepEqual(await readBlob(blobs, standing), bytes);
    const next = await writeBlob(blobs, bytes);
    assert.deepEqual(await readBlob(blobs, next), bytes);
  }

  const faults: [string, Fault, StoreUnavailable['reason']][] = [
    ['no room for a new file', { call: 'create', code: 'ENOSPC' }, 'full'],
    ['a volume that lets nobody create', { call: 'create', code: 'EACCES' }, 'failed'],
    ['a full volume while writing', { call: 'write', code: 'ENOSPC' }, 'full'],
    [
      'a write cut in half by a full volume',
      { call: 'write', code: 'ENOSPC', isShort: true },
      'full',
    ],
    ['a used-up quota', { call: 'write', nth: 2, code: 'EDQUOT', isShort: true }, 'full'],
    ['a write that fails', { call: 'write', nth: 2, code: 'EIO' }, 'failed'],
    ['an fsync that fails', { call: 'sync', code: 'EIO' }, 'failed'],
    ['an fsync that finds the volume full', { call: 'sync', code: 'ENOSPC' }, 'full'],
    ['a close that fails', { call: 'close', code: 'EIO' }, 'failed'],
    ['a rename that fails', { call: 'rename', code: 'EIO' }, 'failed'],
    ['a folder fsync that fails', { call: 'syncFolder', code: 'EIO' }, 'failed'],
  ];
  for (const [what, fault, reason] of faults) {
    it(`${what}: refused, nothing visible, nothing left, reads go on`, async () => {
      disk.break(fault);
      await assert.rejects(writeBlob(blobs, bytes, bytes), isRefusal(reason));
      assert.equal(disk.struck, 1);
      assert.deepEqual(await readBlob(blobs, standing), bytes);
      await expectNothingButStanding();
    });
  }

  it('after a failed fsync the same file is never tried again', async () => {
    const writer = await blobs.create(undefined);
    await writer.write(bytes);
    const before = disk.calls.sync ?? 0;
    disk.break({ call: 'sync', code: 'EIO' });
    await assert.rejects(writer.finish(), isRefusal('failed'));
    await assert.rejects(writer.finish(), isRefusal('failed'));
    await assert.rejects(writer.write(bytes), isRefusal('failed'));
    assert.equal(disk.calls.sync, before + 1);
    await expectNothingButStanding();
  });

  it('a folder fsync shared by several uploads refuses all of them when it fails', async () => {
    disk.break({ call: 'syncFolder', code: 'EIO', isLasting: true });
    const uploads = Array.from({ length: 12 }, () => writeBlob(blobs, bytes));
    for (const upload of await Promise.allSettled(uploads)) {
      assert.ok(upload.status === 'rejected' && isRefusal('failed')(upload.reason));
    }
    await expectNothingButStanding();
  });

  it('uploads that finish together share folder fsyncs', async () => {
    const before = disk.calls.syncFolder ?? 0;
    await Promise.all(Array.from({ length: 32 }, () => writeBlob(blobs, bytes)));
    const used = (disk.calls.syncFolder ?? 0) - before;
    assert.ok(used >= 1 && used < 32, String(used));
  });

  it('what cannot even be cleaned up is invisible, and swept at the next start', async () => {
    disk.break({ call: 'write', code: 'EIO' });
    disk.break({ call: 'remove', code: 'EIO', isLasting: true });
    await assert.rejects(writeBlob(blobs, bytes), isRefusal('failed'));
    disk.mend();
    assert.deepEqual(await listBlobIds(blobs), [standing]);
    const next = await openFileBlobs({ folder, world });
    assert.equal(await next.sweepUnfinished(), 1);
    await expectNothingButStanding();
  });

  it('the reserve refuses early, by the announced size and by what really comes', async () => {
    const gigabyte = 1024 ** 3;
    const careful = await openFileBlobs({ folder, world, reserveBytes: gigabyte });
    const show = (free: number) => {
      disk.freeBytesShown = gigabyte + free;
      world.advance(5000);
    };
    show(1000);
    await assert.rejects(careful.create(1001), isRefusal('full'));
    const writer = await careful.create(undefined);
    await writer.write(Buffer.alloc(600));
    show(400);
    await assert.rejects(writer.write(Buffer.alloc(600)), isRefusal('full'));
    show(1000);
    const liar = await careful.create(10);
    await assert.rejects(liar.write(Buffer.alloc(1200)), isRefusal('full'));
    show(-1);
    await assert.rejects(careful.create(0), isRefusal('full'));
    assert.deepEqual(await readBlob(careful, standing), bytes);
    await careful.remove([standing]);
    assert.equal(await careful.open(standing), undefined);
    assert.deepEqual(await readdir(join(folder, 'tmp')), []);
  });

  it('what is promised to one upload is not promised to another', async () => {
    const careful = await openFileBlobs({ folder, world, reserveBytes: 0 });
    disk.freeBytesShown = 1000;
    world.advance(5000);
    const first = await careful.create(700);
    await assert.rejects(careful.create(700), isRefusal('full'));
    world.advance(5000);
    await assert.rejects(careful.create(700), isRefusal('full'));
    await first.abandon();
    const second = await careful.create(700);
    await second.write(Buffer.alloc(700));
    disk.freeBytesShown = 300;
    world.advance(5000);
    await assert.rejects(careful.create(301), isRefusal('full'));
    const third = await careful.create(300);
    await third.abandon();
    await second.abandon();
  });

  it('the volume is not asked before every small object', async () => {
    const before = disk.calls.freeBytes ?? 0;
    for (let count = 0; count < 20; count += 1) await writeBlob(blobs, bytes);
    assert.ok((disk.calls.freeBytes ?? 0) - before <= 1);
  });

  it('a read that fails is an error, never a short object', async () => {
    for (const call of ['open', 'size', 'read'] as const) {
      disk.break({ call, code: 'EIO' });
      await assert.rejects(readBlob(blobs, standing), isRefusal('failed'));
      disk.mend();
    }
    assert.deepEqual(await readBlob(blobs, standing), bytes);
  });

  it('a copy whose source or target fails leaves only the source', async () => {
    for (const fault of [
      { call: 'read', code: 'EIO' },
      { call: 'write', code: 'ENOSPC', isShort: true },
      { call: 'sync', code: 'EIO' },
    ] as const) {
      disk.break(fault);
      await assert.rejects(blobs.copy(standing), StoreUnavailable);
      disk.mend();
      assert.deepEqual(await listBlobIds(blobs), [standing]);
      assert.deepEqual(await readdir(join(folder, 'tmp')), []);
    }
  });

  it('a removal that fails is told, after the others were removed', async () => {
    const others = [await writeBlob(blobs, bytes), await writeBlob(blobs, bytes)];
    disk.break({ call: 'remove', code: 'EIO' });
    await assert.rejects(blobs.remove([standing, ...others]), isRefusal('failed'));
    assert.deepEqual(await listBlobIds(blobs), [standing]);
  });

  it('a folder that cannot be made is told when the store opens', async () => {
    disk.break({ call: 'makeFolder', nth: 3, code: 'ENOSPC' });
    const elsewhere = join(folder, 'elsewhere');
    await assert.rejects(openFileBlobs({ folder: elsewhere, world }), isRefusal('full'));
    const opened = await openFileBlobs({ folder: elsewhere, world });
    assert.deepEqual(await readBlob(opened, await writeBlob(opened, bytes)), bytes);
  });
});
