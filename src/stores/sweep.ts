/**
 * The sweeper: what nobody points to any more goes; what somebody points to and is gone is told.
 * Safe beside running requests, and beside another sweeper.
 */
import type { Instant } from '../world/index.ts';
import type { BlobStore } from './ports/blobs.ts';
import type { Fence } from './ports/leases.ts';
import type { ObjectIndex } from './ports/objects.ts';
import type { HeldLease } from './under-lease.ts';

/** A reader may hold a row it has just read, and open the blob a moment later. */
export const garbageGraceMs = 60_000;

/** In local files a blob is durable before the row that points to it (security.md 8.5). */
export const orphanGraceMs = 60 * 60 * 1000;

/**
 * Where several nodes write, an upload that has not become an object by then never will: its
 * announcement expires. Bytes without any row are given as long (security.md 9.1).
 */
export const announcedMs = 24 * 60 * 60 * 1000;

const batchSize = 500;

/** Ids of missing blobs kept for the report; all are counted. */
const missingShownMax = 100;

export interface SweepInput {
  readonly objects: Pick<
    ObjectIndex,
    'listGarbage' | 'forgetGarbage' | 'knownBlobs' | 'listBlobs' | 'expireAnnounced'
  >;
  readonly blobs: Pick<BlobStore, 'remove' | 'list' | 'open' | 'isShared'>;
  readonly now: Instant;
  readonly garbageGraceMs?: number;
  readonly orphanGraceMs?: number;
  /** Ends the sweep early, between two batches; what was done stands. */
  readonly signal?: AbortSignal;
  /** What nodes share is swept by the one that has the lease, and no further when it is lost. */
  readonly held?: Omit<HeldLease, 'signal'>;
}

export interface SweepReport {
  /** Blobs of overwritten and deleted objects, removed. */
  readonly garbageRemoved: number;
  /** Blobs no row knew, removed: of uploads that were cut off before their row was written. */
  readonly orphansRemoved: number;
  /** Rows whose blob is gone. They stay: losing the bytes is no reason to lose the trace. */
  readonly missingCount: number;
  /** The first of them. */
  readonly missing: readonly string[];
}

/** One whole sweep. Rejects with `StoreUnavailable` when a store fails; the next sweep goes on. */
export async function sweepBlobs(input: SweepInput): Promise<SweepReport> {
  await sweepAnnounced(input);
  const garbageRemoved = await sweepGarbage(input);
  const orphansRemoved = await sweepOrphans(input);
  return { garbageRemoved, orphansRemoved, ...(await findMissingBlobs(input)) };
}

/**
 * What was announced and never came, or came to nobody, becomes garbage, which the next
 * `sweepGarbage` removes: no grace is due to what nobody could read. Returns how many.
 */
export async function sweepAnnounced(input: SweepInput): Promise<number> {
  let expired = 0;
  for (let isMore = true; isMore && !isAborted(input); ) {
    const before = input.now - announcedMs;
    const count = await input.objects.expireAnnounced(before, batchSize, fenceOf(input));
    // Another node was given the lease: the rest is for it.
    if (count === 'fenced') break;
    expired += count;
    isMore = count === batchSize;
  }
  return expired;
}

/** Removes the blobs that nobody has pointed to for the grace; cheap when there are none. */
export async function sweepGarbage(input: SweepInput): Promise<number> {
  const before = input.now - (input.garbageGraceMs ?? garbageGraceMs);
  let removed = 0;
  while (!isAborted(input)) {
    const blobIds = await input.objects.listGarbage(before, batchSize);
    if (blobIds.length === 0) break;
    // Bytes first: a crash in between leaves a name that is removed again, never a lost file.
    await input.blobs.remove(blobIds);
    await input.objects.forgetGarbage(blobIds);
    removed += blobIds.length;
  }
  return removed;
}

/** Removes blobs older than the grace that neither a row nor the garbage list knows. */
export async function sweepOrphans(input: SweepInput): Promise<number> {
  const usual = input.blobs.isShared ? announcedMs : orphanGraceMs;
  const grace = input.orphanGraceMs ?? usual;
  let removed = 0;
  for await (const batch of input.blobs.list()) {
    if (isAborted(input)) break;
    const old = batch.filter((blob) => blob.ageMs >= grace).map((blob) => blob.blobId);
    const known = await input.objects.knownBlobs(old);
    const orphans = old.filter((blobId) => !known.has(blobId));
    await input.blobs.remove(orphans);
    removed += orphans.length;
  }
  return removed;
}

/** Looks at the blob of every row. */
export async function findMissingBlobs(
  input: SweepInput,
): Promise<Pick<SweepReport, 'missing' | 'missingCount'>> {
  const missing: string[] = [];
  let missingCount = 0;
  for (let after = ''; !isAborted(input); ) {
    const blobIds = await input.objects.listBlobs(after, batchSize);
    const last = blobIds.at(-1);
    if (last === undefined) break;
    after = last;
    const gone = await absentOf(input.blobs, blobIds);
    // A row read above may be gone by now, and its blob rightly with it.
    const known = await input.objects.knownBlobs(gone);
    for (const blobId of gone) {
      if (!known.has(blobId)) continue;
      missingCount += 1;
      if (missing.length < missingShownMax) missing.push(blobId);
    }
  }
  return { missing, missingCount };
}

async function absentOf(
  blobs: Pick<BlobStore, 'open'>,
  blobIds: readonly string[],
): Promise<string[]> {
  const absent: string[] = [];
  for (const blobId of blobIds) {
    const reader = await blobs.open(blobId, { start: 0, length: 0 });
    if (reader === undefined) absent.push(blobId);
    else await reader.close();
  }
  return absent;
}

function isAborted({ signal, held }: SweepInput): boolean {
  return signal?.aborted === true || held?.isHeld() === false;
}

/** The part of it that a write can send to another thread. */
function fenceOf({ held }: SweepInput): Fence | undefined {
  return held && { name: held.name, fence: held.fence };
}
