/** Objects and their versions: put, deleted, changed, in one transaction each. */
import type { Insertable } from 'kysely';
import type { DeleteMarker, ListedVersion, PutObject, PutOutcome } from '../ports/objects.ts';
import { discardBlobs, discardContents, spendAnnouncement } from './contents.ts';
import { countChange, Tally } from './counters.ts';
import type { ObjectTable, Sql } from './database.ts';
import {
  keyBytes,
  keyToStore,
  type ObjectRow,
  objectColumns,
  toObjectRow,
  toStoredObject,
} from './object-rows.ts';
import { type HotRead, hotStatement, type Slots } from './prepared.ts';
import { together } from './together.ts';
import {
  cover,
  holdPlace,
  isProtected,
  type KeyPlace,
  nextSequence,
  nullVersion,
  nullVersionOf,
  readStack,
} from './versions.ts';

export const objectByKey: HotRead<{ bucketId: number; key: Buffer }, ObjectRow> = (sql, slot) =>
  sql
    .selectFrom('objects')
    .select(objectColumns)
    .where('bucket_id', '=', slot('bucketId'))
    .where('key', '=', slot('key'));

export async function putObject(sql: Sql, input: PutObject, shard: number): Promise<PutOutcome> {
  return await storeObject(sql, input, shard, { tally: new Tally(), write: async () => {} });
}

/**
 * What `putObject` and the completion of an upload do alike. `along` is what else the transaction
 * does when the object is stored, and how that counts.
 */
export async function storeObject(
  sql: Sql,
  input: PutObject,
  shard: number,
  along: { readonly tally: Tally; readonly write: () => Promise<void> },
): Promise<PutOutcome> {
  const { bucketId, object } = input;
  const { tally } = along;
  const now = object.modifiedAt;
  const place = { bucketId, key: keyToStore(input.key) };
  const held = await holdPlace(sql, place);
  if (held === undefined) {
    // The bytes stand and nobody will point to them.
    if (input.isAnnounced === true && (await spendAnnouncement(sql, object.blobId))) {
      await discardBlobs(sql, [object.blobId], now);
    }
    return { outcome: 'no-bucket' };
  }
  const { versioning, standing } = held;
  const isForbidden = (versioning === '' && input.forbidOverwrite) || input.onlyIfNone === true;
  if (isForbidden && standing !== undefined) return { outcome: 'exists' };
  const stack = versioning === '' ? { standing } : await readStack(sql, place, standing);
  const doomed = versioning === 'Enabled' ? undefined : nullVersionOf(stack);
  if (isProtected(doomed, input.protectedSince)) return { outcome: 'immutable' };
  if (input.isAnnounced === true && !(await spendAnnouncement(sql, object.blobId))) {
    return { outcome: 'not-announced' };
  }
  if (versioning !== '') await cover(sql, place, stack, versioning, now, tally);
  const versionId = versioning === 'Enabled' ? object.versionId : nullVersion;
  const row = { ...toObjectRow({ ...object, versionId }), sequence: nextSequence(stack) };
  const isReplaced = standing !== undefined && standing === doomed;
  if (isReplaced) tally.objects(standing.storage_class, -1, -standing.size);
  tally.objects(object.storageClass, 1, object.size);
  const discarded = isReplaced && standing.blob_id !== object.blobId ? [standing] : [];
  await together(
    sql,
    () => (standing === undefined ? insertObject : replaceObject)(sql, { ...place, ...row }),
    () => discardContents(sql, discarded, now),
    along.write,
    () => countChange(sql, bucketId, shard, now, tally),
  );
  return versioning === '' ? { outcome: 'stored' } : { outcome: 'stored', versionId };
}

type NewRow = Omit<Insertable<ObjectTable>, 'bucket_id' | 'key'>;

/** A rival that puts the same new key fails the one who is later, and that write runs again. */
const insertObject = hotStatement((sql, slot: Slots<KeyPlace & NewRow>) =>
  sql
    .insertInto('objects')
    .values({ bucket_id: slot('bucketId'), key: slot('key'), ...rowOfSlots(slot) }),
);

const replaceObject = hotStatement((sql, slot: Slots<KeyPlace & NewRow>) =>
  sql
    .updateTable('objects')
    .set(rowOfSlots(slot))
    .where('bucket_id', '=', slot('bucketId'))
    .where('key', '=', slot('key')),
);

function rowOfSlots(slot: Slots<NewRow>): NewRow {
  const columns = ['sequence', ...objectColumns] as const;
  return Object.fromEntries(columns.map((name) => [name, slot(name)])) as unknown as NewRow;
}

export async function findVersion(
  sql: Sql,
  bucketId: number,
  key: string,
  versionId: string,
): Promise<ListedVersion | undefined> {
  const bytes = keyBytes(key);
  if (bytes === undefined) return undefined;
  const current = await sql
    .selectFrom('objects')
    .select(objectColumns)
    .where('bucket_id', '=', bucketId)
    .where('key', '=', bytes)
    .where('version_id', '=', versionId)
    .executeTakeFirst();
  if (current !== undefined) return { key, isLatest: true, object: toStoredObject(current) };
  const older = await sql
    .selectFrom('object_versions')
    .select([...objectColumns, 'is_marker', 'noncurrent_at'])
    .where('bucket_id', '=', bucketId)
    .where('key', '=', bytes)
    .where('version_id', '=', versionId)
    .executeTakeFirst();
  if (older === undefined) return undefined;
  const isLatest = older.noncurrent_at === null;
  if (older.is_marker === 1) {
    return { key, isLatest, marker: { versionId, modifiedAt: older.modified_at } };
  }
  return { key, isLatest, object: toStoredObject(older as ObjectRow) };
}

export async function findMarker(
  sql: Sql,
  bucketId: number,
  key: string,
): Promise<DeleteMarker | undefined> {
  const bytes = keyBytes(key);
  if (bytes === undefined) return undefined;
  const newest = await sql
    .selectFrom('object_versions')
    .select(['version_id', 'modified_at', 'is_marker', 'noncurrent_at'])
    .where('bucket_id', '=', bucketId)
    .where('key', '=', bytes)
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (newest === undefined || newest.is_marker === 0 || newest.noncurrent_at !== null) {
    return undefined;
  }
  return { versionId: newest.version_id, modifiedAt: newest.modified_at };
}
