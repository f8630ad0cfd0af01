/** Certificates whose time is over: which they are, and the removal of those that nothing binds. */

import type { ExpressionBuilder } from 'kysely';
import type { CertificateStore, EndedCertificate } from '../ports/certificates.ts';
import type { Database, Sql } from './database.ts';

type ListEnded = Parameters<CertificateStore['listEndedCertificates']>[0];

/**
 * The number of the certificate if a domain binds it, else null. Not `exists`: of that PostgreSQL
 * makes a table of all bindings where it reckons with many certificates.
 */
const bindingOf = (of: ExpressionBuilder<Database, 'certificates'>) =>
  of
    .selectFrom('cnames')
    .select('certificate_number')
    .whereRef('certificate_number', '=', 'certificates.number')
    .limit(1);

export async function listEndedCertificates(
  sql: Sql,
  { before, after, limit }: ListEnded,
): Promise<EndedCertificate[]> {
  let ended = sql
    .selectFrom('certificates')
    .select((of) => ['number', 'valid_to as validTo', bindingOf(of).as('binding')])
    .where('valid_to', '<', before);
  if (after !== undefined) {
    const { validTo, number } = after;
    ended = ended.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('valid_to', 'number'), '>', tuple(validTo, number)),
    );
  }
  const rows = await ended.orderBy('valid_to').orderBy('number').limit(limit).execute();
  return rows.map(({ number, validTo, binding }) => {
    return { number, validTo, isBound: binding !== null };
  });
}

/**
 * Whoever binds one by its number or its fingerprint has locked its row (`forKeyShare()`) until
 * that is committed, so each row is one of three: locked, and left alone; bound, as the statement
 * that removes sees; or locked here, and then gone when the other looks.
 */
export async function removeUnboundCertificates(
  sql: Sql,
  numbers: readonly number[],
): Promise<number> {
  const locked = await sql
    .selectFrom('certificates')
    .select('number')
    .where('number', 'in', numbers)
    .forUpdate()
    .skipLocked()
    .execute();
  if (locked.length === 0) return 0;
  const own = locked.map(({ number }) => number);
  const removed = await sql
    .deleteFrom('certificates')
    .where('number', 'in', own)
    .where((of) => of(bindingOf(of), 'is', null))
    .returning('number')
    .execute();
  if (removed.length === 0) return 0;
  // Nobody keeps an answer for what nothing binds, so no change is told; what was told is over.
  await sql
    .deleteFrom('changes')
    .where('kind', '=', 'certificate')
    .where(
      'name',
      'in',
      removed.map(({ number }) => String(number)),
    )
    .execute();
  return removed.length;
}
