/** What names bytes, page by page: objects, versions, parts of unfinished uploads. */
import { sql as raw, type SqlBool } from 'kysely';
import type {
  InspectedObject,
  InspectedPart,
  InspectedUpload,
  InspectedVersion,
  ObjectPlace,
  PartPlace,
  VersionPlace,
} from '../ports/inspection.ts';
import { discardContents } from './contents.ts';
import type { Sql } from './database.ts';
import { keyBytes } from './object-rows.ts';

const contentColumns = ['content', 'size', 'crc64', 'extras', 'headers', 'metadata'] as const;

function selectObjects(sql: Sql) {
  return sql
    .selectFrom('objects as o')
    .leftJoin('buckets', 'buckets.id', 'o.bucket_id')
    .select(['o.bucket_id', 'o.key', 'o.blob_id', 'buckets.name as bucket'])
    .select(contentColumns.map((column) => `o.${column}` as const));
}

export async function inspectObjects(
  sql: Sql,
  after: ObjectPlace | undefined,
  limit: number,
  bucketId?: number,
): Promise<InspectedObject[]> {
  let query = selectObjects(sql).orderBy('o.bucket_id').orderBy('o.key').limit(limit);
  if (bucketId !== undefined) query = query.where('o.bucket_id', '=', bucketId);
  if (after !== undefined) {
    const place = raw`(${after.bucketId}, ${Buffer.from(after.key, 'utf8')})`;
    query = query.where(raw<SqlBool>`(o.bucket_id, o.key) > ${place}`);
  }
  return (await query.execute()).map(toInspectedObject);
}

export async function inspectObject(
  sql: Sql,
  place: ObjectPlace,
): Promise<InspectedObject | undefined> {
  const key = keyBytes(place.key);
  if (key === undefined) return undefined;
  const row = await selectObjects(sql)
    .where('o.bucket_id', '=', place.bucketId)
    .where('o.key', '=', key)
    .executeTakeFirst();
  return row === undefined ? undefined : toInspectedObject(row);
}

function toInspectedObject<Blob>(row: {
  bucket_id: number;
  key: Buffer;
  blob_id: Blob;
  content: string;
  size: number;
  crc64: string;
  extras: string | null;
  headers: string;
  metadata: string;
  bucket: string | null;
}) {
  const { bucket_id: bucketId, bucket, key, blob_id: blobId, ...said } = row;
  const { content, size, crc64, extras, headers, metadata } = said;
  const named = { bucketId, bucket: bucket ?? undefined, key: key.toString('utf8'), blobId };
  return { ...named, content, size, crc64, extras, headers, metadata };
}

/** With what stands above each; one statement, so that all of it is of one moment. */
function selectVersions(sql: Sql) {
  return sql
    .selectFrom('object_versions as v')
    .leftJoin('buckets', 'buckets.id', 'v.bucket_id')
    .leftJoin('objects as o', (join) =>
      join.onRef('o.bucket_id', '=', 'v.bucket_id').onRef('o.key', '=', 'v.key'),
    )
    .select(['v.bucket_id', 'v.key', 'v.sequence', 'v.version_id', 'v.is_marker', 'v.blob_id'])
    .select(['v.noncurrent_at', 'o.sequence as current_sequence', 'buckets.name as bucket'])
    .select(contentColumns.map((column) => `v.${column}` as const))
    .select((of) =>
      of
        .selectFrom('object_versions as other')
        .select((others) => others.fn.max<number>('other.sequence').as('newest'))
        .whereRef('other.bucket_id', '=', 'v.bucket_id')
        .whereRef('other.key', '=', 'v.key')
        .as('newest'),
    );
}

export async function inspectVersions(
  sql: Sql,
  after: VersionPlace | undefined,
  limit: number,
  bucketId?: number,
): Promise<InspectedVersion[]> {
  let query = selectVersions(sql)
    .orderBy('v.bucket_id')
    .orderBy('v.key')
    .orderBy('v.sequence')
    .limit(limit);
  if (bucketId !== undefined) query = query.where('v.bucket_id', '=', bucketId);
  if (after !== undefined) {
    const key = Buffer.from(after.key, 'utf8');
    const place = raw`(${after.bucketId}, ${key}, ${after.sequence})`;
    query = query.where(raw<SqlBool>`(v.bucket_id, v.key, v.sequence) > ${place}`);
  }
  return (await query.execute()).map(toInspectedVersion);
}

export async function inspectVersion(
  sql: Sql,
  place: VersionPlace,
): Promise<InspectedVersion | undefined> {
  const key = keyBytes(place.key);
  if (key === undefined) return undefined;
  const row = await selectVersions(sql)
    .where('v.bucket_id', '=', place.bucketId)
    .where('v.key', '=', key)
    .where('v.sequence', '=', place.sequence)
    .executeTakeFirst();
  return row === undefined ? undefined : toInspectedVersion(row);
}

