/**
 * Objects: bytes first, then the row. Blobs keep their ids, which are random and never used twice:
 * so bytes that came over in a run that was cut off are simply written again under the same name,
 * and a row that names the same blob needs no bytes.
 */
import { type Row, rowTables } from '../stores/index.ts';
import { carryContent, checkContent, contentOf } from './contents.ts';
import { inParallel } from './parallel.ts';
import { CopyProblem } from './problem.ts';
import type { CopyRun } from './run.ts';
import { changedRow, RowWriter } from './tables.ts';
import { rowsOf, type WalkedTable, walkRows } from './walk.ts';

/**
 * Transfers under way at once. Each holds 256 KiB here and at most two parts (16 MiB) of an upload
 * to S3: 400 MiB with the largest objects, 12 MiB with small ones.
 */
const transfersMax = 24;

/** Blobs asked of the database at a time. */
const lookedUpAtOnce = 500;

interface Change {
  readonly row: Row;
  readonly isCarried: boolean;
  /** The target has another row under the key. */
  readonly isReplacing: boolean;
}

/** Every object of the source stands in the target, bytes and row, but for what is damaged. */
export async function copyObjects(run: CopyRun, table: WalkedTable): Promise<void> {
  const { target, damages, name } = run;
  const writer = new RowWriter(run, table);
  const carried = inParallel(changes(run, table), transfersMax, async (change) => ({
    ...change,
    isThere: !change.isCarried || (await carry(run, change.row)),
  }));
  for await (const { row, isThere, isReplacing } of carried) {
    if (isThere) await writer.add(row);
    // An older content must not pass for the one that is lost.
    else if (isReplacing && damages.hasObject([row.bucket_id ?? null, row.key ?? null])) {
      await target.metadata.rows.removeRows(name, 'objects', [
        [row.bucket_id ?? null, row.key ?? null],
      ]);
    }
  }
  await writer.flush();
}

async function* changes(run: CopyRun, table: WalkedTable): AsyncGenerator<Change> {
  let [done, bytesDone] = [0, 0];
  for await (const pair of walkRows(table, run.source.metadata.rows, run.target.metadata.rows)) {
    if (pair.source === undefined) continue;
    const row = changedRow(run, table, pair);
    if (row !== undefined) {
      const isCarried = pair.target?.blob_id !== row.blob_id;
      yield { row, isCarried, isReplacing: pair.target !== undefined };
    }
    done += 1;
    bytesDone += Number(pair.source.size);
    const { objects: total, bytes: bytesTotal } = run.sizes;
    run.onProgress?.({ step: 'objects', table: 'objects', done, total, bytesDone, bytesTotal });
  }
}

/** True when the bytes are in the target; else the object is damaged, or has changed meanwhile. */
async function carry(run: CopyRun, row: Row): Promise<boolean> {
  const { source, target, damages, tally } = run;
  const fault = await carryContent(source.blobs, target.blobs, contentOf(row));
  if (fault === undefined) {
    damages.noteReadable();
    tally.copied += 1;
    tally.bytes += Number(row.size);
    return true;
  }
  // Replaced or deleted while it was on its way: its successor comes with the next run.
  const isStanding = (await source.metadata.rows.findObjectsOf([String(row.blob_id)])).length > 0;
  if (isStanding) await damages.addObject(row, fault);
  return false;
}

/**
 * Looks at every blob of the target's store: its size, or all its bytes. What no row knows is of
 * a run that was cut off, and goes; what is missing or wrong is brought over again.
 */
export async function checkObjects(run: CopyRun): Promise<void> {
  const { target, tally } = run;
  for await (const { row, isGood } of inParallel(listed(run), transfersMax, (blob) =>
    look(run, blob),
  )) {
    tally.checked += 1;
    if (!isGood) await repair(run, row);
    tell(run);
  }
  const rows = target.metadata.rows;
  if (tally.checked >= (await rows.countRows('objects'))) return;
  // Fewer blobs than rows: some are gone.
  const table = rowTables.find(({ name }) => name === 'objects') as WalkedTable;
  const looked = inParallel(rowsOf(table, rows), transfersMax, async (row) => {
    const reader = await target.blobs.open(String(row.blob_id), { start: 0, length: 0 });
    await reader?.close();
    return { row, isThere: reader !== undefined };
  });
  for await (const { row, isThere } of looked) if (!isThere) await repair(run, row);
}

interface ListedBlob {
  readonly row: Row;
  readonly size: number;
}

async function* listed(run: CopyRun): AsyncGenerator<ListedBlob> {
  const { target, tally } = run;
  for await (const batch of target.blobs.list()) {
    for (let start = 0; start < batch.length; start += lookedUpAtOnce) {
      const blobs = batch.slice(start, start + lookedUpAtOnce);
      const found = await target.metadata.rows.findObjectsOf(blobs.map(({ blobId }) => blobId));
      const rows = new Map(found.map((row) => [row.blob_id, row]));
      const orphans = blobs.filter(({ blobId }) => !rows.has(blobId));
      if (orphans.length > 0) {
        await expectOwn(run);
        await target.blobs.remove(orphans.map(({ blobId }) => blobId));
        tally.orphansRemoved += orphans.length;
      }
      for (const { blobId, size } of blobs) {
        const row = rows.get(blobId);
        if (row !== undefined) yield { row, size };
      }
    }
  }
}

/** What looks like left over may be what another run has just brought. */
async function expectOwn({ target, name }: CopyRun): Promise<void> {
  if ((await target.metadata.rows.findCopyMark())?.run === name) return;
  throw new CopyProblem('Another copy to the same target has begun since; it goes on.');
}

async function look(
  { target, isFullyVerified }: CopyRun,
  { row, size }: ListedBlob,
): Promise<{ row: Row; isGood: boolean }> {
  const isGood =
    isFullyVerified === true
      ? (await checkContent(target.blobs, contentOf(row))) === undefined
      : size === Number(row.size);
  return { row, isGood };
}

async function repair(run: CopyRun, row: Row): Promise<void> {
  const { target, damages, tally, name } = run;
  if (await carry(run, row)) {
    tally.repaired += 1;
    return;
  }
  const key = [row.bucket_id ?? null, row.key ?? null];
  if (damages.hasObject(key)) await target.metadata.rows.removeRows(name, 'objects', [key]);
}

function tell({ onProgress, tally, sizes }: CopyRun): void {
  const { objects: total, bytes: bytesTotal } = sizes;
  onProgress?.({
    step: 'check',
    table: undefined,
    done: tally.checked,
    total,
    bytesDone: 0,
    bytesTotal,
  });
}
