import { strict as assert } from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { BlobStore } from '../../src/stores/index.ts';
import { createTestWorld, type TestWorld } from '../support/world.ts';

export interface BlobsUnderTest {
  readonly name: string;
  open(folder: string, world: TestWorld): Promise<BlobStore>;
  /**
   * How unfinished blobs show: so many bytes leave a trace, which a sweep takes for left behind
   * after so long; some servers cannot be asked for them.
   */
  readonly unfinished?: { bytes: number; afterMs: number; isSwept: boolean };
}

export async function writeBlob(blobs: BlobStore, ...chunks: Uint8Array[]): Promise<string> {
  const writer = await blobs.create(undefined);
  for (const chunk of chunks) await writer.write(chunk);
  return writer.finish();
}

export async function readBlob(blobs: BlobStore, blobId: string): Promise<Buffer | undefined> {
  const reader = await blobs.open(blobId);
  if (reader === undefined) return undefined;
  try {
    const bytes = Buffer.alloc(reader.size);
    let position = 0;
    for (;;) {
      const count = await reader.read(bytes.subarray(position), position);
      if (count === 0) break;
      position += count;
    }
    assert.equal(position, reader.size);
    return bytes;
  } finally {
    await reader.close();
  }
}

export async function listBlobIds(blobs: BlobStore): Promise<string[]> {
  const listed: string[] = [];
  for await (const batch of blobs.list()) listed.push(...batch.map(({ blobId }) => blobId));
  return listed.sort();
}

