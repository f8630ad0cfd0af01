/** All versions of keys: what keys point to and what they pointed to, in one order. */
import type { Selectable } from 'kysely';
import type {
  ListedVersion,
  NoncurrentListing,
  ObjectIndex,
  VersionListing,
} from '../ports/objects.ts';
import type { ObjectVersionTable, Sql } from './database.ts';
import type { KeyRange, KeyRow } from './key-reads.ts';
import {
  firstKey,
  justBehind,
  listFolded,
  type Place,
  type Source,
  startOf,
  startsWith,
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
      return newestFirst([...current, ...older]).slice(0, count);
    },
    toEntry,
  };
  const from = firstKey(prefix, delimiter, after);
  const isInside = startsWith(after, prefix) && from.equals(justBehind(after));
  const marker =
    isInside && input.afterVersion !== undefined
      ? await findMarkerRow(sql, bucketId, after, input.afterVersion)
      : undefined;
  const first: Place<VersionRow> = marker === undefined ? { from } : { behind: marker };
  return await listFolded(source, { prefix, delimiter, first, limit });
}

/**
 * By key, the newest first, which no index has in this order: keys are read in the order of the
 * primary key and each turned round. Only the last of them may go on behind what was read; of that
 * one the newest are read from its other end. So a page costs what it holds, however many versions
 * one key has.
 */
async function readOlder(
  sql: Sql,
  bucketId: number,
  place: Place<Pick<VersionRow, 'key' | 'sequence'>>,
  end: Buffer,
  count: number,
): Promise<OlderRow[]> {
  const found: OlderRow[] = [];
  if ('behind' in place) {
    const { key, sequence } = place.behind;
    found.push(...(await readNewest(sql, bucketId, key, count, sequence)));
  }
  const wanted = count - found.length;
  if (wanted === 0) return found;
  const rows = await sql
    .selectFrom('object_versions')
    .select(olderColumns)
    .where('bucket_id', '=', bucketId)
    .where('key', '>=', startOf(place))
    .where('key', '<', end)
    .orderBy('key')
    .orderBy('sequence')
    .limit(wanted)
    .execute();
  const last = rows.length < wanted ? undefined : rows.at(-1);
  const whole = last === undefined ? rows : rows.filter(({ key }) => !key.equals(last.key));
  found.push(...newestFirst(whole));
  if (last !== undefined) {
    found.push(...(await readNewest(sql, bucketId, last.key, wanted - whole.length)));
  }
  return found;
}

/** Of one key, older than `before`. */
async function readNewest(
  sql: Sql,
  bucketId: number,
  key: Buffer,
  count: number,
  before?: number,
): Promise<OlderRow[]> {
  const query = sql
    .selectFrom('object_versions')
    .select(olderColumns)
    .where('bucket_id', '=', bucketId)
    .where('key', '=', key)
    .orderBy('sequence', 'desc')
    .limit(count);
  return await (before === undefined ? query : query.where('sequence', '<', before)).execute();
}

/** By key, the newest first; a key's current row is its newest. */
function newestFirst<Row extends VersionRow>(rows: readonly Row[]): Row[] {
  return rows.toSorted(
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
): Promise<NoncurrentListing> {
  const { bucketId, after, limit } = input;
  const prefix = Buffer.from(input.prefix);
  const place =
    after === undefined
      ? { from: prefix }
      : { behind: { key: Buffer.from(after.key), sequence: after.sequence } };
  const rows = await readOlder(sql, bucketId, place, successor(prefix), limit);
  const last = rows.length < limit ? undefined : rows.at(-1);
  return {
    versions: rows.flatMap((row) => {
      const { sequence, noncurrent_at: noncurrentAt } = row;
      // A marker on top of its key.
      return noncurrentAt === null ? [] : [{ ...toEntry(row), sequence, noncurrentAt }];
    }),
    next: last && { key: last.key.toString('utf8'), sequence: last.sequence },
  };
}
