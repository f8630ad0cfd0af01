/** The tables that move, as rows of whatever columns. */
import type { Kysely } from 'kysely';
import {
  type Row,
  type RowKey,
  type RowTable,
  type RowTableName,
  rowTables,
} from '../ports/rows.ts';
import type { Database, Sql } from './database.ts';

/** Tables that stay where they are. A table that is neither here nor moves does not compile. */
type Staying = 'garbage' | 'announced_blobs' | 'leases';
const isEveryTableDecided: Exclude<keyof Database, RowTableName | Staying> extends never
  ? true
  : never = true;

/** The tables as far as rows know them. */
export type Untyped = Kysely<Record<string, Record<string, Row[string]>>>;

export function untyped(sql: Sql): Untyped {
  return sql as unknown as Untyped;
}

export function rowTable(name: RowTableName): RowTable {
  const found = rowTables.find((table) => table.name === name);
  if (found === undefined || !isEveryTableDecided) throw new Error(`${name} does not move.`);
  return found;
}

export function keyOf(table: RowTable, row: Row): RowKey {
  return table.key.map((column) => row[column] ?? null);
}
