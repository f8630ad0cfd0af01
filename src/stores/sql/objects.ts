import type { Fence } from '../ports/leases.ts';
import type { ObjectAcl, ObjectIndex, StoredObject } from '../ports/objects.ts';
import type { Sql } from './database.ts';
import { holdsFence } from './leases.ts';
import { keyBytes, type ObjectRow, objectColumns, toObjectRow } from './object-rows.ts';
import type { HotRead } from './prepared.ts';

/** How many values one statement takes; PostgreSQL allows 65,535, SQLite 32,766. */
const valuesPerStatement = 500;

export const objectByKey: HotRead<{ bucketId: number; key: Buffer }, ObjectRow> = (sql, slot) =>
  sql
    .selectFrom('objects')
    .select(objectColumns)
    .where('bucket_id', '=', slot('bucketId'))
    .where('key', '=', slot('key'));

export async function putObject(
  sql: Sql,
  input: Parameters<ObjectIndex['putObject']>[0],
): ReturnType<ObjectIndex['putObject']> {
  const { bucketId, object } = input;
  const key = keyBytes(input.key);
  if (key === undefined) throw new TypeError('An object key must be valid Unicode text.');
  if (!(await lockBucket(sql, bucketId))) {
    // The bytes stand and nobody will point to them.
    if (input.isAnnounced === true && (await spendAnnouncement(sql, object.blobId))) {
      await discardBlobs(sql, [object.blobId], object.modifiedAt);
    }
    return { outcome: 'no-bucket' };
  }
  const before = await sql
    .selectFrom('objects')
    .select(['blob_id', 'size'])
    .where('bucket_id', '=', bucketId)
    .where('key', '=', key)
    .executeTakeFirst();
  if (before !== undefined && input.forbidOverwrite) return { outcome: 'exists' };
  if (input.isAnnounced === true && !(await spendAnnouncement(sql, object.blobId))) {
    return { outcome: 'not-announced' };
  }
  await countChange(sql, bucketId, {
    objects: before === undefined ? 1 : 0,
    bytes: object.size - (before?.size ?? 0),
    at: object.modifiedAt,
  });
  const row = toObjectRow(object);
  await sql
    .insertInto('objects')
    .values({ bucket_id: bucketId, key, ...row })
    .onConflict((conflict) => conflict.columns(['bucket_id', 'key']).doUpdateSet(row))
    .execute();
  if (before !== undefined && before.blob_id !== object.blobId) {
    await discardBlobs(sql, [before.blob_id], object.modifiedAt);
  }
  return { outcome: 'stored' };
}

export async function deleteObjects(
  sql: Sql,
  bucketId: number,
  keys: readonly string[],
  now: number,
): Promise<string[]> {
  const deleted: string[] = [];
  let bytes = 0;
  if (!(await lockBucket(sql, bucketId))) return deleted;
  for (const some of inPortions(keys.map(keyBytes).filter((key) => key !== undefined))) {
    const rows = await sql
      .deleteFrom('objects')
      .where('bucket_id', '=', bucketId)
      .where('key', 'in', some)
      .returning(['key', 'blob_id', 'size'])
      .execute();
    await discardBlobs(
      sql,
      rows.map((row) => row.blob_id),
      now,
    );
    for (const row of rows) {
      deleted.push(row.key.toString('utf8'));
      bytes += row.size;
    }
  }
  if (deleted.length > 0) {
    await countChange(sql, bucketId, { objects: -deleted.length, bytes: -bytes, at: now });
  }
  return deleted;
}

export async function setObjectAcl(
  sql: Sql,
  bucketId: number,
  key: string,
  acl: ObjectAcl,
): Promise<'done' | 'none'> {
  const bytes = keyBytes(key);
  if (bytes === undefined) return 'none';
  const { numUpdatedRows } = await sql
    .updateTable('objects')
    .set({ acl })
    .where('bucket_id', '=', bucketId)
    .where('key', '=', bytes)
    .executeTakeFirst();
  return numUpdatedRows > 0n ? 'done' : 'none';
}

export async function setObjectMetadata(
  sql: Sql,
  input: { bucketId: number; key: string; blobId: string; object: StoredObject },
): Promise<'done' | 'none' | 'changed'> {
  const key = keyBytes(input.key);
  if (key === undefined || !(await lockBucket(sql, input.bucketId))) return 'none';
  const standing = await sql
    .selectFrom('objects')
    .select('blob_id')
    .where('bucket_id', '=', input.bucketId)
    .where('key', '=', key)
    .executeTakeFirst();
  if (standing === undefined) return 'none';
  if (standing.blob_id !== input.blobId) return 'changed';
  const { blob_id: _bytes, size: _size, ...described } = toObjectRow(input.object);
  await sql
    .updateTable('objects')
    .set(described)
    .where('bucket_id', '=', input.bucketId)
    .where('key', '=', key)
    .execute();
  await countChange(sql, input.bucketId, { objects: 0, bytes: 0, at: input.object.modifiedAt });
  return 'done';
}

