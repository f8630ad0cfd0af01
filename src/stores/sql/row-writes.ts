/** Writing rows of another installation, inside a transaction of the run that may. */
import type { Row, RowKey, RowTable, RowTableName, UniqueColumns } from '../ports/rows.ts';
import { expectRun } from './copy-mark.ts';
import type { Sql } from './database.ts';
import { continueAfter } from './numbering.ts';
import { rowTable, untyped } from './row-tables.ts';

/** Rows of other tables that keep a row from going. */
const children: Readonly<Record<string, readonly { table: string; column: string }[]>> = {
  accounts: ['credentials', 'identities', 'policies'].map((table) => {
    return { table, column: 'account_id' };
  }),
  identities: [{ table: 'credentials', column: 'user_id' }],
  buckets: ['objects', 'object_versions', 'uploads'].map((table) => {
    return { table, column: 'bucket_id' };
  }),
  uploads: [{ table: 'upload_parts', column: 'upload_id' }],
};

export async function putRows(
  sql: Sql,
  run: string,
  name: RowTableName,
  rows: readonly Row[],
): Promise<number> {
  await expectRun(sql, run);
  const table = rowTable(name);
  const taken = await withoutStrangers(sql, table, await withParents(sql, table, rows));
  const [first] = taken;
  if (first !== undefined) await upsert(sql, table, first, taken);
  return rows.length - taken.length;
}

export async function removeRows(
  sql: Sql,
  run: string,
  name: RowTableName,
  keys: readonly RowKey[],
): Promise<number> {
  await expectRun(sql, run);
  const table = rowTable(name);
  let left = 0;
  for (const key of keys) {
    if (name === 'certificates') await unbind(sql, Number(key[0]));
    if (await isParent(sql, table, key)) {
      left += 1;
      continue;
    }
    let query = untyped(sql).deleteFrom(name);
    for (const [index, column] of table.key.entries()) {
      query = query.where(column, '=', bound(key[index] ?? null));
    }
    await query.execute();
  }
  return left;
}

export async function continueNumbers(
  sql: Sql,
  run: string,
  table: RowTableName,
  last: number,
): Promise<void> {
  await expectRun(sql, run);
  await continueAfter(sql, table, rowTable(table).key[0] ?? '', last);
}

async function upsert(sql: Sql, table: RowTable, first: Row, rows: readonly Row[]): Promise<void> {
  const others = Object.keys(first).filter((column) => !table.key.includes(column));
  await untyped(sql)
    .insertInto(table.name)
    .values(rows.map(boundRow))
    .onConflict((conflict) => {
      const onKey = conflict.columns([...table.key]);
      if (table.isAppendOnly || others.length === 0) return onKey.doNothing();
      return onKey.doUpdateSet((of) =>
        Object.fromEntries(others.map((column) => [column, of.ref(`excluded.${column}`)])),
      );
    })
    .execute();
}

async function withParents(sql: Sql, table: RowTable, rows: readonly Row[]): Promise<Row[]> {
  let kept = [...rows];
  for (const { column, table: parent, key } of table.parents ?? []) {
    const named = [...new Set(kept.map((row) => row[column] ?? null))].filter((id) => id !== null);
    if (named.length === 0) continue;
    const found = await untyped(sql)
      .selectFrom(parent)
      .select(key)
      .where(key, 'in', named)
      .execute();
    const there = new Set(found.map((row) => row[key]));
    kept = kept.filter((row) => row[column] === null || there.has(row[column]));
  }
  return kept;
}

/** A name may have gone to a new row while the source was read: the old one must go first. */
async function withoutStrangers(
  sql: Sql,
  table: RowTable,
  rows: readonly Row[],
): Promise<readonly Row[]> {
  let kept = rows;
  for (const unique of table.unique ?? []) kept = await withoutTwins(sql, table, unique, kept);
  return kept;
}

async function withoutTwins(
  sql: Sql,
  table: RowTable,
  { columns, by = columns }: UniqueColumns,
  rows: readonly Row[],
): Promise<readonly Row[]> {
  const hasValues = (row: Row) => columns.every((column) => row[column] !== null);
  const telling = rows.filter(hasValues);
  if (telling.length === 0) return rows;
  let query = untyped(sql)
    .selectFrom(table.name)
    .select([...new Set([...table.key, ...columns])]);
  for (const column of by) {
    const values = new Map(
      telling.map((row) => [textOf(row, [column]), bound(row[column] ?? null)]),
    );
    query = query.where(column, 'in', [...values.values()]);
  }
  const found = await query.execute();
  const holders = new Map(found.map((row) => [textOf(row, columns), textOf(row, table.key)]));
  return rows.filter((row) => {
    if (!hasValues(row)) return true;
    const [value, key] = [textOf(row, columns), textOf(row, table.key)];
    const holder = holders.get(value);
    if (holder !== undefined && holder !== key) return false;
    holders.set(value, key);
    return true;
  });
}

function textOf(row: Row, columns: readonly string[]): string {
  return JSON.stringify(
    columns.map((column) => {
      const value = row[column];
      return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value;
    }),
  );
}

async function isParent(sql: Sql, table: RowTable, key: RowKey): Promise<boolean> {
  for (const child of children[table.name] ?? []) {
    const found = await untyped(sql)
      .selectFrom(child.table)
      .select(child.column)
      .where(child.column, '=', key[0] ?? null)
      .limit(1)
      .execute();
    if (found.length > 0) return true;
  }
  return false;
}

/** The mapping that still names the certificate is written anew with the rows that follow. */
async function unbind(sql: Sql, certificateNumber: number): Promise<void> {
  await sql
    .updateTable('cnames')
    .set({ certificate_number: null, binding_type: null, bound_at: null })
    .where('certificate_number', '=', certificateNumber)
    .execute();
}

function boundRow(row: Row): Row {
  return Object.fromEntries(Object.entries(row).map(([column, value]) => [column, bound(value)]));
}

/** Bytes that came through a message port are no buffers any more, and drivers want those. */
function bound(value: Row[string]): Row[string] {
  return value instanceof Uint8Array && !Buffer.isBuffer(value) ? Buffer.from(value) : value;
}
