/**
 * What rows name bytes: objects, their versions, parts of unfinished uploads. Bytes come first,
 * then the row. Blobs keep their ids, which are random and never used twice: so bytes that came
 * over in a run that was cut off are simply written again under the same name, and a row that names
 * the same content needs no bytes. The rows of parts (`content_parts`) come as plain rows; their
 * blobs come with the object they make, whose checksum tells whether they are right.
 */
import { type BlobHolder, type Row, type RowKey, rowTables } from '../stores/index.ts';
import { keyOf } from './content-keys.ts';
import { type Content, carryContent, checkContent, contentOf } from './contents.ts';
import type { ContentTable } from './damages.ts';
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

type WalkedContents = WalkedTable & { readonly name: ContentTable };

const contentTables: ReadonlySet<string> = new Set<ContentTable>([
  'objects',
  'object_versions',
  'upload_parts',
]);

export function isContentTable(table: WalkedTable): table is WalkedContents {
  return contentTables.has(table.name);
}

interface Change {
  readonly key: RowKey;
  readonly row: Row;
  readonly isCarried: boolean;
  /** The target has another row under the key. */
  readonly isReplacing: boolean;
}

/** Every row of the source stands in the target, with its bytes, but for what is damaged. */
export async function copyContents(run: CopyRun, table: WalkedContents): Promise<void> {
  const writer = new RowWriter(run, table);
  const carried = inParallel(changes(run, table), transfersMax, async (change) => ({
    ...change,
    isThere: !change.isCarried || (await carry(run, table.name, change)),
  }));
  for await (const { key, row, isThere, isReplacing } of carried) {
    if (isThere) await writer.add(row);
    // An older content must not pass for the one that is lost.
    else if (isReplacing) await leaveOut(run, table.name, key);
  }
  await writer.flush();
}

async function* changes(run: CopyRun, table: WalkedContents): AsyncGenerator<Change> {
  const { walked } = run.tally;
  for await (const pair of walkRows(table, run.source.metadata.rows, run.target.metadata.rows)) {
    const { key, source, target } = pair;
    if (source === undefined) continue;
    const row = changedRow(run, table, pair);
    if (row !== undefined) {
      // What was appended to keeps its name and has another size.
      const isStanding = target?.blob_id === row.blob_id && target?.size === row.size;
      const isCarried = !isStanding && row.blob_id !== null;
      yield { key, row, isCarried, isReplacing: target !== undefined };
    }
    if (table.name !== 'upload_parts' && source.is_marker !== 1) {
      walked.objects += 1;
      walked.bytes += Number(source.size);
    }
    const { objects: total, bytes: bytesTotal } = run.sizes;
    const [done, bytesDone] = [walked.objects, walked.bytes];
    run.onProgress?.({ step: 'objects', table: table.name, done, total, bytesDone, bytesTotal });
  }
}

interface Carried {
  readonly key: RowKey;
  readonly row: Row;
}

/** True when the bytes are in the target; else the row is damaged, or has changed meanwhile. */
async function carry(run: CopyRun, table: ContentTable, { key, row }: Carried): Promise<boolean> {
  const { source, target, damages, tally } = run;
  const begun = damages.unreadable;
  const content = await readContent(run, table, row);
  if (content.kind === 'none') return true;
  const fault =
    content.kind === 'unopened' ? content : await carryContent(source, target.blobs, content);
  if (fault === undefined) {
    damages.noteReadable(begun);
    tally.copied += 1;
    tally.bytes += Number(row.size);
    return true;
  }
  // Replaced or deleted while it was on its way: its successor comes with the next run.
  const isStanding = (await source.metadata.rows.findHolders([String(row.blob_id)])).length > 0;
  if (isStanding) await damages.addContent({ table, key, row }, fault, begun);
  return false;
}

/** What a row that stands as it shall in the target says of its bytes. */
async function readContent(
  run: CopyRun,
  table: ContentTable,
  row: Row,
): Promise<Content | { readonly kind: 'unopened'; readonly what: string }> {
  const { rows } = run.target.metadata;
  const key = await keyOf({ keys: run.targetKeys, rows }, table, row);
  if (key !== 'unopened') return contentOf(row, key);
  return { kind: key, what: 'its key does not open under the source’s master key' };
}

async function isGoodInTarget(run: CopyRun, table: ContentTable, row: Row): Promise<boolean> {
  const content = await readContent(run, table, row);
  return content.kind !== 'unopened' && (await checkContent(run.target, content)) === undefined;
}

/** A damaged row goes from the target. Rows of parts go with their table (`copyTable`). */
async function leaveOut(run: CopyRun, table: ContentTable, key: RowKey): Promise<void> {
  if (!run.damages.leavesOut(table, key)) return;
  await run.target.metadata.rows.removeRows(run.name, table, [key]);
}