export function blobStoreContract({ name, open, unfinished }: BlobsUnderTest): void {
  describe(`blobs on ${name}`, () => {
    let folder = '';
    let blobs: BlobStore;
    const world = createTestWorld({ now: Date.now() });

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'cnamed-blobs-'));
      blobs = await open(folder, world);
    });
    after(() => rm(folder, { recursive: true, force: true }));

    it('bytes come back as they were written, in whatever pieces', async () => {
      const bytes = randomBytes(300_000);
      const pieces = [bytes.subarray(0, 1), bytes.subarray(1, 1), bytes.subarray(1, 70_000)];
      const blobId = await writeBlob(blobs, ...pieces, bytes.subarray(70_000));
      assert.deepEqual(await readBlob(blobs, blobId), bytes);
      const empty = await writeBlob(blobs);
      assert.deepEqual(await readBlob(blobs, empty), Buffer.alloc(0));
    });

    it('reads begin anywhere, and many read one blob at once', async () => {
      const bytes = randomBytes(10_000);
      const reader = await blobs.open(await writeBlob(blobs, bytes));
      assert.ok(reader);
      const parts = await Promise.all(
        [9_000, 0, 5_000].map(async (position) => {
          const target = Buffer.alloc(700);
          const count = await reader.read(target, position);
          return count === 700 && target.equals(bytes.subarray(position, position + 700));
        }),
      );
      assert.deepEqual(parts, [true, true, true]);
      const tail = Buffer.alloc(700);
      assert.equal(await reader.read(tail, 9_900), 100);
      assert.equal(await reader.read(tail, 10_000), 0);
      await reader.close();
    });

    it('nothing is visible before finish, and nothing remains of an abandoned blob', async () => {
      const before = await listBlobIds(blobs);
      const writer = await blobs.create(100);
      await writer.write(Buffer.from('half'));
      assert.deepEqual(await listBlobIds(blobs), before);
      await writer.abandon();
      await writer.abandon();
      await assert.rejects(writer.write(Buffer.from('more')));
      await assert.rejects(writer.finish());
      assert.deepEqual(await listBlobIds(blobs), before);
      assert.equal(await blobs.sweepUnfinished(), 0);
    });

    it('ids are given once; a stranger is undefined, whatever he is called', async () => {
      const made = await Promise.all(
        Array.from({ length: 200 }, (_, index) => writeBlob(blobs, Buffer.from(`${index}`))),
      );
      assert.equal(new Set(made).size, 200);
      const strangers = ['', '0'.repeat(32), '../../etc/passwd', `${made[0]}/`, 'a\u0000b', '..'];
      for (const stranger of strangers) assert.equal(await blobs.open(stranger), undefined);
      await blobs.remove(strangers);
    });

    it('a blob takes the id it is given, in place of one that had it, and no other text', async () => {
      const given = randomBytes(16).toString('hex');
      for (const bytes of [randomBytes(1_000), randomBytes(70_000)]) {
        const writer = await blobs.create(bytes.length, undefined, given);
        await writer.write(bytes);
        assert.equal(await writer.finish(), given);
        assert.deepEqual(await readBlob(blobs, given), bytes);
      }
      const abandoned = await blobs.create(undefined, undefined, given);
      await abandoned.write(randomBytes(10));
      await abandoned.abandon();
      assert.equal((await readBlob(blobs, given))?.length, 70_000);
      for (const stranger of ['', '../escape', 'A'.repeat(32), `${given}0`]) {
        await assert.rejects(blobs.create(1, undefined, stranger), /no id of a blob/);
      }
      await blobs.remove([given]);
    });

    it('a removed blob is gone, missing ids are no error, an open reader goes on', async () => {
      const [gone, kept] = [Buffer.from('gone'), Buffer.from('kept')];
      const [one, other] = [await writeBlob(blobs, gone), await writeBlob(blobs, kept)];
      const reader = await blobs.open(one);
      await blobs.remove([one, '0'.repeat(32), one]);
      assert.equal(await blobs.open(one), undefined);
      assert.equal(await blobs.copy(one), undefined);
      assert.deepEqual(await readBlob(blobs, other), kept);
      const target = Buffer.alloc(4);
      assert.equal(await reader?.read(target, 0), 4);
      assert.deepEqual(target, gone);
      await reader?.close();
    });

    it('a copy is another blob with the same bytes', async () => {
      const bytes = randomBytes(3 * 1024 * 1024 + 17);
      const source = await writeBlob(blobs, bytes);
      const copied = await blobs.copy(source);
      assert.ok(copied !== undefined && copied !== source);
      await blobs.remove([source]);
      assert.deepEqual(await readBlob(blobs, copied), bytes);
    });

    it('a shared store announces a blob before its first byte, others never do', async () => {
      const announced: string[] = [];
      const announce = async (blobId: string) => {
        assert.equal(await blobs.open(blobId), undefined);
        announced.push(blobId);
      };
      const writer = await blobs.create(3, announce);
      await writer.write(Buffer.from('abc'));
      const blobId = await writer.finish();
      const copyId = await blobs.copy(blobId, announce);
      assert.deepEqual(announced, blobs.isShared ? [blobId, copyId] : []);
      const refused = await blobs.create(3, () => Promise.reject(new Error('no')));
      await refused.write(Buffer.from('abc'));
      if (blobs.isShared) await assert.rejects(refused.finish());
      else await refused.finish();
    });

    it('every blob is listed once with age and size', async () => {
      const blobId = await writeBlob(blobs, Buffer.alloc(77));
      world.advance(5 * 60_000);
      const found: { ageMs: number; size: number }[] = [];
      for await (const batch of blobs.list()) {
        found.push(...batch.filter((each) => each.blobId === blobId));
      }
      assert.equal(found.length, 1);
      assert.equal(found[0]?.size, 77);
      const age = found[0]?.ageMs ?? 0;
      assert.ok(age > 4 * 60_000 && age < 15 * 60_000, String(age));
    });

    it('a place is marked once, by whoever comes first, and the mark is no blob', async () => {
      const place = await mkdtemp(join(tmpdir(), 'cnamed-mark-'));
      try {
        const nodes = await Promise.all(
          [1, 2, 3].map((seed) => open(place, createTestWorld({ seed }))),
        );
        assert.equal(await nodes[0]?.findMark(), undefined);
        const marks = await Promise.all(nodes.map((node) => node.ensureMark('a1b2')));
        const [mark] = marks;
        assert.equal(mark?.installation, 'a1b2');
        for (const node of nodes) assert.deepEqual(await node.findMark(), mark);
        assert.deepEqual(marks, [mark, mark, mark]);
        const next = await open(place, createTestWorld({ seed: 4 }));
        assert.deepEqual(await next.ensureMark('c3d4'), mark);
        assert.deepEqual(await listBlobIds(next), []);
        assert.equal(await next.sweepUnfinished(), 0);
      } finally {
        await rm(place, { recursive: true, force: true });
      }
    });

    it('a new process sees finished blobs and sweeps what was left unfinished', async () => {
      const { bytes, afterMs, isSwept } = unfinished ?? { bytes: 4, afterMs: 0, isSwept: true };
      const finished = await writeBlob(blobs, Buffer.from('finished'));
      const left = await blobs.create(undefined);
      await left.write(Buffer.alloc(bytes, 'left'));
      if (afterMs > 0) assert.equal(await blobs.sweepUnfinished(), 0, 'others may be at work');
      const now = Date.now() + afterMs;
      const next = await open(folder, createTestWorld({ seed: 'next', now }));
      const ownWriter = await next.create(undefined);
      assert.equal(await next.sweepUnfinished(), isSwept ? 1 : 0);
      assert.equal(await next.sweepUnfinished(), 0);
      await ownWriter.write(Buffer.from('own'));
      assert.deepEqual(await readBlob(next, await ownWriter.finish()), Buffer.from('own'));
      assert.deepEqual(await readBlob(next, finished), Buffer.from('finished'));
      await left.abandon();
    });
  });
}
