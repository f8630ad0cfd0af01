/** Pages of the tables for a check. Each is one statement, so that a row and its parents fit. */
import { sql as raw } from 'kysely';
import type { BucketPlace, InspectedMapping, Inspection } from '../ports/inspection.ts';
import type { Sql } from './database.ts';
import {
  inspectObject,
  inspectObjects,
  inspectUploadPart,
  inspectUploadParts,
  inspectUploads,
  inspectVersion,
  inspectVersions,
  listStrayContents,
} from './inspection-of-contents.ts';
import { countBucket } from './recount.ts';
import type { RunWrite } from './writes.ts';

export function inspectionPort(sql: Sql, write: RunWrite): Inspection {
  return {
    inspectBuckets: (after, limit) => inspectBuckets(sql, after, limit),
    inspectObjects: (...page) => inspectObjects(sql, ...page),
    inspectObject: (place) => inspectObject(sql, place),
    inspectVersions: (...page) => inspectVersions(sql, ...page),
    inspectVersion: (place) => inspectVersion(sql, place),
    inspectUploads: (...page) => inspectUploads(sql, ...page),
    inspectUploadParts: (...page) => inspectUploadParts(sql, ...page),
    inspectUploadPart: (place) => inspectUploadPart(sql, place),
    listStrayContents: (after, limit) => listStrayContents(sql, after, limit),
    discardStrayContent: (...words) => write('discardStrayContent', ...words),
    inspectMappings: (after, limit, bucketId) => inspectMappings(sql, after, limit, bucketId),
    inspectDepartures: (...page) => inspectDepartures(sql, ...page),
    inspectTokens: (...page) => inspectTokens(sql, ...page),
    inspectDocuments: (...page) => inspectDocuments(sql, ...page),
    inspectCredentials: (after, limit) => inspectCredentials(sql, after, limit),
    inspectAudit: (after, limit) =>
      sql
        .selectFrom('audit')
        .select(['sequence', 'detail'])
        .where('sequence', '>', after)
        .orderBy('sequence')
        .limit(limit)
        .execute(),
    countOverdue: (before) => countOverdue(sql, before),
    countBucket: (bucketId) => countBucket(sql, bucketId),
    recountBucket: (bucketId, isCorrected) => write('recountBucket', bucketId, isCorrected),
  };
}

type Page = Parameters<Inspection['inspectTokens']>;

async function inspectBuckets(
  sql: Sql,
  after: number,
  limit: number,
): ReturnType<Inspection['inspectBuckets']> {
  const rows = await sql
    .selectFrom('buckets')
    .leftJoin('accounts', 'accounts.id', 'buckets.account_id')
    .select(['buckets.id', 'buckets.name', 'buckets.account_id', 'accounts.id as owner'])
    .where('buckets.id', '>', after)
    .orderBy('buckets.id')
    .limit(limit)
    .execute();
  return rows.map(({ id, name, account_id, owner }) => {
    return { id, name, accountId: account_id, hasAccount: owner !== null };
  });
}

async function inspectMappings(
  sql: Sql,
  after: string,
  limit: number,
  bucketId: number | undefined,
): Promise<InspectedMapping[]> {
  let query = sql
    .selectFrom('cnames')
    .leftJoin('buckets', 'buckets.id', 'cnames.bucket_id')
    .leftJoin('certificates', 'certificates.number', 'cnames.certificate_number')
    .select([
      'cnames.domain',
      'cnames.bucket_id',
      'cnames.account_id',
      'cnames.certificate_number',
      'cnames.binding_type',
      'cnames.bound_at',
      'buckets.name as bucket',
      'buckets.account_id as bucket_account_id',
      'certificates.account_id as certificate_account_id',
      'certificates.chain_pem',
    ])
    .where('cnames.domain', '>', after)
    .orderBy('cnames.domain')
    .limit(limit);
  if (bucketId !== undefined) query = query.where('cnames.bucket_id', '=', bucketId);
  return (await query.execute()).map((row) => {
    const parts = [row.certificate_number, row.binding_type, row.bound_at];
    const present = parts.filter((part) => part !== null).length;
    return {
      domain: row.domain,
      bucketId: row.bucket_id,
      accountId: row.account_id,
      bucket: row.bucket ?? undefined,
      bucketAccountId: row.bucket_account_id ?? undefined,
      certificateNumber: row.certificate_number ?? undefined,
      isBindingWhole: present === 0 || present === parts.length,
      certificate:
        row.certificate_account_id === null || row.chain_pem === null
          ? undefined
          : { accountId: row.certificate_account_id, chainPem: row.chain_pem },
    };
  });
}

