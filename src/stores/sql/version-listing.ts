/** All versions of keys: what keys point to and what they pointed to, in one order. */
import type { Selectable } from 'kysely';
import type {
  ListedVersion,
  NoncurrentVersion,
  ObjectIndex,
  VersionListing,
} from '../ports/objects.ts';
import type { ObjectVersionTable, Sql } from './database.ts';
import {
  firstKey,
  justBehind,
  type KeyRange,
  type KeyRow,
  listFolded,
  type Place,
  type Source,
  startOf,
  successor,
} from './listing.ts';
import { type ObjectRow, objectColumns, toStoredObject } from './object-rows.ts';
import type { PreparedRead } from './prepared.ts';

type OlderRow = Pick<
  Selectable<ObjectVersionTable>,
  'key' | 'sequence' | 'is_marker' | 'noncurrent_at' | (typeof objectColumns)[number]
>;

type VersionRow = KeyRow | OlderRow;

const olderColumns = ['key', 'sequence', 'is_marker', 'noncurrent_at', ...objectColumns] as const;

export async function listVersions(
  sql: Sql,
  keys: PreparedRead<KeyRange, KeyRow>,
  input: Parameters<ObjectIndex['listVersions']>[0],
): Promise<VersionListing> {
  const { bucketId, limit } = input;
  const prefix = Buffer.from(input.prefix);
  const delimiter = Buffer.from(input.delimiter);
  const after = Buffer.from(input.after);
  const source: Source<VersionRow, ListedVersion | { readonly commonPrefix: string }> = {
    async read(place, end, count) {
      const [current, older] = await Promise.all([
        keys.all({ bucketId, from: startOf(place), end, count }),
        readOlder(sql, bucketId, place, end, count),
      ]);
      return merge(current, older).slice(0, count);
    },
    toEntry,
  };
  const from = firstKey(prefix, delimiter, after);
  const isInside = input.afterVersion !== undefined && from.equals(justBehind(after));
  const marker = isInside
    ? await findMarkerRow(sql, bucketId, after, input.afterVersion ?? '')
    : undefined;
  const first: Place<VersionRow> = marker === undefined ? { from } : { behind: marker };
  return await listFolded(source, { prefix, delimiter, first, limit });
}

async function readOlder(
  sql: Sql,
  bucketId: number,
  place: Place<Pick<VersionRow, 'key' | 'sequence'>>,
  end: Buffer,
  count: number,
): Promise<OlderRow[]> {
  const query = sql
    .selectFrom('object_versions')
    .select(olderColumns)
    .where('bucket_id', '=', bucketId)
    .where('key', '<', end)
    .orderBy('key')
    .orderBy('sequence', 'desc')
    .limit(count);
  if ('from' in place) return await query.where('key', '>=', place.from).execute();
  const { key, sequence } = place.behind;
  return await query
    .where('key', '>=', key)
    .where((of) => of.or([of('key', '>', key), of('sequence', '<', sequence)]))
    .execute();
}

/** By key, the newest first; a key's current row is its newest. */
function merge(current: readonly KeyRow[], older: readonly OlderRow[]): VersionRow[] {
  return [...current, ...older].sort(
    (one, other) => Buffer.compare(one.key, other.key) || other.sequence - one.sequence,
  );
}

async function findMarkerRow(
  sql: Sql,
  bucketId: number,
  key: Buffer,
  versionId: string,
): Promise<VersionRow | undefined> {
  const current = await sql
    .selectFrom('objects')
    .select(['key', 'sequence', ...objectColumns])
    .where('bucket_id', '=', bucketId)
    .where('key', '=', key)
    .where('version_id', '=', versionId)
    .executeTakeFirst();
  if (current !== undefined) return current;
  return await sql
    .selectFrom('object_versions')
    .select(olderColumns)
    .where('bucket_id', '=', bucketId)
    .where('key', '=', key)
    .where('version_id', '=', versionId)
    .executeTakeFirst();
}

function toEntry(row: VersionRow): ListedVersion {
  const key = row.key.toString('utf8');
  const isLatest = !('noncurrent_at' in row) || row.noncurrent_at === null;
  if ('is_marker' in row && row.is_marker === 1) {
    const marker = { versionId: row.version_id, modifiedAt: row.modified_at };
    return { key, isLatest, marker };
  }
  return { key, isLatest, object: toStoredObject(row as ObjectRow) };
}

export async function listNoncurrent(
  sql: Sql,
  input: Parameters<ObjectIndex['listNoncurrent']>[0],
): Promise<NoncurrentVersion[]> {
  const prefix = Buffer.from(input.prefix);
  let query = sql
    .selectFrom('object_versions')
    .select(olderColumns)
    .where('bucket_id', '=', input.bucketId)
    .where('key', '>=', prefix)
    .where('key', '<', successor(prefix))
    .where('noncurrent_at', 'is not', null)
    .orderBy('key')
    .orderBy('sequence', 'desc')
    .limit(input.limit);
  if (input.after !== undefined) {
    const key = Buffer.from(input.after.key);
    const { sequence } = input.after;
    query = query
      .where('key', '>=', key)
      .where((of) => of.or([of('key', '>', key), of('sequence', '<', sequence)]));
  }
  const rows = await query.execute();
  return rows.map((row) => {
    const { sequence, noncurrent_at: noncurrentAt } = row;
    return { ...toEntry(row), sequence, noncurrentAt: noncurrentAt ?? 0 };
  });
}
