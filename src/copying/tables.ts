/** Rows of any table: brought over, removed, compared. */
import type { Row, RowKey } from '../stores/index.ts';
import { type CopyRun, count } from './run.ts';
import { isSameRow, RowDigest } from './translation.ts';
import type { TableReport } from './types.ts';
import { type Pair, type WalkedTable, walkKeys, walkRows } from './walk.ts';

/** Rows of the target that the source does not have go, those that hang on others first. */
export async function removeStrangers(run: CopyRun, table: WalkedTable): Promise<void> {
  const target = run.target.metadata.rows;
  if (table.isAppendOnly) return;
  if ((await target.readKeys(table.name, undefined, 1)).length === 0) return;
  let [done, batch]: [number, RowKey[]] = [0, []];
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return;
    const left = await target.removeRows(run.name, table.name, batch);
    count(run.tally.removed, table.name, batch.length - left);
    batch = [];
  };
  for await (const pair of walkKeys(table, run.source.metadata.rows, target)) {
    if (pair.source === undefined) batch.push(pair.key);
    if (batch.length >= table.batch) await flush();
    done += 1;
    tell(run, 'remove', table, done);
  }
  await flush();
}

/** Rows that are new or changed in the source. */
export async function copyTable(run: CopyRun, table: WalkedTable): Promise<void> {
  const writer = new RowWriter(run, table);
  let done = 0;
  for await (const pair of walkRows(table, run.source.metadata.rows, run.target.metadata.rows)) {
    const row = changedRow(run, table, pair);
    if (!run.damages.leavesOut(table.name, pair.key)) {
      if (row !== undefined) await writer.add(row);
    } else if (pair.target !== undefined) {
      await run.target.metadata.rows.removeRows(run.name, table.name, [pair.key]);
    }
    done += 1;
    tell(run, 'rows', table, done);
  }
  await writer.flush();
}

/** The row as it must be written, unless it stands in the target as it should. */
export function changedRow(run: CopyRun, table: WalkedTable, pair: Pair<Row>): Row | undefined {
  if (pair.source === undefined) return undefined;
  const row = run.translation.translate(table.name, pair.source, pair.target);
  const isStanding =
    pair.target !== undefined && (table.isAppendOnly || isSameRow(row, pair.target));
  return isStanding ? undefined : row;
}

/** Gathers rows and writes them a batch at a time, each batch in one transaction. */
export class RowWriter {
  readonly #run: CopyRun;
  readonly #table: WalkedTable;
  #batch: Row[] = [];

  constructor(run: CopyRun, table: WalkedTable) {
    this.#run = run;
    this.#table = table;
  }

  async add(row: Row): Promise<void> {
    this.#batch.push(row);
    if (this.#batch.length >= this.#table.batch) await this.flush();
  }

  async flush(): Promise<void> {
    if (this.#batch.length === 0) return;
    const { name, target, tally } = this.#run;
    // What is left out here shows as a difference at the end.
    const left = await target.metadata.rows.putRows(name, this.#table.name, this.#batch);
    count(tally.written, this.#table.name, this.#batch.length - left);
    this.#batch = [];
  }
}

/** Every row of both sides, once more. `before`: rows of tables compared already. */
export async function compareTable(
  run: CopyRun,
  table: WalkedTable,
  before: number,
): Promise<Pick<TableReport, 'rows' | 'differing' | 'digest'>> {
  const digest = new RowDigest(table.name);
  let [rows, differing] = [0, 0];
  for await (const pair of walkRows(table, run.source.metadata.rows, run.target.metadata.rows)) {
    if (pair.target !== undefined) {
      rows += 1;
      digest.add(pair.target);
    }
    if (!isAsItShould(run, table, pair)) differing += 1;
    tell(run, 'compare', table, before + rows);
  }
  return { rows, differing, digest: digest.digest() };
}

function isAsItShould(run: CopyRun, table: WalkedTable, pair: Pair<Row>): boolean {
  if (run.damages.leavesOut(table.name, pair.key)) return pair.target === undefined;
  if (pair.source === undefined || pair.target === undefined) return false;
  return isSameRow(run.translation.translate(table.name, pair.source, pair.target), pair.target);
}

function tell(
  { onProgress }: CopyRun,
  step: 'remove' | 'rows' | 'compare',
  { name }: WalkedTable,
  done: number,
): void {
  const nothing = { total: undefined, bytesDone: 0, bytesTotal: 0 };
  onProgress?.({ step, table: name, done, ...nothing });
}
