/**
 * Takes away contents that no key points to: those of replaced and deleted objects, and those whose
 * upload was cut off between the blob store and the index (security.md 8.1, 8.5). Never touches a
 * row. The steps are the stores' own; here they get their clock.
 */
import {
  type BlobStore,
  findMissingBlobs,
  type HeldLease,
  type ObjectIndex,
  type SweepReport,
  sweepAnnounced,
  sweepGarbage,
  sweepOrphans,
} from '../stores/index.ts';
import type { World } from '../world/index.ts';

/**
 * Each step may be given the lease it is done under: when that is lost, it ends between two
 * batches.
 */
export interface Sweeper {
  /** Contents replaced or deleted a while ago are gone. Returns how many. */
  sweepGarbage(held?: HeldLease): Promise<number>;
  /**
   * Uploads announced a day ago and not become objects are garbage, for `sweepGarbage` to remove at
   * once. Returns how many.
   */
  sweepAnnounced(held?: HeldLease): Promise<number>;
  /**
   * What unfinished uploads left behind is gone, as far as the store can tell it is nobody's;
   * `isAlone`: whether anybody but this process is at work there.
   */
  sweepUnfinished(isAlone?: boolean): Promise<number>;
  /**
   * Old contents that no row knows are gone. Walks through all: for the start and now and then.
   * Does nothing when the wall clock has jumped ahead since the last time: files have no other age.
   */
  sweepOrphans(held?: HeldLease): Promise<number>;
  /**
   * Contents that keys point to and that are not there: damage, to be told and never repaired by
   * removing the row. Opens every content, so only for the start and for checks.
   */
  findMissing(): Promise<Pick<SweepReport, 'missing' | 'missingCount'>>;
}

/** `signal` ends a long sweep between two batches; what was done stands. */
export function createSweeper(options: {
  objects: ObjectIndex;
  blobs: BlobStore;
  world: World;
  signal?: AbortSignal;
  /** How long what was replaced or deleted is kept; a minute when left out. */
  garbageAgeMs?: number | undefined;
}): Sweeper {
  const { world, garbageAgeMs, ...stores } = options;
  const now = (held?: HeldLease) => ({
    ...stores,
    now: world.clock.now(),
    ...(garbageAgeMs === undefined ? {} : { garbageGraceMs: garbageAgeMs }),
    ...(held === undefined ? {} : { held }),
  });
  const hasJumped = watchForJumps(world.clock);
  return {
    sweepAnnounced: (held) => sweepAnnounced(now(held)),
    sweepGarbage: (held) => sweepGarbage(now(held)),
    sweepUnfinished: (isAlone) => stores.blobs.sweepUnfinished(isAlone),
    // After a jump a content just written looks hours old, and its row may come in a moment. Where
    // it is announced before, no clock can make it an orphan.
    sweepOrphans: async (held) =>
      hasJumped() && !stores.blobs.isShared ? 0 : await sweepOrphans(now(held)),
    findMissing: () => findMissingBlobs(now()),
  };
}

/** Below it the ages of files are right enough for a grace of an hour. */
const jumpMinMs = 10 * 60_000;

/** True when the wall clock has run ahead of the time that passed, since the last call. */
function watchForJumps(clock: World['clock']): () => boolean {
  const lead = (): number => clock.now() - clock.monotonicMs();
  let before = lead();
  return () => {
    const grown = lead() - before;
    before += grown;
    return grown >= jumpMinMs;
  };
}
