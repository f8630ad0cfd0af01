import type { Sql } from '../database.ts';

/**
 * Which certificates ended before a time, and whether a domain binds one, without reading all of
 * either. Without the second, the removal of a certificate would read every mapping for its
 * foreign key. Nodes of the release before run on beside it.
 */
export async function endedCertificates(sql: Sql): Promise<void> {
  await sql.schema
    .createIndex('certificates_by_end')
    .on('certificates')
    .columns(['valid_to', 'number'])
    .execute();
  await sql.schema
    .createIndex('cnames_of_certificate')
    .on('cnames')
    .column('certificate_number')
    .execute();
}
