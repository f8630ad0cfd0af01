/**
 * Listing of keys, folded at a delimiter, at a cost that grows with the page and not with the
 * bucket: when a group of keys has become one common prefix, the next read starts behind the group.
 */
import type { ObjectIndex, ObjectListing } from '../ports/objects.ts';
import type { HeadRange, KeyRange, KeyRow } from './key-reads.ts';
import { toStoredObject } from './object-rows.ts';
import type { PreparedRead } from './prepared.ts';

/** Where a read begins: at the first row of a key or later one, or right behind a row. */
export type Place<Row> = { readonly from: Buffer } | { readonly behind: Row };

/** Up to `count` rows at a place or behind it, and before `end`. */
type Read<Row> = (place: Place<Row>, end: Buffer, count: number) => Promise<Row[]>;

/** Rows in an order of which the key is the first part. */
export interface Source<Row extends { readonly key: Buffer }, Entry> {
  readonly read: Read<Row>;
  /** The first row of each entry only, without the rest of a group. */
  readonly readHeads: Read<Row>;
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
 * So many heads tell whether more groups are about: a head is a search of its own, and costs
 * several times what a row costs that is read in passing.
 */
const headsAtFirst = 100;

/** Where fewer heads than one in so many are of groups, rows are read in passing again. */
const headsPerGroup = 10;

/** A page takes four reads at most, and three as a rule. */
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
    if (read === readHeads && page.groupCount * headsPerGroup < page.entries.length) {
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
  const heads = firstOfGroups(rows, prefix, delimiter);
  const last = heads.at(-1);
  return {
    entries: heads.map(({ row, group }) =>
      group === undefined ? source.toEntry(row) : { commonPrefix: group.toString('utf8') },
    ),
    next:
      last && (last.group === undefined ? { behind: last.row } : { from: successor(last.group) }),
    groupCount: heads.filter(({ group }) => group !== undefined).length,
  };
}

/** Rows in their order, of each group the first only. */
export function firstOfGroups<Row extends { readonly key: Buffer }>(
  rows: readonly Row[],
  prefix: Buffer,
  delimiter: Buffer,
): { row: Row; group: Buffer | undefined }[] {
  const heads: { row: Row; group: Buffer | undefined }[] = [];
  for (const row of rows) {
    const before = heads.at(-1)?.group;
    if (before !== undefined && startsWith(row.key, before)) continue;
    heads.push({ row, group: groupOf(row.key, prefix, delimiter) });
  }
  return heads;
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
  const grouping = groupingOf(prefix, delimiter);
  const source: Source<KeyRow, ObjectListing['entries'][number]> = {
    read: (place, end, count) => keys.all({ bucketId, from: startOf(place), end, count }),
    readHeads: (place, end, count) =>
      heads.all({ bucketId, from: startOf(place), end, count, ...grouping }),
    toEntry: (row) => ({ key: row.key.toString('utf8'), object: toStoredObject(row) }),
  };
  const first = { from: firstKey(prefix, delimiter, Buffer.from(input.after)) };
  return await listFolded(source, { prefix, delimiter, first, limit });
}

/** What a read of heads is told of groups. */
export function groupingOf(
  prefix: Buffer,
  delimiter: Buffer,
): Pick<HeadRange, 'prefixLength' | 'delimiter' | 'behindDelimiter'> {
  return { prefixLength: prefix.length, delimiter, behindDelimiter: successor(delimiter) };
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

export function groupOf(key: Buffer, prefix: Buffer, delimiter: Buffer): Buffer | undefined {
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
