/** All versions of keys: what keys point to and what they pointed to, in one order. */
import type {
  ListedVersion,
  NoncurrentListing,
  ObjectIndex,
  VersionListing,
} from '../ports/objects.ts';
import type { Sql } from './database.ts';
import {
  type HeadRange,
  type KeyRange,
  type KeyRow,
  type OlderRow,
  olderColumns,
} from './key-reads.ts';
import {
  firstKey,
  firstOfGroups,
  groupingOf,
  groupOf,
  justBehind,
  type KeyReads,
  listFolded,
  type Place,
  type Source,
  startOf,
  startsWith,
  successor,
} from './listing.ts';
import { type ObjectRow, objectColumns, toStoredObject } from './object-rows.ts';
import type { PreparedRead } from './prepared.ts';

type VersionRow = KeyRow | OlderRow;

/** The reads of a listing of versions, compiled. */
export interface VersionReads extends KeyReads {
  readonly older: PreparedRead<KeyRange, OlderRow>;
  readonly olderHeads: PreparedRead<HeadRange, OlderRow>;
}

export async function listVersions(
  sql: Sql,
  { keys, heads, older, olderHeads }: VersionReads,
  input: Parameters<ObjectIndex['listVersions']>[0],
): Promise<VersionListing> {
  const { bucketId, limit } = input;
  const prefix = Buffer.from(input.prefix);
  const delimiter = Buffer.from(input.delimiter);
  const after = Buffer.from(input.after);
  const grouping = groupingOf(prefix, delimiter);
  const isInGroup = (key: Buffer) => groupOf(key, prefix, delimiter) !== undefined;
  const source: Source<VersionRow, ListedVersion | { readonly commonPrefix: string }> = {
    async read(place, end, count) {
      const range = { bucketId, place, end, count, isInGroup };
      const rows = await Promise.all([
        keys.all({ bucketId, from: startOf(place), end, count }),
        readOlder(sql, older.all, range),
      ]);
      return newestFirst<VersionRow>(rows.flat()).slice(0, count);
    },
    async readHeads(place, end, count) {
      const range = { bucketId, place, end, count, isInGroup };
      const rows = await Promise.all([
        heads.all({ bucketId, from: startOf(place), end, count, ...grouping }),
        readOlder(sql, (part) => olderHeads.all({ ...part, ...grouping }), range),
      ]);
      // A group may have a head in either table.
      const all = firstOfGroups(newestFirst<VersionRow>(rows.flat()), prefix, delimiter);
      return all.slice(0, count).map(({ row }) => row);
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

interface OlderRange {
  readonly bucketId: number;
  readonly place: Place<Pick<VersionRow, 'key' | 'sequence'>>;
  readonly end: Buffer;
  readonly count: number;
  /** Of such keys it does not matter which of their rows are read, or in which order. */
  isInGroup(key: Buffer): boolean;
}

/**
 * By key, the newest first, which no index has in this order: keys are read in the order of the
 * primary key and each turned round. Only the last of them may go on behind what was read; of that
 * one the newest are read from its other end. So a page costs what it holds, however many versions
 * one key has.
 */
async function readOlder(
  sql: Sql,
  read: (range: KeyRange) => Promise<OlderRow[]>,
  { bucketId, place, end, count, isInGroup }: OlderRange,
): Promise<OlderRow[]> {
  const found: OlderRow[] = [];
  if ('behind' in place) {
    const { key, sequence } = place.behind;
    found.push(...(await readNewest(sql, bucketId, key, count, sequence)));
  }
  const wanted = count - found.length;
  if (wanted === 0) return found;
  const rows = await read({ bucketId, from: startOf(place), end, count: wanted });
  const last = rows.length < wanted ? undefined : rows.at(-1);
  if (last === undefined || isInGroup(last.key)) return [...found, ...newestFirst(rows)];
  const whole = rows.filter(({ key }) => !key.equals(last.key));
  const newest = await readNewest(sql, bucketId, last.key, wanted - whole.length);
  return [...found, ...newestFirst(whole), ...newest];
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
  { older }: Pick<VersionReads, 'older'>,
  input: Parameters<ObjectIndex['listNoncurrent']>[0],
): Promise<NoncurrentListing> {
  const { bucketId, after, limit } = input;
  const prefix = Buffer.from(input.prefix);
  const place =
    after === undefined
      ? { from: prefix }
      : { behind: { key: Buffer.from(after.key), sequence: after.sequence } };
  const range = { bucketId, place, end: successor(prefix), count: limit, isInGroup: () => false };
  const rows = await readOlder(sql, older.all, range);
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
