/**
 * Listing of keys, folded at a delimiter, at a cost that grows with the page and not with the
 * bucket: when a group of keys has become one common prefix, the next read starts behind the group.
 */
import { sql as raw } from 'kysely';
import type { ObjectIndex, ObjectListing } from '../ports/objects.ts';
import type { UploadListing, UploadStore } from '../ports/uploads.ts';
import type { Sql } from './database.ts';
import type { HeadRange, KeyRange, KeyRow } from './key-reads.ts';
import { toStoredObject } from './object-rows.ts';
import type { PreparedRead } from './prepared.ts';
import { toUpload } from './uploads.ts';

/** Where a read begins: at the first row of a key or later one, or right behind a row. */
export type Place<Row> = { readonly from: Buffer } | { readonly behind: Row };

/** Up to `count` rows at a place or behind it, and before `end`. */
type Read<Row> = (place: Place<Row>, end: Buffer, count: number) => Promise<Row[]>;

/** Rows in an order of which the key is the first part. */
export interface Source<Row extends { readonly key: Buffer }, Entry> {
  readonly read: Read<Row>;
  /**
   * The first row of each entry only, without the rest of a group. Sources without it are read from
   * group to group: folders of uploads are few, and versions are in the order of no index.
   */
  readonly readHeads?: Read<Row>;
  toEntry(row: Row): Entry;
}

export interface Folding<Row> {
  readonly prefix: Buffer;
  readonly delimiter: Buffer;
  readonly first: Place<Row>;
  readonly limit: number;
}

type Folded<Entry> = Entry | { readonly commonPrefix: string };

/** Behind every key: UTF-8 has no byte like this. */
const behindAll = Buffer.of(0xff);

/**
 * So many heads tell whether more groups are about: a head is a search of its own, and costs four
 * times what a row costs that is read in passing (measured, on either engine).
 */
const headsAtFirst = 100;

/** Where fewer heads than one in so many are of groups, rows are read in passing again. */
const headsPerGroup = 10;

/** Rows of a read after one that found few groups: the next are probably as large. */
const rowsBetweenGroups = 2;

/** So many rows cost no more than a read of their own. */
const rowsPerRead = 16;

/** Rows to ask for after a read of `count` that gave so many entries, where heads are not read. */
function nextCount(count: number, entryCount: number): number {
  const isDense = entryCount > 1 && entryCount * rowsPerRead > count;
  return isDense ? count * 2 : rowsBetweenGroups;
}

/** Where a source has heads, a page takes four reads at most, and three as a rule. */
export async function listFolded<Row extends { readonly key: Buffer }, Entry>(
  source: Source<Row, Entry>,
  { prefix, delimiter, first, limit }: Folding<Row>,
): Promise<{ entries: Folded<Entry>[]; isTruncated: boolean }> {
  const { readHeads } = source;
  const end = successor(prefix);
  const wanted = limit + 1;
  const entries: Folded<Entry>[] = [];
  let [place, read, count, headsMax] = [first, source.read, wanted, headsAtFirst];
  for (;;) {
    const rows = await read(place, end, count);
    const page = fold(source, rows, prefix, delimiter);
    entries.push(...page.entries);
    if (rows.length < count || entries.length >= wanted || page.next === undefined) break;
    place = page.next;
    const left = wanted - entries.length;
    if (readHeads === undefined) {
      count = Math.min(nextCount(count, page.entries.length), left);
    } else if (read === readHeads && page.groupCount * headsPerGroup < page.entries.length) {
      [read, count] = [source.read, left];
    } else {
      [read, count, headsMax] = [readHeads, Math.min(headsMax, left), limit];
    }
  }
  return { entries: entries.slice(0, limit), isTruncated: entries.length > limit };
}

/** The entries of rows in their order, and the first place that can add another. */
function fold<Row extends { readonly key: Buffer }, Entry>(
  source: Source<Row, Entry>,
  rows: readonly Row[],
  prefix: Buffer,
  delimiter: Buffer,
): { entries: Folded<Entry>[]; next: Place<Row> | undefined; groupCount: number } {
  const entries: Folded<Entry>[] = [];
  let groupCount = 0;
  let group: Buffer | undefined;
  let next: Place<Row> | undefined;
  for (const row of rows) {
    if (group !== undefined && startsWith(row.key, group)) continue;
    group = groupOf(row.key, prefix, delimiter);
    if (group === undefined) {
      entries.push(source.toEntry(row));
      next = { behind: row };
    } else {
      groupCount += 1;
      entries.push({ commonPrefix: group.toString('utf8') });
      next = { from: successor(group) };
    }
  }
  return { entries, next, groupCount };
}

