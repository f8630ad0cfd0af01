/** Both sides of a table in step, by primary key: a page of each in memory, however many rows. */
import type { Row, RowKey, RowStore, RowTable, RowTableName, RowValue } from '../stores/index.ts';

export type WalkedTable = RowTable & { readonly name: RowTableName };

/** What stands under one key; at least one of the two. */
export interface Pair<Value> {
  readonly key: RowKey;
  readonly source: Value | undefined;
  readonly target: Value | undefined;
}

export function walkRows(
  table: WalkedTable,
  source: RowStore,
  target: RowStore,
): AsyncGenerator<Pair<Row>> {
  const keyOf = (row: Row) => table.key.map((column) => row[column] ?? null);
  const pages = (rows: RowStore) =>
    paged(table, keyOf, (after) => rows.readRows(table.name, after, table.batch));
  return inStep(pages(source), pages(target), keyOf);
}

export function walkKeys(
  table: WalkedTable,
  source: RowStore,
  target: RowStore,
): AsyncGenerator<Pair<RowKey>> {
  const pages = (rows: RowStore) =>
    paged<RowKey>(table, itself, (after) => rows.readKeys(table.name, after, table.batch));
  return inStep(pages(source), pages(target), itself);
}

function itself(key: RowKey): RowKey {
  return key;
}

export async function* rowsOf(table: WalkedTable, rows: RowStore): AsyncGenerator<Row> {
  const keyOf = (row: Row) => table.key.map((column) => row[column] ?? null);
  yield* paged(table, keyOf, (after) => rows.readRows(table.name, after, table.batch));
}

async function* paged<Value>(
  { batch }: WalkedTable,
  keyOf: (value: Value) => RowKey,
  read: (after: RowKey | undefined) => Promise<Value[]>,
): AsyncGenerator<Value> {
  let after: RowKey | undefined;
  for (;;) {
    const page = await read(after);
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < batch) return;
    after = keyOf(last);
  }
}

async function* inStep<Value>(
  source: AsyncGenerator<Value>,
  target: AsyncGenerator<Value>,
  keyOf: (value: Value) => RowKey,
): AsyncGenerator<Pair<Value>> {
  let [left, right] = [await next(source), await next(target)];
  while (left !== undefined || right !== undefined) {
    const order = orderOf(left && keyOf(left), right && keyOf(right));
    const [ours, theirs] = [order <= 0 ? left : undefined, order >= 0 ? right : undefined];
    const either = ours ?? theirs;
    if (either === undefined) return;
    yield { key: keyOf(either), source: ours, target: theirs };
    if (order <= 0) left = await next(source);
    if (order >= 0) right = await next(target);
  }
}

async function next<Value>(from: AsyncGenerator<Value>): Promise<Value | undefined> {
  const { value, done } = await from.next();
  return done === true ? undefined : value;
}

/** The order in which every engine gives keys: numbers by size, texts and bytes by their bytes. */
function orderOf(left: RowKey | undefined, right: RowKey | undefined): number {
  if (left === undefined) return 1;
  if (right === undefined) return -1;
  for (const [index, value] of left.entries()) {
    const order = compare(value, right[index] ?? null);
    if (order !== 0) return order;
  }
  return 0;
}

function compare(left: RowValue, right: RowValue): number {
  if (left === right) return 0;
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  return Buffer.compare(bytesOf(left), bytesOf(right));
}

function bytesOf(value: RowValue): Uint8Array {
  return value instanceof Uint8Array ? value : Buffer.from(String(value), 'utf8');
}
