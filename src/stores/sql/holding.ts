import type { Sql } from './database.ts';

/**
 * Until the transaction ends, whoever else holds the name waits: for rules over rows that are not
 * there yet, which no row can be locked for. Nothing but a row is needed, so every engine has it.
 */
export async function holdName(sql: Sql, name: string): Promise<void> {
  await sql
    .insertInto('counters')
    .values({ name, value: 1 })
    .onConflict((conflict) =>
      conflict.column('name').doUpdateSet((of) => ({ value: of('counters.value', '+', 1) })),
    )
    .execute();
}
