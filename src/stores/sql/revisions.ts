import type { Sql } from './database.ts';

/**
 * Notes that routing or binding of the domains changed. Revisions grow in the order of commits,
 * because every transaction that takes one holds the counter's row until it ends.
 */
export async function noteDomainChange(sql: Sql, domain: string): Promise<void> {
  const { value: revision } = await sql
    .updateTable('counters')
    .set((of) => ({ value: of('value', '+', 1) }))
    .where('name', '=', 'domains')
    .returning('value')
    .executeTakeFirstOrThrow();
  await sql
    .insertInto('domain_revisions')
    .values({ domain, revision })
    .onConflict((conflict) => conflict.column('domain').doUpdateSet({ revision }))
    .execute();
}
