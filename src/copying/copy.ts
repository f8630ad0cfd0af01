/** The steps of a copy. Each compares before it writes, so that a copy cut off is made again. */
import { rootAccountSetting } from '../accounts/index.ts';
import { createContentKeys } from '../buckets/index.ts';
import { type RowTableName, rowTables } from '../stores/index.ts';
import { claimTarget } from './claim.ts';
import { checkContents, copyContents, isContentTable } from './content-rows.ts';
import { Damages } from './damages.ts';
import { CopyProblem } from './problem.ts';
import { type CopyRun, newTally } from './run.ts';
import { compareTable, copyTable, removeStrangers } from './tables.ts';
import { Translation } from './translation.ts';
import type { CopyInput, CopyReport, TableReport } from './types.ts';
import { rowsOf, type WalkedTable } from './walk.ts';

const tables: readonly WalkedTable[] = rowTables;

/**
 * Makes the target equal to the source: brings over what is new or changed, removes what is gone,
 * then compares everything. When it resolves with `isComplete` a server may start on the target.
 *
 * The source may be written meanwhile; nothing of that is torn (a row is of one moment, and never
 * without its bytes), but only a copy of a source that stands still is complete.
 * @throws CopyProblem when it cannot be made as asked; StoreUnavailable when a store fails. In both
 * cases, and when the process is killed, the same call goes on where this one was.
 */
export async function copyInstallation(input: CopyInput): Promise<CopyReport> {
  const { source, target } = input;
  const sourceId = await source.metadata.settings.findSetting(rootAccountSetting);
  if (sourceId === undefined) {
    throw new CopyProblem('The source holds no installation: no server ever started on it.');
  }
  if ((await source.metadata.rows.findCopyMark())?.isComplete === false) {
    throw new CopyProblem('The source is itself the target of a copy that is not complete.', [
      'Complete that copy first, or copy from where it came.',
    ]);
  }
  const damages = new Damages(source.metadata.rows);
  const run: CopyRun = {
    ...input,
    name: await claimTarget(input, sourceId),
    damages,
    targetKeys: createContentKeys(target.sealer, input.world.random),
    translation: new Translation({ from: source.sealer, to: target.sealer }, damages),
    sizes: await sizesOf(source.metadata.rows),
    tally: newTally(),
  };
  await target.blobs.sweepUnfinished();
  for (const table of tables.toReversed()) await removeStrangers(run, table);
  for (const table of tables) {
    if (isContentTable(table)) await copyContents(run, table);
    else await copyTable(run, table);
  }
  await checkContents(run);
  await settleNumbers(run);
  return await close(run);
}

/** What is left out counts nowhere, and numbers go on after the highest that was ever given. */
async function settleNumbers(run: CopyRun): Promise<void> {
  const [source, target] = [run.source.metadata.rows, run.target.metadata.rows];
  for (const bucketId of run.damages.buckets) {
    const bucket = await source.findRow('buckets', [bucketId]);
    if (bucket === undefined) continue;
    await target.putRows(run.name, 'buckets', [run.damages.withoutLosses(bucket)]);
    const [counters] = await source.readRows('bucket_counters', [bucketId, -1], 1);
    if (counters?.bucket_id !== bucketId) continue;
    await target.putRows(run.name, 'bucket_counters', [run.damages.withoutLosses(counters)]);
  }
  for (const { name, isNumbered } of tables) {
    if (!isNumbered) continue;
    await target.continueNumbers(run.name, name, await source.lastNumber(name));
  }
}

async function close(run: CopyRun): Promise<CopyReport> {
  const reports: TableReport[] = [];
  let done = 0;
  for (const table of tables) {
    const compared = await compareTable(run, table, done);
    done += compared.rows;
    reports.push({ table: table.name, ...compared, ...countsOf(run, table.name) });
  }
  const { tally, source, target, damages, leavesDamaged } = run;
  const differing = reports.reduce((sum, report) => sum + report.differing, 0);
  const isWhole = damages.all.length === 0 || leavesDamaged === true;
  const isComplete = differing === 0 && isWhole && !source.isServed;
  if (isComplete) await target.metadata.rows.completeCopy(run.name);
  const { copied, bytes, checked, repaired, orphansRemoved } = tally;
  return {
    isComplete,
    isSourceServed: source.isServed,
    tables: reports,
    differing,
    objects: { copied, bytes, checked, repaired, orphansRemoved },
    damages: damages.all,
  };
}

function countsOf({ tally }: CopyRun, table: RowTableName): { written: number; removed: number } {
  return { written: tally.written.get(table) ?? 0, removed: tally.removed.get(table) ?? 0 };
}

/** From the counters of the buckets, in their own rows and in shards: both together are the sum. */
async function sizesOf(source: CopyInput['source']['metadata']['rows']) {
  let [objects, bytes] = [0, 0];
  for (const table of tables.filter(({ name }) => countingTables.has(name))) {
    for await (const row of rowsOf(table, source)) {
      objects += Number(row.object_count);
      bytes += Number(row.storage_bytes);
    }
  }
  return { objects, bytes };
}

const countingTables: ReadonlySet<string> = new Set(['buckets', 'bucket_counters']);
