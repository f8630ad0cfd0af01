import type { Sql } from '../database.ts';
import type { SchemaFacts } from '../schema-facts.ts';

/** Stores that several nodes share announce a blob before they send it (security.md 9.1). */
export async function announcedBlobs(sql: Sql, { text, integer }: SchemaFacts): Promise<void> {
  await sql.schema
    .createTable('announced_blobs')
    .addColumn('blob_id', text, (column) => column.primaryKey())
    .addColumn('announced_at', integer, (column) => column.notNull())
    .execute();
  await sql.schema
    .createIndex('announced_blobs_by_age')
    .on('announced_blobs')
    .columns(['announced_at', 'blob_id'])
    .execute();
}
