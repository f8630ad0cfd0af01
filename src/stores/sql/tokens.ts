import type { CnameStore } from '../ports/cnames.ts';
import { appendAudit } from './audit.ts';
import { findToken } from './cnames.ts';
import type { Sql } from './database.ts';

/** Expired tokens stay this long, so that a refusal can say "expired" and not "none". */
const expiredTokenKeptMs = 30 * 24 * 60 * 60 * 1000;

type TokenInput = Parameters<CnameStore['takeOrReuseToken']>[0];

export async function takeOrReuseToken(
  sql: Sql,
  input: TokenInput,
): ReturnType<CnameStore['takeOrReuseToken']> {
  const { domain, bucketId, fresh } = input;
  const bucket = await sql
    .selectFrom('buckets')
    .select(['name', 'account_id'])
    .where('id', '=', bucketId)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (bucket === undefined) return { outcome: 'no-bucket' };
  const mapped = await sql
    .selectFrom('cnames')
    .select('bucket_id')
    .where('domain', '=', domain)
    .executeTakeFirst();
  if (mapped?.bucket_id === bucketId) return { outcome: 'mapped' };
  const live = await findToken(sql, bucketId, domain, fresh.createdAt);
  if (live !== undefined) return { outcome: 'issued', token: live, isReused: true };
  if ((await countLiveTokens(sql, bucketId, fresh.createdAt)) >= input.tokensMax) {
    return { outcome: 'too-many' };
  }
  await storeToken(sql, input);
  await appendAudit(sql, {
    ...input.audit.actor,
    at: fresh.createdAt,
    action: 'CreateCnameToken',
    ownerId: bucket.account_id,
    domain,
    bucket: bucket.name,
    detail: { expiresAt: fresh.expiresAt },
  });
  return { outcome: 'issued', token: { domain, ...fresh }, isReused: false };
}

async function countLiveTokens(sql: Sql, bucketId: number, now: number): Promise<number> {
  const { count } = await sql
    .selectFrom('cname_tokens')
    .select((of) => of.fn.countAll<number>().as('count'))
    .where('bucket_id', '=', bucketId)
    .where('expires_at', '>', now)
    .executeTakeFirstOrThrow();
  return Number(count);
}

async function storeToken(sql: Sql, { domain, bucketId, fresh }: TokenInput): Promise<void> {
  await sql
    .deleteFrom('cname_tokens')
    .where('bucket_id', '=', bucketId)
    .where('expires_at', '<', fresh.createdAt - expiredTokenKeptMs)
    .execute();
  const values = {
    token: fresh.token,
    created_at: fresh.createdAt,
    expires_at: fresh.expiresAt,
  };
  await sql
    .insertInto('cname_tokens')
    .values({ bucket_id: bucketId, domain, ...values })
    .onConflict((conflict) => conflict.columns(['bucket_id', 'domain']).doUpdateSet(values))
    .execute();
}
