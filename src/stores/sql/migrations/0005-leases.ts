import type { Sql } from '../database.ts';
import type { SchemaFacts } from '../schema-facts.ts';

/** Jobs that one node must do at a time, and when each was done (ports/leases.ts). */
export async function leases(sql: Sql, { text, integer }: SchemaFacts): Promise<void> {
  await sql.schema
    .createTable('leases')
    .addColumn('name', text, (column) => column.primaryKey())
    .addColumn('holder', text, (column) => column.notNull())
    .addColumn('fence', integer, (column) => column.notNull())
    .addColumn('expires_at', integer, (column) => column.notNull())
    .addColumn('done_at', integer, (column) => column.notNull())
    .execute();
}
