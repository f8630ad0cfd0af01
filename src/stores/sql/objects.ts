import type { Fence } from '../ports/leases.ts';
import type { ObjectAcl, ObjectIndex, StoredObject } from '../ports/objects.ts';
import { countChange } from './counters.ts';
import type { Sql } from './database.ts';
import { holdsFence } from './leases.ts';
import { keyBytes, type ObjectRow, objectColumns, toObjectRow } from './object-rows.ts';
import type { HotRead } from './prepared.ts';
import { together } from './together.ts';

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
  shard: number,
): ReturnType<ObjectIndex['putObject']> {
  const { bucketId, object } = input;
  const key = keyBytes(input.key);
  if (key === undefined) throw new TypeError('An object key must be valid Unicode text.');
  const [isBucketThere, standing] = await together(
    sql,
    () => shareBucket(sql, bucketId),
    () => lockKey(sql, bucketId, key),
  );
  if (!isBucketThere) {
    // The bytes stand and nobody will point to them.
    if (input.isAnnounced === true && (await spendAnnouncement(sql, object.blobId))) {
      await discardBlobs(sql, [object.blobId], object.modifiedAt);
    }
    return { outcome: 'no-bucket' };
  }
  if (standing !== undefined && input.forbidOverwrite) return { outcome: 'exists' };
  if (input.isAnnounced === true && !(await spendAnnouncement(sql, object.blobId))) {
    return { outcome: 'not-announced' };
  }
  const change = {
    objects: standing === undefined ? 1 : 0,
    bytes: object.size - (standing?.size ?? 0),
    at: object.modifiedAt,
  };
  const replaced = standing === undefined || standing.blob_id === object.blobId ? [] : [standing];
  await together(
    sql,
    () =>
      standing === undefined
        ? insertObject(sql, bucketId, key, object)
        : replaceObject(sql, bucketId, key, object),
    () => {
      const blobs = replaced.map((each) => each.blob_id);
      return discardBlobs(sql, blobs, object.modifiedAt);
    },
    () => countChange(sql, bucketId, shard, change),
  );
  return { outcome: 'stored' };
}

/** A rival that puts the same new key fails the one who is later, and that write runs again. */
async function insertObject(
  sql: Sql,
  bucketId: number,
  key: Buffer,
  object: StoredObject,
): Promise<void> {
  await sql
    .insertInto('objects')
    .values({ bucket_id: bucketId, key, ...toObjectRow(object) })
    .execute();
}

async function replaceObject(
  sql: Sql,
  bucketId: number,
  key: Buffer,
  object: StoredObject,
): Promise<void> {
  await sql
    .updateTable('objects')
    .set(toObjectRow(object))
    .where('bucket_id', '=', bucketId)
    .where('key', '=', key)
    .execute();
}

export async function deleteObjects(
  sql: Sql,
  bucketId: number,
  keys: readonly string[],
  now: number,
  shard: number,
): Promise<string[]> {
  const deleted: string[] = [];
  let bytes = 0;
  if (!(await shareBucket(sql, bucketId))) return deleted;
  const sorted = keys
    .map(keyBytes)
    .filter((key) => key !== undefined)
    .sort(Buffer.compare);
  for (const some of inPortions(sorted)) {
    // Locked in the order of their keys: two that delete the same never wait for each other.
    await sql
      .selectFrom('objects')
      .select('key')
      .where('bucket_id', '=', bucketId)
      .where('key', 'in', some)
      .orderBy('key')
      .forUpdate()
      .execute();
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
    const change = { objects: -deleted.length, bytes: -bytes, at: now };
    await countChange(sql, bucketId, shard, change);
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
  shard: number,
): Promise<'done' | 'none' | 'changed'> {
  const key = keyBytes(input.key);
  if (key === undefined) return 'none';
  const [isBucketThere, standing] = await together(
    sql,
    () => shareBucket(sql, input.bucketId),
    () => lockKey(sql, input.bucketId, key),
  );
  if (!isBucketThere || standing === undefined) return 'none';
  if (standing.blob_id !== input.blobId) return 'changed';
  const { blob_id: _bytes, size: _size, ...described } = toObjectRow(input.object);
  await sql
    .updateTable('objects')
    .set(described)
    .where('bucket_id', '=', input.bucketId)
    .where('key', '=', key)
    .execute();
  const change = { objects: 0, bytes: 0, at: input.object.modifiedAt };
  await countChange(sql, input.bucketId, shard, change);
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
 * Keeps the bucket from being removed until the transaction ends; changes of other objects go on.
 * False when there is no such bucket.
 */
async function shareBucket(sql: Sql, bucketId: number): Promise<boolean> {
  const bucket = await sql
    .selectFrom('buckets')
    .select('id')
    .where('id', '=', bucketId)
    .forKeyShare()
    .executeTakeFirst();
  return bucket !== undefined;
}

/** What the key points to; nobody else changes that until the transaction ends. */
async function lockKey(
  sql: Sql,
  bucketId: number,
  key: Buffer,
): Promise<{ blob_id: string; size: number } | undefined> {
  return await sql
    .selectFrom('objects')
    .select(['blob_id', 'size'])
    .where('bucket_id', '=', bucketId)
    .where('key', '=', key)
    .forUpdate()
    .executeTakeFirst();
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
