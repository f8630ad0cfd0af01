import type { Selectable } from 'kysely';
import type { NewCertificate, StoredCertificate } from '../ports/certificates.ts';
import type { CertificateTable, Sql } from './database.ts';
import type { HotRead } from './prepared.ts';
import { noteChange } from './revisions.ts';

export const certificateByNumber: HotRead<{ number: number }, Selectable<CertificateTable>> = (
  sql,
  slot,
) => sql.selectFrom('certificates').selectAll().where('number', '=', slot('number'));

export async function listCertificates(
  sql: Sql,
  after: number,
  limit: number,
): Promise<StoredCertificate[]> {
  const rows = await sql
    .selectFrom('certificates')
    .selectAll()
    .where('number', '>', after)
    .orderBy('number')
    .limit(limit)
    .execute();
  return rows.map(toStoredCertificate);
}

export async function resealCertificate(
  sql: Sql,
  number: number,
  expected: string,
  next: string,
): Promise<'done' | 'changed'> {
  const { numUpdatedRows } = await sql
    .updateTable('certificates')
    .set({ key_sealed: next })
    .where('number', '=', number)
    .where('key_sealed', '=', expected)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) return 'changed';
  await noteChange(sql, 'certificate', String(number));
  return 'done';
}

/** The number of the account's certificate with this fingerprint; stored now if there was none. */
export async function keepCertificate(sql: Sql, certificate: NewCertificate): Promise<number> {
  const kept = await sql
    .selectFrom('certificates')
    .select('number')
    .where('account_id', '=', certificate.accountId)
    .where('fingerprint256', '=', certificate.fingerprint256)
    .executeTakeFirst();
  if (kept !== undefined) return kept.number;
  const stored = await sql
    .insertInto('certificates')
    .values({
      account_id: certificate.accountId,
      fingerprint256: certificate.fingerprint256,
      fingerprint: certificate.fingerprint,
      chain_pem: certificate.chainPem,
      key_sealed: certificate.keySealed,
      valid_from: certificate.validFrom,
      valid_to: certificate.validTo,
      created_at: certificate.createdAt,
    })
    .returning('number')
    .executeTakeFirstOrThrow();
  return stored.number;
}

export function toStoredCertificate(row: Selectable<CertificateTable>): StoredCertificate {
  return {
    number: row.number,
    accountId: row.account_id,
    fingerprint256: row.fingerprint256,
    fingerprint: row.fingerprint,
    chainPem: row.chain_pem,
    keySealed: row.key_sealed,
    validFrom: row.valid_from,
    validTo: row.valid_to,
    createdAt: row.created_at,
  };
}
