import type { Sql } from '../database.ts';

/** Which buckets have a document of a name, and whether any has, without reading all of them. */
export async function documentsByName(sql: Sql): Promise<void> {
  await sql.schema
    .createIndex('bucket_documents_by_name')
    .on('bucket_documents')
    .column('name')
    .execute();
}