type VersionRow = Awaited<ReturnType<ReturnType<typeof selectVersions>['execute']>>[number];

function toInspectedVersion(row: VersionRow): InspectedVersion {
  const { sequence, current_sequence: current, newest } = row;
  return {
    ...toInspectedObject(row),
    blobId: row.blob_id ?? undefined,
    sequence,
    versionId: row.version_id,
    isMarker: row.is_marker === 1,
    noncurrentAt: row.noncurrent_at ?? undefined,
    currentSequence: current ?? undefined,
    isNewest: sequence === Number(newest) && (current === null || current < sequence),
  };
}

export async function inspectUploads(
  sql: Sql,
  after: string,
  limit: number,
  bucketId?: number,
): Promise<InspectedUpload[]> {
  let query = sql
    .selectFrom('uploads as u')
    .leftJoin('buckets', 'buckets.id', 'u.bucket_id')
    .select(['u.upload_id', 'u.bucket_id', 'u.key', 'u.facts', 'buckets.name as bucket'])
    .where('u.upload_id', '>', after)
    .orderBy('u.upload_id')
    .limit(limit);
  if (bucketId !== undefined) query = query.where('u.bucket_id', '=', bucketId);
  return (await query.execute()).map(({ upload_id: uploadId, bucket_id, key, facts, bucket }) => ({
    uploadId,
    bucketId: bucket_id,
    key: key.toString('utf8'),
    bucket: bucket ?? undefined,
    facts,
  }));
}

function selectParts(sql: Sql) {
  return sql
    .selectFrom('upload_parts as p')
    .leftJoin('uploads as u', 'u.upload_id', 'p.upload_id')
    .leftJoin('buckets', 'buckets.id', 'u.bucket_id')
    .select(['p.upload_id', 'p.number', 'p.blob_id', 'p.size', 'p.crc64', 'p.iv'])
    .select(['u.bucket_id', 'u.key', 'u.facts', 'buckets.name as bucket']);
}

export async function inspectUploadParts(
  sql: Sql,
  after: PartPlace | undefined,
  limit: number,
  bucketId?: number,
): Promise<InspectedPart[]> {
  let query = selectParts(sql).orderBy('p.upload_id').orderBy('p.number').limit(limit);
  if (bucketId !== undefined) query = query.where('u.bucket_id', '=', bucketId);
  if (after !== undefined) {
    const place = raw`(${after.uploadId}, ${after.number})`;
    query = query.where(raw<SqlBool>`(p.upload_id, p.number) > ${place}`);
  }
  return (await query.execute()).map(toInspectedPart);
}

export async function inspectUploadPart(
  sql: Sql,
  place: PartPlace,
): Promise<InspectedPart | undefined> {
  const row = await selectParts(sql)
    .where('p.upload_id', '=', place.uploadId)
    .where('p.number', '=', place.number)
    .executeTakeFirst();
  return row === undefined ? undefined : toInspectedPart(row);
}

type PartRow = Awaited<ReturnType<ReturnType<typeof selectParts>['execute']>>[number];

function toInspectedPart(row: PartRow): InspectedPart {
  return {
    uploadId: row.upload_id,
    number: row.number,
    bucketId: row.bucket_id ?? undefined,
    bucket: row.bucket ?? undefined,
    key: row.key?.toString('utf8'),
    content: 'blob',
    blobId: row.blob_id,
    size: row.size,
    crc64: row.crc64,
    iv: row.iv ?? undefined,
    extras: extrasOf(row.facts),
  };
}

function extrasOf(facts: string | null): string | null {
  try {
    const { extras } = JSON.parse(facts ?? '{}') as { extras?: unknown };
    return extras === undefined ? null : JSON.stringify(extras);
  } catch {
    // Told of the upload itself.
    return null;
  }
}

/** A part and its object come and go in one transaction: what is seen here is left over. */
export async function listStrayContents(sql: Sql, after: string, limit: number): Promise<string[]> {
  const rows = await strayContents(sql)
    .where('content_id', '>', after)
    .groupBy('content_id')
    .orderBy('content_id')
    .limit(limit)
    .execute();
  return rows.map((row) => row.content_id);
}

function strayContents(sql: Sql) {
  const named = (table: 'objects' | 'object_versions') =>
    raw<SqlBool>`exists (select 1 from ${raw.table(table)} as holder
      where holder.blob_id = content_parts.content_id)`;
  return sql
    .selectFrom('content_parts')
    .select('content_id')
    .where(raw<SqlBool>`not ${named('objects')}`)
    .where(raw<SqlBool>`not ${named('object_versions')}`);
}

export async function discardStrayContent(sql: Sql, contentId: string, now: number): Promise<void> {
  const found = await strayContents(sql).where('content_id', '=', contentId).executeTakeFirst();
  if (found === undefined) return;
  await discardContents(sql, [{ blob_id: contentId, content: 'parts' }], now);
}