/** The reads of a listing of objects, compiled. */
export interface KeyReads {
  readonly keys: PreparedRead<KeyRange, KeyRow>;
  readonly heads: PreparedRead<HeadRange, KeyRow>;
}

export async function listObjects(
  { keys, heads }: KeyReads,
  input: Parameters<ObjectIndex['listObjects']>[0],
): Promise<ObjectListing> {
  const { bucketId, limit } = input;
  const prefix = Buffer.from(input.prefix);
  const delimiter = Buffer.from(input.delimiter);
  const grouping = {
    prefixLength: prefix.length,
    delimiter,
    behindDelimiter: successor(delimiter),
  };
  const source: Source<KeyRow, ObjectListing['entries'][number]> = {
    read: (place, end, count) => keys.all({ bucketId, from: startOf(place), end, count }),
    readHeads: (place, end, count) =>
      heads.all({ bucketId, from: startOf(place), end, count, ...grouping }),
    toEntry: (row) => ({ key: row.key.toString('utf8'), object: toStoredObject(row) }),
  };
  const first = { from: firstKey(prefix, delimiter, Buffer.from(input.after)) };
  return await listFolded(source, { prefix, delimiter, first, limit });
}

type UploadRow = Parameters<typeof toUpload>[0];

export async function listUploads(
  sql: Sql,
  input: Parameters<UploadStore['listUploads']>[0],
): Promise<UploadListing> {
  const { bucketId, limit, afterUpload } = input;
  const prefix = Buffer.from(input.prefix);
  const delimiter = Buffer.from(input.delimiter);
  const after = Buffer.from(input.after);
  const source: Source<UploadRow, UploadListing['entries'][number]> = {
    read(place, end, count) {
      let query = sql
        .selectFrom('uploads')
        .select(['upload_id', 'key', 'initiated_at', 'facts'])
        .where('bucket_id', '=', bucketId)
        .where('key', '<', end)
        .orderBy('key')
        .orderBy('upload_id')
        .limit(count);
      query =
        'from' in place
          ? query.where('key', '>=', place.from)
          : query.where(
              raw<boolean>`(key, upload_id) > (${place.behind.key}, ${place.behind.upload_id})`,
            );
      return query.execute();
    },
    toEntry: toUpload,
  };
  const from = firstKey(prefix, delimiter, after);
  const isInside = afterUpload !== undefined && from.equals(justBehind(after));
  const marker = { key: after, upload_id: afterUpload ?? '', initiated_at: 0, facts: '' };
  const first: Place<UploadRow> = isInside ? { behind: marker } : { from };
  return await listFolded(source, { prefix, delimiter, first, limit });
}

/** The first key a place stands for, where a key has one row. */
export function startOf(place: Place<{ readonly key: Buffer }>): Buffer {
  return 'from' in place ? place.from : justBehind(place.behind.key);
}

export function firstKey(prefix: Buffer, delimiter: Buffer, after: Buffer): Buffer {
  if (Buffer.compare(after, prefix) < 0) return prefix;
  // A group that `after` names or stands in begins at or before `after`: it was listed already.
  const group = groupOf(after, prefix, delimiter);
  return group === undefined ? justBehind(after) : successor(group);
}

function groupOf(key: Buffer, prefix: Buffer, delimiter: Buffer): Buffer | undefined {
  if (delimiter.length === 0 || !startsWith(key, prefix)) return undefined;
  const found = key.indexOf(delimiter, prefix.length);
  return found === -1 ? undefined : key.subarray(0, found + delimiter.length);
}

/** The least key greater than `key`. */
export function justBehind(key: Buffer): Buffer {
  return Buffer.concat([key, Buffer.of(0)]);
}

/** The least bytes greater than everything that starts with `bytes`; they are UTF-8 text. */
export function successor(bytes: Buffer): Buffer {
  const last = bytes.at(-1);
  if (last === undefined) return behindAll;
  return Buffer.concat([bytes.subarray(0, -1), Buffer.of(last + 1)]);
}

export function startsWith(bytes: Buffer, start: Buffer): boolean {
  if (bytes.length < start.length) return false;
  return bytes.compare(start, 0, start.length, 0, start.length) === 0;
}