/**
 * Looks at every blob of the target's store: its size, or all its bytes. What no row knows is of
 * a run that was cut off, and goes; what is missing or wrong is brought over again.
 */
export async function checkContents(run: CopyRun): Promise<void> {
  const { target, tally } = run;
  for await (const { holder, isGood } of inParallel(listed(run), transfersMax, (blob) =>
    look(run, blob),
  )) {
    tally.checked += 1;
    if (!isGood) await repair(run, holder);
    tell(run);
  }
  // Fewer blobs than rows: some are gone.
  if (tally.checked < (await target.metadata.rows.countBlobs())) await repairMissing(run);
  if (run.isFullyVerified === true) await verifyComposed(run);
}

async function repairMissing(run: CopyRun): Promise<void> {
  const { target } = run;
  for (const table of rowTables) {
    if (!isHolding(table.name)) continue;
    const holding = table.name;
    const looked = inParallel(rowsOf(table, target.metadata.rows), transfersMax, async (row) => ({
      row,
      isThere: !namesBlob(row) || (await isInStore(run, String(row.blob_id))),
    }));
    for await (const { row, isThere } of looked) {
      if (!isThere) await repair(run, { table: holding, row });
    }
  }
}

function isHolding(name: string): name is BlobHolder['table'] {
  return name === 'content_parts' || contentTables.has(name);
}

function namesBlob({ content = 'blob' }: Row): boolean {
  return content === 'blob';
}

async function isInStore({ target }: CopyRun, blobId: string): Promise<boolean> {
  const reader = await target.blobs.open(blobId, { start: 0, length: 0 });
  await reader?.close();
  return reader !== undefined;
}

/** Parts have no checksums of their own: what they make together has one. */
async function verifyComposed(run: CopyRun): Promise<void> {
  const { target } = run;
  for (const table of rowTables) {
    if (table.name !== 'objects' && table.name !== 'object_versions') continue;
    const looked = inParallel(rowsOf(table, target.metadata.rows), transfersMax, async (row) => ({
      row,
      isGood: row.content !== 'parts' || (await isGoodInTarget(run, table.name, row)),
    }));
    for await (const { row, isGood } of looked) {
      if (!isGood) await repair(run, { table: table.name, row });
    }
  }
}

interface ListedBlob {
  readonly holder: BlobHolder;
  readonly size: number;
}

async function* listed(run: CopyRun): AsyncGenerator<ListedBlob> {
  const { target, tally } = run;
  for await (const batch of target.blobs.list()) {
    for (let start = 0; start < batch.length; start += lookedUpAtOnce) {
      const blobs = batch.slice(start, start + lookedUpAtOnce);
      const found = await target.metadata.rows.findHolders(blobs.map(({ blobId }) => blobId));
      const holders = new Map(found.map((holder) => [holder.row.blob_id, holder]));
      const orphans = blobs.filter(({ blobId }) => !holders.has(blobId));
      if (orphans.length > 0) {
        await expectOwn(run);
        await target.blobs.remove(orphans.map(({ blobId }) => blobId));
        tally.orphansRemoved += orphans.length;
      }
      for (const { blobId, size } of blobs) {
        const holder = holders.get(blobId);
        if (holder !== undefined) yield { holder, size };
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
  run: CopyRun,
  { holder, size }: ListedBlob,
): Promise<{ holder: BlobHolder; isGood: boolean }> {
  const { table, row } = holder;
  const isGood =
    run.isFullyVerified === true && table !== 'content_parts'
      ? await isGoodInTarget(run, table, row)
      : size === Number(row.size);
  return { holder, isGood };
}

async function repair(run: CopyRun, holder: BlobHolder): Promise<void> {
  const { table, row } = holder;
  if (table === 'content_parts') {
    // The content comes again as a whole, whoever it belongs to, and once.
    const contentId = String(row.content_id);
    if (run.tally.broughtAgain.has(contentId)) return;
    run.tally.broughtAgain.add(contentId);
    const owners = await run.target.metadata.rows.findHolders([contentId]);
    for (const owner of owners) await repair(run, owner);
    return;
  }
  const keyColumns = rowTables.find(({ name }) => name === table)?.key ?? [];
  const key = keyColumns.map((column) => row[column] ?? null);
  if (await carry(run, table, { key, row })) run.tally.repaired += 1;
  else {
    await leaveOut(run, table, key);
    if (row.content === 'parts') await removeParts(run, String(row.blob_id));
  }
}

/** Of a content that is found damaged after the rows of its parts have come. */
async function removeParts({ target, name, damages }: CopyRun, contentId: string): Promise<void> {
  const { rows } = target.metadata;
  for (;;) {
    const keys = await rows.readKeys('content_parts', [contentId, -1], lookedUpAtOnce);
    const own = keys.filter((key) => key[0] === contentId);
    if (own.length === 0 || !damages.leavesOut('content_parts', own[0] ?? [])) return;
    await rows.removeRows(name, 'content_parts', own);
  }
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