export async function announceBlob(sql: Sql, blobId: string, at: number): Promise<void> {
  await sql.insertInto('announced_blobs').values({ blob_id: blobId, announced_at: at }).execute();
}

/** False when it had expired. Whoever takes the row away, this or the sweep, decides for good. */
async function spendAnnouncement(sql: Sql, blobId: string): Promise<boolean> {
  const { numDeletedRows } = await sql
    .deleteFrom('announced_blobs')
    .where('blob_id', '=', blobId)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

export async function expireAnnounced(
  sql: Sql,
  before: number,
  limit: number,
  fence: Fence | undefined,
): Promise<number | 'fenced'> {
  if (fence !== undefined && !(await holdsFence(sql, fence))) return 'fenced';
  const old = sql
    .selectFrom('announced_blobs')
    .select('blob_id')
    .where('announced_at', '<', before)
    .orderBy('announced_at')
    .limit(limit);
  const expired = await sql
    .deleteFrom('announced_blobs')
    .where('blob_id', 'in', old)
    .returning(['blob_id', 'announced_at as freed_at'])
    .execute();
  for (const some of inPortions(expired)) await sql.insertInto('garbage').values(some).execute();
  return expired.length;
}

export async function listGarbage(sql: Sql, before: number, limit: number): Promise<string[]> {
  const rows = await sql
    .selectFrom('garbage')
    .select('blob_id')
    .where('freed_at', '<', before)
    .orderBy('freed_at')
    .orderBy('blob_id')
    .limit(limit)
    .execute();
  return rows.map((row) => row.blob_id);
}

export async function forgetGarbage(sql: Sql, blobIds: readonly string[]): Promise<void> {
  for (const some of inPortions(blobIds)) {
    await sql.deleteFrom('garbage').where('blob_id', 'in', some).execute();
  }
}

export async function knownBlobs(sql: Sql, blobIds: readonly string[]): Promise<Set<string>> {
  const known = new Set<string>();
  for (const some of inPortions(blobIds)) {
    const rows = await sql
      .selectFrom('objects')
      .select('blob_id')
      .where('blob_id', 'in', some)
      .union(sql.selectFrom('garbage').select('blob_id').where('blob_id', 'in', some))
      .union(sql.selectFrom('announced_blobs').select('blob_id').where('blob_id', 'in', some))
      .execute();
    for (const row of rows) known.add(row.blob_id);
  }
  return known;
}

export async function listBlobs(sql: Sql, after: string, limit: number): Promise<string[]> {
  const rows = await sql
    .selectFrom('objects')
    .select('blob_id')
    .where('blob_id', '>', after)
    .orderBy('blob_id')
    .limit(limit)
    .execute();
  return rows.map((row) => row.blob_id);
}

/**
 * Makes every other change of the bucket's objects wait, so that its counters and what they count
 * stay one thing. False when there is no such bucket.
 */
async function lockBucket(sql: Sql, bucketId: number): Promise<boolean> {
  const bucket = await sql
    .selectFrom('buckets')
    .select('id')
    .where('id', '=', bucketId)
    .forUpdate()
    .executeTakeFirst();
  return bucket !== undefined;
}

async function countChange(
  sql: Sql,
  bucketId: number,
  change: { objects: number; bytes: number; at: number },
): Promise<void> {
  await sql
    .updateTable('buckets')
    .set((of) => ({
      object_count: of('object_count', '+', change.objects),
      storage_bytes: of('storage_bytes', '+', change.bytes),
      modified_at: change.at,
    }))
    .where('id', '=', bucketId)
    .execute();
}

async function discardBlobs(sql: Sql, blobIds: readonly string[], at: number): Promise<void> {
  if (blobIds.length === 0) return;
  await sql
    .insertInto('garbage')
    .values(blobIds.map((blobId) => ({ blob_id: blobId, freed_at: at })))
    .execute();
}

function* inPortions<Item>(items: readonly Item[]): Generator<Item[]> {
  for (let start = 0; start < items.length; start += valuesPerStatement) {
    yield items.slice(start, start + valuesPerStatement);
  }
}
