import type { Sql } from '../database.ts';
import type { SchemaFacts } from '../schema-facts.ts';

/**
 * A bucket's row says which documents it has, so that a request asks for those only, and whether
 * its objects have versions. Nodes of the release before do not keep the names up to date.
 */
export async function bucketConfiguration(sql: Sql, { text }: SchemaFacts): Promise<void> {
  for (const column of ['documents', 'versioning'] as const) {
    await sql.schema
      .alterTable('buckets')
      .addColumn(column, text, (added) => added.notNull().defaultTo(''))
      .execute();
  }
  // Until now a website was the only document there could be.
  await sql
    .updateTable('buckets')
    .set({ documents: 'website' })
    .where('id', 'in', sql.selectFrom('bucket_documents').select('bucket_id'))
    .execute();
}
