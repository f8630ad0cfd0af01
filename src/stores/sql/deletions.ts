/** Deletions of objects, of versions and of delete markers (oss-semantics.md 1.2). */
import type { Deletion, DeletionResult, ObjectIndex } from '../ports/objects.ts';
import { discardContents } from './contents.ts';
import { countChange, Tally } from './counters.ts';
import type { Sql } from './database.ts';
import { keyBytes } from './object-rows.ts';
import { inPortions } from './portions.ts';
import {
  cover,
  type HeldVersion,
  heldColumns,
  holdKeys,
  insertMarker,
  isProtected,
  isStanding,
  type KeyPlace,
  lockKey,
  lockOlder,
  nextSequence,
  nullVersion,
  nullVersionOf,
  readStack,
  removeCurrent,
  removeOlder,
  shareBucket,
  uncover,
} from './versions.ts';

type DeleteInput = Parameters<ObjectIndex['deleteObjects']>[0];

export async function deleteObjects(
  sql: Sql,
  input: DeleteInput,
  shard: number,
): Promise<DeletionResult[]> {
  const bucket = await shareBucket(sql, input.bucketId);
  const results: DeletionResult[] = input.deletions.map(({ key }) => nothingDone(key));
  if (bucket === undefined) return results;
  // Locked in the order of their keys: two that delete the same never wait for each other.
  const ordered = input.deletions
    .map((deletion, index) => ({ deletion, index, key: keyBytes(deletion.key) }))
    .filter((each): each is typeof each & { key: Buffer } => each.key !== undefined)
    .sort((one, other) => Buffer.compare(one.key, other.key));
  const tally = new Tally();
  if (bucket.versioning === '') {
    for (const some of inPortions(ordered)) {
      await deletePlain(sql, input, some, results, tally);
    }
  } else {
    await holdKeys(
      sql,
      input.bucketId,
      ordered.map(({ key }) => key),
    );
    for (const { deletion, index, key } of ordered) {
      const place = { bucketId: input.bucketId, key };
      results[index] = await deleteOne(sql, place, deletion, bucket.versioning, input, tally);
    }
  }
  const isChanged = results.some((result) => result.removed ?? result.markerId);
  if (isChanged) await countChange(sql, input.bucketId, shard, input.now, tally);
  return results;
}

function nothingDone(key: string): DeletionResult {
  return { key, removed: undefined, markerId: undefined, isProtected: false };
}

interface OrderedDeletion {
  readonly deletion: Deletion;
  readonly index: number;
  readonly key: Buffer;
}

/** Where nothing has versions, many keys go with few statements. */
async function deletePlain(
  sql: Sql,
  { bucketId, now, protectedSince }: DeleteInput,
  some: readonly OrderedDeletion[],
  results: DeletionResult[],
  tally: Tally,
): Promise<void> {
  const asked = some.filter(({ deletion }) => (deletion.versionId ?? nullVersion) === nullVersion);
  if (asked.length === 0) return;
  const locked = await sql
    .selectFrom('objects')
    .select(['key', ...heldColumns])
    .where('bucket_id', '=', bucketId)
    .where(
      'key',
      'in',
      asked.map(({ key }) => key),
    )
    .orderBy('key')
    .forUpdate()
    .execute();
  const rows = new Map(locked.map((row) => [row.key.toString('latin1'), row]));
  const gone: typeof locked = [];
  for (const { deletion, index, key } of asked) {
    const name = key.toString('latin1');
    const row = rows.get(name);
    if (row === undefined || !isStanding(row, deletion.standing)) continue;
    if (isProtected(row, protectedSince)) {
      results[index] = { ...nothingDone(deletion.key), isProtected: true };
      continue;
    }
    rows.delete(name);
    gone.push(row);
    results[index] = { ...nothingDone(deletion.key), removed: 'object' };
    tally.objects(row.storage_class, -1, -row.size);
  }
  if (gone.length === 0) return;
  await sql
    .deleteFrom('objects')
    .where('bucket_id', '=', bucketId)
    .where(
      'key',
      'in',
      gone.map(({ key }) => key),
    )
    .execute();
  await discardContents(sql, gone, now);
}

async function deleteOne(
  sql: Sql,
  place: KeyPlace,
  deletion: Deletion,
  versioning: string,
  input: DeleteInput,
  tally: Tally,
): Promise<DeletionResult> {
  const standing = await lockKey(sql, place);
  return deletion.versionId === undefined
    ? await putMarker(sql, place, standing, deletion, versioning, input, tally)
    : await deleteVersion(sql, place, standing, deletion, deletion.versionId, input, tally);
}

async function putMarker(
  sql: Sql,
  place: KeyPlace,
  standing: HeldVersion | undefined,
  { key, markerId, standing: seen }: Deletion,
  versioning: string,
  { now, protectedSince }: DeleteInput,
  tally: Tally,
): Promise<DeletionResult> {
  if (!isStanding(standing, seen)) return nothingDone(key);
  const stack = await readStack(sql, place, standing);
  const doomed = versioning === 'Enabled' ? undefined : nullVersionOf(stack);
  if (isProtected(doomed, protectedSince)) return { ...nothingDone(key), isProtected: true };
  await cover(sql, place, stack, versioning, now, tally);
  if (standing !== undefined) {
    await removeCurrent(sql, place);
    if (standing === doomed) {
      await discardContents(sql, [standing], now);
      tally.objects(standing.storage_class, -1, -standing.size);
    }
  }
  const versionId = versioning === 'Enabled' ? markerId : nullVersion;
  await insertMarker(sql, place, { versionId, sequence: nextSequence(stack), at: now });
  tally.markers(1);
  return { ...nothingDone(key), markerId: versionId };
}

async function deleteVersion(
  sql: Sql,
  place: KeyPlace,
  standing: HeldVersion | undefined,
  { key, standing: seen }: Deletion,
  versionId: string,
  { now, protectedSince }: DeleteInput,
  tally: Tally,
): Promise<DeletionResult> {
  if (standing?.version_id === versionId) {
    if (!isStanding(standing, seen)) return nothingDone(key);
    if (isProtected(standing, protectedSince)) return { ...nothingDone(key), isProtected: true };
    await removeCurrent(sql, place);
    await discardContents(sql, [standing], now);
    tally.objects(standing.storage_class, -1, -standing.size);
    await uncover(sql, place);
    return { ...nothingDone(key), removed: 'object' };
  }
  const older = await lockOlder(sql, place, versionId);
  if (older === undefined || !isStanding(older, seen)) return nothingDone(key);
  const isMarker = older.is_marker === 1;
  if (!isMarker && isProtected(older, protectedSince)) {
    return { ...nothingDone(key), isProtected: true };
  }
  await removeOlder(sql, place, older, now, tally);
  if (standing === undefined && older.noncurrent_at === null) await uncover(sql, place);
  return { ...nothingDone(key), removed: isMarker ? 'marker' : 'object' };
}
