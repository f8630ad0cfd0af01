/** Before anything is written: the target is free, or is ours, and is not the source itself. */
import type { BlobStore } from '../stores/index.ts';
import { CopyProblem } from './problem.ts';
import type { CopyInput } from './types.ts';

/** The target is this run's when this resolves to the name of the run. @throws CopyProblem */
export async function claimTarget(input: CopyInput, sourceId: string): Promise<string> {
  const { source, target, world } = input;
  const { rows } = target.metadata;
  if (target.isServed) {
    throw new CopyProblem(
      'A server is running on the target, or its folder is that of the source.',
      ['Stop the server, or give the target a folder of its own (data-dir).'],
    );
  }
  const standing = await rows.findCopyMark();
  if (standing === undefined && (await rows.countRows('accounts')) > 0) throw occupied();
  const isPlaceOurs = standing?.objects === target.objectsPlace;
  if (!isPlaceOurs && !(await isEmpty(target.blobs))) {
    throw (await isSamePlace(source.blobs, target.blobs)) ? samePlace() : notEmpty(input, standing);
  }
  if (standing !== undefined && standing.source !== sourceId) throw otherSource(standing, sourceId);
  // From here on the place is marked: whatever can be refused without a trace has been.
  await target.claimPlace();
  const run = world.random.bytes(16).toString('hex');
  const mark = { source: sourceId, objects: target.objectsPlace, run, at: world.clock.now() };
  const outcome = await rows.claimTarget(mark);
  if (outcome === 'occupied') throw occupied();
  if (outcome === 'other-source') throw otherSource(await rows.findCopyMark(), sourceId);
  if (await isSamePlace(source.blobs, target.blobs)) throw samePlace();
  return run;
}

/** Bytes that are written on one side and appear on the other, whatever the two call it. */
async function isSamePlace(source: BlobStore, target: BlobStore): Promise<boolean> {
  const writer = await target.create(1);
  await writer.write(Buffer.from('?'));
  const blobId = await writer.finish();
  try {
    const reader = await source.open(blobId, { start: 0, length: 0 });
    await reader?.close();
    return reader !== undefined;
  } finally {
    await target.remove([blobId]);
  }
}

async function isEmpty(blobs: BlobStore): Promise<boolean> {
  for await (const batch of blobs.list()) if (batch.length > 0) return false;
  return true;
}

function occupied(): CopyProblem {
  return new CopyProblem(
    'The target is not empty: it holds an installation of its own, or a copy on which a server ' +
      'has started since.',
    ['Name an empty database for the target. Nothing was changed.'],
  );
}

function otherSource(standing: { source: string } | undefined, sourceId: string): CopyProblem {
  return new CopyProblem(
    `The target is a copy of another installation (${standing?.source}; the source is ` +
      `${sourceId}).`,
    ['Name the right pair, or empty the target: a new database and a new place of objects.'],
  );
}

function samePlace(): CopyProblem {
  return new CopyProblem('Source and target keep their objects in the same place.', [
    'Give the target a folder (data-dir) or a bucket or prefix (object-store) of its own.',
  ]);
}

function notEmpty({ target }: CopyInput, standing: { objects: string } | undefined): CopyProblem {
  const before =
    standing === undefined ? '' : ` This copy was begun with its objects in ${standing.objects}.`;
  return new CopyProblem(
    `The target’s place of objects is not empty (${target.objectsPlace}).${before}`,
    ['Name an empty folder or bucket, or the one the copy was begun with.'],
  );
}
