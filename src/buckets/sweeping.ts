/**
 * Takes away contents that no key points to: those of replaced and deleted objects, and those whose
 * upload was cut off between the blob store and the index (security.md 8.1, 8.5). Never touches a
 * row. Safe at any time and from several processes: a content is only removed once nothing can
 * point to it any more.
 */
import type { BlobStore, ObjectIndex } from '../stores/index.ts';
import type { World } from '../world/index.ts';

export interface Sweeper {
  /** Contents replaced or deleted more than `garbageGraceMs` ago are gone. Returns how many. */
  sweepGarbage(): Promise<number>;
  /**
   * What an earlier process left half done is gone: unfinished uploads, and contents older than
   * `orphanGraceMs` that no row knows. For the start; may take long, and need not be waited for.
   */
  sweepOrphans(): Promise<{ readonly unfinished: number; readonly orphans: number }>;
  /** Contents that keys point to and that are not there: damage, to be told and never repaired by
   * removing the row (security.md 8.5). Opens every content, so only for a check. */
  findMissing(): AsyncIterable<string>;
}

/**
 * Ours: how long a replaced content stays for readers that found its row just before. They look the
 * row up again when it is gone, so this only spares them the way.
 */
export const garbageGraceMs = 60_000;

/** security.md 8.5: grace for contents without a row; their upload may still be committing. */
export const orphanGraceMs = 60 * 60 * 1000;

/** Ours: rows in one step, so that a sweep never holds up requests. */
const batchSize = 256;

export function createSweeper(options: {
  objects: ObjectIndex;
  blobs: BlobStore;
  world: World;
}): Sweeper {
  const { objects, blobs, world } = options;
  return {
    async sweepGarbage() {
      const before = world.clock.now() - garbageGraceMs;
      let removed = 0;
      for (;;) {
        const blobIds = await objects.listGarbage(before, batchSize);
        if (blobIds.length === 0) return removed;
        // Files first: forgetting a content that is still there would leave it for good.
        await blobs.remove(blobIds);
        await objects.forgetGarbage(blobIds);
        removed += blobIds.length;
      }
    },
    async sweepOrphans() {
      const unfinished = await blobs.sweepUnfinished();
      let orphans = 0;
      for await (const batch of blobs.list()) {
        const old = batch.filter(({ ageMs }) => ageMs >= orphanGraceMs).map(({ blobId }) => blobId);
        if (old.length === 0) continue;
        const known = await objects.knownBlobs(old);
        const unknown = old.filter((blobId) => !known.has(blobId));
        await blobs.remove(unknown);
        orphans += unknown.length;
      }
      return { unfinished, orphans };
    },
    findMissing: () => findMissing(objects, blobs),
  };
}

async function* findMissing(objects: ObjectIndex, blobs: BlobStore): AsyncGenerator<string> {
  for (let after = ''; ; ) {
    const blobIds = await objects.listBlobs(after, batchSize);
    const last = blobIds.at(-1);
    if (last === undefined) return;
    for (const blobId of blobIds) {
      const reader = await blobs.open(blobId);
      if (reader === undefined) yield blobId;
      else await reader.close();
    }
    after = last;
  }
}