/** Behind `place`, in the order of the primary key, of one bucket if asked. */
function behind(
  columns: readonly [bucketId: string, name: string],
  place: BucketPlace | undefined,
  bucketId: number | undefined,
) {
  const [bucket, name] = columns.map((column) => raw.ref(column));
  const isBehind =
    place === undefined
      ? raw<boolean>`1 = 1`
      : raw<boolean>`(${bucket}, ${name}) > (${place.bucketId}, ${place.name})`;
  const isHere =
    bucketId === undefined ? raw<boolean>`1 = 1` : raw<boolean>`${bucket} = ${bucketId}`;
  return raw<boolean>`(${isBehind} and ${isHere})`;
}

async function inspectDepartures(
  sql: Sql,
  ...[after, limit, bucketId]: Page
): ReturnType<Inspection['inspectDepartures']> {
  const rows = await sql
    .selectFrom('departed_cnames as departed')
    .leftJoin('buckets', 'buckets.id', 'departed.bucket_id')
    .leftJoin('cnames', (join) =>
      join
        .onRef('cnames.domain', '=', 'departed.domain')
        .onRef('cnames.bucket_id', '=', 'departed.bucket_id'),
    )
    .select([
      'departed.bucket_id',
      'departed.domain',
      'departed.account_id',
      'buckets.name as bucket',
      'buckets.account_id as bucket_account_id',
      'cnames.domain as mapped',
    ])
    .where(behind(['departed.bucket_id', 'departed.domain'], after, bucketId))
    .orderBy('departed.bucket_id')
    .orderBy('departed.domain')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    bucketId: row.bucket_id,
    domain: row.domain,
    accountId: row.account_id,
    bucket: row.bucket ?? undefined,
    bucketAccountId: row.bucket_account_id ?? undefined,
    isMappedHere: row.mapped !== null,
  }));
}

async function inspectTokens(
  sql: Sql,
  ...[after, limit, bucketId]: Page
): ReturnType<Inspection['inspectTokens']> {
  const rows = await sql
    .selectFrom('cname_tokens as tokens')
    .leftJoin('buckets', 'buckets.id', 'tokens.bucket_id')
    .select([
      'tokens.bucket_id',
      'tokens.domain',
      'tokens.created_at',
      'tokens.expires_at',
      'buckets.name as bucket',
    ])
    .where(behind(['tokens.bucket_id', 'tokens.domain'], after, bucketId))
    .orderBy('tokens.bucket_id')
    .orderBy('tokens.domain')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    bucketId: row.bucket_id,
    domain: row.domain,
    bucket: row.bucket ?? undefined,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  }));
}

async function inspectDocuments(
  sql: Sql,
  ...[after, limit, bucketId]: Page
): ReturnType<Inspection['inspectDocuments']> {
  const rows = await sql
    .selectFrom('bucket_documents as documents')
    .leftJoin('buckets', 'buckets.id', 'documents.bucket_id')
    .select(['documents.bucket_id', 'documents.name', 'documents.text', 'buckets.name as bucket'])
    .where(behind(['documents.bucket_id', 'documents.name'], after, bucketId))
    .orderBy('documents.bucket_id')
    .orderBy('documents.name')
    .limit(limit)
    .execute();
  return rows.map(({ bucket_id, name, text, bucket }) => {
    return { bucketId: bucket_id, name, text, bucket: bucket ?? undefined };
  });
}

async function inspectCredentials(
  sql: Sql,
  after: string,
  limit: number,
): ReturnType<Inspection['inspectCredentials']> {
  const rows = await sql
    .selectFrom('credentials')
    .leftJoin('accounts', 'accounts.id', 'credentials.account_id')
    .select([
      'credentials.access_key_id',
      'credentials.account_id',
      'credentials.secret_sealed',
      'accounts.id as owner',
    ])
    .where('credentials.access_key_id', '>', after)
    .orderBy('credentials.access_key_id')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    accessKeyId: row.access_key_id,
    accountId: row.account_id,
    secretSealed: row.secret_sealed,
    hasAccount: row.owner !== null,
  }));
}

async function countOverdue(
  sql: Sql,
  before: { readonly garbage: number; readonly announced: number },
): ReturnType<Inspection['countOverdue']> {
  const garbage = await sql
    .selectFrom('garbage')
    .select((of) => of.fn.countAll<number>().as('count'))
    .where('freed_at', '<', before.garbage)
    .executeTakeFirstOrThrow();
  const announced = await sql
    .selectFrom('announced_blobs')
    .select((of) => of.fn.countAll<number>().as('count'))
    .where('announced_at', '<', before.announced)
    .executeTakeFirstOrThrow();
  return { garbage: Number(garbage.count), announced: Number(announced.count) };
}
