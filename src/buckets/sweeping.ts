/**
 * Takes away contents that no key points to: those of replaced and deleted objects, and those whose
 * upload was cut off between the blob store and the index (security.md 8.1, 8.5). Never touches a
 * row. The steps are the stores' own; here they get their clock.
 */
import {
  type BlobStore,
  findMissingBlobs,
  type ObjectIndex,
  type SweepReport,
  sweepGarbage,
  sweepOrphans,
} from '../stores/index.ts';
import type { World } from '../world/index.ts';

export interface Sweeper {
  /** Contents replaced or deleted a while ago are gone. Returns how many. */
  sweepGarbage(): Promise<number>;
  /**
   * What an earlier process left half done is gone: unfinished uploads, and old contents that no
   * row knows. For the start; may take long, and need not be waited for.
   */
  sweepOrphans(): Promise<{ readonly unfinished: number; readonly orphans: number }>;
  /**
   * Contents that keys point to and that are not there: damage, to be told and never repaired by
   * removing the row. Opens every content, so only for a check.
   */
  findMissing(): Promise<Pick<SweepReport, 'missing' | 'missingCount'>>;
}

export function createSweeper(options: {
  objects: ObjectIndex;
  blobs: BlobStore;
  world: World;
}): Sweeper {
  const { objects, blobs, world } = options;
  const now = () => ({ objects, blobs, now: world.clock.now() });
  return {
    sweepGarbage: () => sweepGarbage(now()),
    async sweepOrphans() {
      const unfinished = await blobs.sweepUnfinished();
      return { unfinished, orphans: await sweepOrphans(now()) };
    },
    findMissing: () => findMissingBlobs(now()),
  };
}
