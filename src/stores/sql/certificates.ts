import type { Selectable } from 'kysely';
import type { NewCertificate, StoredCertificate } from '../ports/certificates.ts';
import type { CertificateTable, Sql } from './database.ts';
import { type HotRead, hotStatement, type Slots } from './prepared.ts';
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

const numberOfFingerprint = hotStatement(
  (sql, slot: Slots<{ accountId: string; fingerprint256: string }>) =>
    sql
      .selectFrom('certificates')
      .select('number')
      .where('account_id', '=', slot('accountId'))
      .where('fingerprint256', '=', slot('fingerprint256'))
      .forKeyShare(),
);

const insertCertificate = hotStatement((sql, slot: Slots<NewCertificate>) =>
  sql
    .insertInto('certificates')
    .values({
      account_id: slot('accountId'),
      fingerprint256: slot('fingerprint256'),
      fingerprint: slot('fingerprint'),
      chain_pem: slot('chainPem'),
      key_sealed: slot('keySealed'),
      valid_from: slot('validFrom'),
      valid_to: slot('validTo'),
      created_at: slot('createdAt'),
    })
    .returning('number'),
);

/** The number of the account's certificate with this fingerprint; stored now if there was none. */
export async function keepCertificate(sql: Sql, certificate: NewCertificate): Promise<number> {
  const [kept] = (await numberOfFingerprint(sql, certificate)).rows;
  if (kept !== undefined) return kept.number;
  const [stored] = (await insertCertificate(sql, certificate)).rows;
  if (stored === undefined) throw new Error('The certificate got no number.');
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
