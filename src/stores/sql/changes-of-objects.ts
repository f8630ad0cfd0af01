/** Changes of an object that stands: of what is said about it, and of an appendable one's end. */
import type { ObjectChange, ObjectExtras, ObjectIndex, StoredObject } from '../ports/objects.ts';
import { discardContents, spendAnnouncement } from './contents.ts';
import { countChange, Tally } from './counters.ts';
import type { Sql } from './database.ts';
import {
  keyBytes,
  keyToStore,
  type ObjectRow,
  objectColumns,
  toObjectRow,
  toStoredObject,
} from './object-rows.ts';
import {
  type HeldVersion,
  hasExtras,
  holdPlace,
  isProtected,
  isStanding,
  lockOlder,
} from './versions.ts';

type ChangeInput = Parameters<ObjectIndex['changeObject']>[0];

export async function changeObject(
  sql: Sql,
  input: ChangeInput,
  shard: number,
): ReturnType<ObjectIndex['changeObject']> {
  const { bucketId, versionId, change } = input;
  const key = keyBytes(input.key);
  if (key === undefined) return { outcome: 'none' };
  const place = { bucketId, key };
  const held = await holdPlace(sql, place);
  if (held === undefined) return { outcome: 'none' };
  const { standing } = held;
  const isCurrent =
    standing !== undefined && (versionId ?? standing.version_id) === standing.version_id;
  const older =
    isCurrent || versionId === undefined ? undefined : await lockOlder(sql, place, versionId);
  if (older?.is_marker === 1) return { outcome: 'marker' };
  const found = isCurrent ? standing : older;
  if (found === undefined) return { outcome: 'none' };
  if (input.blobId !== undefined && found.blob_id !== input.blobId) return { outcome: 'changed' };
  if (!isStanding(found, input.standing)) return { outcome: 'changed' };
  if (!hasExtras(found, input.extras)) return { outcome: 'changed' };
  if (isProtected(found, input.protectedSince)) return { outcome: 'immutable' };
  const table = isCurrent ? 'objects' : 'object_versions';
  const row = await sql
    .selectFrom(table)
    .select(objectColumns)
    .where('bucket_id', '=', bucketId)
    .where('key', '=', key)
    .where('sequence', '=', found.sequence)
    .executeTakeFirstOrThrow();
  const object = applyChange(toStoredObject(row as ObjectRow), change);
  const {
    blob_id: _id,
    content: _content,
    size,
    version_id: _version,
    ...described
  } = toObjectRow(object);
  await sql
    .updateTable(table)
    .set(described)
    .where('bucket_id', '=', bucketId)
    .where('key', '=', key)
    .where('sequence', '=', found.sequence)
    .execute();
  if (change.storageClass !== undefined || change.modifiedAt !== undefined) {
    const tally = new Tally()
      .objects(found.storage_class, -1, -size)
      .objects(object.storageClass, 1, size);
    await countChange(sql, bucketId, shard, object.modifiedAt, tally);
  }
  return { outcome: 'done', object };
}

function applyChange(object: StoredObject, { extras, ...change }: ObjectChange): StoredObject {
  if (extras === undefined) return { ...object, ...change };
  const merged = { ...object.extras, ...extras };
  const kept = Object.entries(merged).filter(([, value]) => value !== null && value !== undefined);
  return { ...object, ...change, extras: Object.fromEntries(kept) as ObjectExtras };
}

type AppendInput = Parameters<ObjectIndex['appendToObject']>[0];

export async function appendToObject(
  sql: Sql,
  input: AppendInput,
  shard: number,
): ReturnType<ObjectIndex['appendToObject']> {
  const { bucketId, piece, grown } = input;
  const key = keyToStore(input.key);
  const place = { bucketId, key };
  const standing = (await holdPlace(sql, place))?.standing;
  const isSame =
    standing?.blob_id === input.standing.blobId && standing.size === input.standing.size;
  if (standing === undefined || !isSame) return 'changed';
  if (isProtected(standing, input.protectedSince)) return 'immutable';
  if (input.isAnnounced && !(await spendAnnouncement(sql, piece.blobId))) return 'not-announced';
  const isOfParts = standing.content === 'parts';
  const contentId = isOfParts ? input.standing.blobId : input.contentId;
  if (!isOfParts) await keepAsFirstPart(sql, contentId, standing, grown.modifiedAt);
  await sql
    .insertInto('content_parts')
    .values({
      content_id: contentId,
      start: standing.size,
      size: piece.size,
      blob_id: piece.blobId,
      iv: piece.iv ?? null,
    })
    .execute();
  await sql
    .updateTable('objects')
    .set({
      blob_id: contentId,
      content: 'parts',
      size: standing.size + piece.size,
      etag: grown.etag,
      crc64: grown.crc64,
      modified_at: grown.modifiedAt,
    })
    .where('bucket_id', '=', bucketId)
    .where('key', '=', key)
    .execute();
  const tally = new Tally().objects(standing.storage_class, 0, piece.size);
  await countChange(sql, bucketId, shard, grown.modifiedAt, tally);
  return 'done';
}

/** No part of a content is empty: an empty blob is of no use any more. */
async function keepAsFirstPart(
  sql: Sql,
  contentId: string,
  standing: HeldVersion,
  now: number,
): Promise<void> {
  if (standing.size === 0 || standing.blob_id === null) {
    await discardContents(sql, [standing], now);
    return;
  }
  await sql
    .insertInto('content_parts')
    .values({ content_id: contentId, start: 0, size: standing.size, blob_id: standing.blob_id })
    .execute();
}
