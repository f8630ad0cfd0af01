/** Where numbered tables have got to: each dialect keeps it in a place of its own. */
import { sql as raw } from 'kysely';
import type { Sql } from './database.ts';
import { isPostgres } from './dialects.ts';

/** The highest number the table ever gave or was given; 0 when there was none. */
export async function lastNumber(sql: Sql, table: string, column: string): Promise<number> {
  if (!isPostgres(sql)) {
    const { rows } = await raw<{ seq: number }>`
      select seq from sqlite_sequence where name = ${table}
    `.execute(sql);
    return rows[0]?.seq ?? 0;
  }
  const { rows } = await raw<{ sequence: string }>`
    select pg_get_serial_sequence(${table}, ${column}) as sequence
  `.execute(sql);
  const state = await raw<{ last_value: number; is_called: boolean }>`
    select last_value, is_called from ${raw.raw(rows[0]?.sequence ?? '')}
  `.execute(sql);
  const { last_value: last = 1, is_called: isCalled = false } = state.rows[0] ?? {};
  return isCalled ? last : last - 1;
}

/** The next number given will be `last` + 1. */
export async function continueAfter(
  sql: Sql,
  table: string,
  column: string,
  last: number,
): Promise<void> {
  if (isPostgres(sql)) {
    await raw`
      select setval(pg_get_serial_sequence(${table}, ${column}), ${last + 1}::bigint, false)
    `.execute(sql);
    return;
  }
  await raw`delete from sqlite_sequence where name = ${table}`.execute(sql);
  await raw`insert into sqlite_sequence (name, seq) values (${table}, ${last})`.execute(sql);
}
