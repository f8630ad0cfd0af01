/**
 * Listing of keys, folded at a delimiter, at a cost that grows with the page and not with the
 * bucket: when a group of keys has become one common prefix, the next read starts behind the group.
 */
import type { Selectable } from 'kysely';
import type { ListedObject, ObjectIndex, ObjectListing } from '../ports/objects.ts';
import type { ObjectTable } from './database.ts';
import { type ObjectRow, objectColumns, toStoredObject } from './object-rows.ts';
import type { HotRead, PreparedRead } from './prepared.ts';

type KeyRow = Pick<Selectable<ObjectTable>, 'key'> & ObjectRow;

interface KeyRange {
  bucketId: number;
  from: Buffer;
  end: Buffer;
  count: number;
}

/** Keys at or behind `from` and before `end`, in the order of their bytes. */
export const keysFrom: HotRead<KeyRange, KeyRow> = (sql, slot) =>
  sql
    .selectFrom('objects')
    .select(['key', ...objectColumns])
    .where('bucket_id', '=', slot('bucketId'))
    .where('key', '>=', slot('from'))
    .where('key', '<', slot('end'))
    .orderBy('key')
    .limit(slot('count'));

type Entry = ListedObject | { readonly commonPrefix: string };

/** Behind every key: UTF-8 has no byte like this. */
const behindAll = Buffer.of(0xff);

/** Rows of a read after one that found a single group: the next is probably as large. */
const rowsBetweenGroups = 2;

export async function listObjects(
  keys: PreparedRead<KeyRange, KeyRow>,
  input: Parameters<ObjectIndex['listObjects']>[0],
): Promise<ObjectListing> {
  const { bucketId, limit } = input;
  const prefix = Buffer.from(input.prefix);
  const delimiter = Buffer.from(input.delimiter);
  const end = successor(prefix);
  const wanted = limit + 1;
  const entries: Entry[] = [];
  let from = firstKey(prefix, delimiter, Buffer.from(input.after));
  for (let count = wanted; ; ) {
    const rows = await keys.all({ bucketId, from, end, count });
    const page = fold(rows, prefix, delimiter);
    entries.push(...page.entries);
    if (rows.length < count || entries.length >= wanted) break;
    from = page.next;
    const grown = page.entries.length > 1 ? count * 2 : rowsBetweenGroups;
    count = Math.min(grown, wanted - entries.length);
  }
  return { entries: entries.slice(0, limit), isTruncated: entries.length > limit };
}

/** The entries of consecutive rows, and the first key that can add another. */
function fold(
  rows: readonly KeyRow[],
  prefix: Buffer,
  delimiter: Buffer,
): { entries: Entry[]; next: Buffer } {
  const entries: Entry[] = [];
  let group: Buffer | undefined;
  let next: Buffer = behindAll;
  for (const row of rows) {
    if (group !== undefined && startsWith(row.key, group)) continue;
    group = groupOf(row.key, prefix, delimiter);
    if (group === undefined) {
      entries.push({ key: row.key.toString('utf8'), object: toStoredObject(row) });
      next = justBehind(row.key);
    } else {
      entries.push({ commonPrefix: group.toString('utf8') });
      next = successor(group);
    }
  }
  return { entries, next };
}

function firstKey(prefix: Buffer, delimiter: Buffer, after: Buffer): Buffer {
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
function justBehind(key: Buffer): Buffer {
  return Buffer.concat([key, Buffer.of(0)]);
}

/** The least bytes greater than everything that starts with `bytes`; they are UTF-8 text. */
function successor(bytes: Buffer): Buffer {
  const last = bytes.at(-1);
  if (last === undefined) return behindAll;
  return Buffer.concat([bytes.subarray(0, -1), Buffer.of(last + 1)]);
}

function startsWith(bytes: Buffer, start: Buffer): boolean {
  if (bytes.length < start.length) return false;
  return bytes.compare(start, 0, start.length, 0, start.length) === 0;
}
