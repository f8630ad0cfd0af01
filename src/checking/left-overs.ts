/** Every byte has its row: what processes that were cut off left behind, and nobody swept. */
import {
  announcedMs,
  garbageGraceMs,
  orphanGraceMs,
  sweepAnnounced,
  sweepGarbage,
} from '../stores/index.ts';
import { type Run, rowsOf } from './run.ts';

/** A running server is at it every minute; what waits longer than this nobody sweeps. */
const overdueMs = 60 * 60_000;

export async function checkLeftOvers(run: Run): Promise<void> {
  run.begin('parts without an object');
  await checkStrayContents(run);
  run.begin('bytes without a row');
  await checkOrphans(run);
  run.begin('garbage');
  await checkOverdue(run);
}

async function checkStrayContents(run: Run): Promise<void> {
  const { metadata, isRepairing, world } = run.input;
  const { inspection } = metadata;
  const contents = rowsOf(
    '',
    (after: string, limit) => inspection.listStrayContents(after, limit),
    (contentId) => contentId,
  );
  for await (const contentId of contents) {
    if (isRepairing) await inspection.discardStrayContent(contentId, world.clock.now());
    const what = 'parts of a content that no object and no version names';
    run.tell('parts-without-object', { blob: contentId }, what, isRepairing);
  }
}

async function checkOrphans(run: Run): Promise<void> {
  const { blobs, metadata, isRepairing } = run.input;
  const graceMs = blobs.isShared ? announcedMs : orphanGraceMs;
  for await (const batch of blobs.list()) {
    const old = batch.filter((blob) => blob.ageMs >= graceMs);
    const ids = old.map((blob) => blob.blobId);
    const known = await metadata.objects.knownBlobs(ids);
    for (const { blobId, size } of old) {
      // Listed a moment before its object was deleted and its garbage swept: that is no orphan.
      if (known.has(blobId) || !(await isThere(run, blobId))) continue;
      if (isRepairing) await blobs.remove([blobId]);
      const what = `${size} bytes that no object, garbage or upload knows`;
      run.tell('bytes-without-row', { blob: blobId }, what, isRepairing);
    }
  }
}

async function isThere(run: Run, blobId: string): Promise<boolean> {
  const reader = await run.input.blobs.open(blobId, { start: 0, length: 0 });
  await reader?.close();
  return reader !== undefined;
}

async function checkOverdue(run: Run): Promise<void> {
  const { metadata, blobs, isRepairing, world } = run.input;
  const { garbageAgeMs = garbageGraceMs } = run.input;
  const now = world.clock.now();
  const garbageBefore = now - garbageAgeMs - overdueMs;
  const before = { garbage: garbageBefore, announced: now - announcedMs - overdueMs };
  const { garbage, announced } = await metadata.inspection.countOverdue(before);
  const sweep = { objects: metadata.objects, blobs, now, garbageGraceMs: garbageAgeMs };
  if (isRepairing) {
    // Uploads that expire become garbage, which is given its own time.
    await sweepAnnounced(sweep);
    await sweepGarbage(sweep);
  }
  if (garbage > 0) {
    const what = `${garbage} replaced or deleted contents should have been removed an hour ago`;
    run.tell('garbage-left', {}, what, isRepairing);
  }
  if (announced > 0) {
    const what = `${announced} uploads that were announced a day ago never became objects`;
    run.tell('announcements-left', {}, what, isRepairing);
  }
}
