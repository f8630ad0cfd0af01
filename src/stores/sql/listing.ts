/**
 * Listing of keys, folded at a delimiter, at a cost that grows with the page and not with the
 * bucket: when a group of keys has become one common prefix, the next read starts behind the group.
 */
import type { ListedObject, ObjectIndex, ObjectListing } from '../ports/objects.ts';
import type { Sql } from './database.ts';
import { keyBytes, objectColumns, toStoredObject } from './object-rows.ts';

/** Rows per read while keys fold: enough to leave small groups, little to waste on large ones. */
const rowsWhileFolding = 16;

type Entry = ListedObject | { readonly commonPrefix: string };

/** Where the next read begins: behind a key, or at the first key a group cannot hold. */
interface Cursor {
  readonly bytes: Buffer;
  readonly isInclusive: boolean;
}

export async function listObjects(
  sql: Sql,
  input: Parameters<ObjectIndex['listObjects']>[0],
): Promise<ObjectListing> {
  const prefix = keyBytes(input.prefix);
  const delimiter = keyBytes(input.delimiter);
  const wanted = input.limit + 1;
  const entries: Entry[] = [];
  let cursor: Cursor | undefined = firstCursor(prefix, delimiter, keyBytes(input.after));
  let rowCount = wanted;
  while (cursor !== undefined && entries.length < wanted) {
    const rows = await readRows(sql, input.bucketId, prefix, cursor, rowCount);
    const isLast = rows.length < rowCount;
    let group: Buffer | undefined;
    let plain = 0;
    for (const row of rows) {
      if (entries.length === wanted) break;
      if (group !== undefined && startsWith(row.key, group)) continue;
      group = groupOf(row.key, prefix, delimiter);
      if (group !== undefined) entries.push({ commonPrefix: group.toString('utf8') });
      else {
        plain += 1;
        entries.push({ key: row.key.toString('utf8'), object: toStoredObject(row) });
      }
    }
    const last = rows.at(-1);
    if (isLast || last === undefined) cursor = undefined;
    else if (group !== undefined) cursor = behindGroup(group);
    else cursor = { bytes: last.key, isInclusive: false };
    const missing = wanted - entries.length;
    rowCount = plain > rows.length / 2 ? missing : Math.min(missing, rowsWhileFolding);
  }
  return { entries: entries.slice(0, input.limit), isTruncated: entries.length > input.limit };
}

function firstCursor(prefix: Buffer, delimiter: Buffer, after: Buffer): Cursor {
  if (Buffer.compare(after, prefix) < 0) return { bytes: prefix, isInclusive: true };
  // A group that `after` names or stands in begins at or before `after`: it was listed already.
  const group = groupOf(after, prefix, delimiter);
  if (group !== undefined) {
    const behind = behindGroup(group);
    if (behind !== undefined) return behind;
  }
  return { bytes: after, isInclusive: false };
}

function groupOf(key: Buffer, prefix: Buffer, delimiter: Buffer): Buffer | undefined {
  if (delimiter.length === 0 || !startsWith(key, prefix)) return undefined;
  const found = key.indexOf(delimiter, prefix.length);
  return found === -1 ? undefined : key.subarray(0, found + delimiter.length);
}

function behindGroup(group: Buffer): Cursor | undefined {
  const bytes = successor(group);
  return bytes === undefined ? undefined : { bytes, isInclusive: true };
}

/** The least bytes greater than everything that starts with `bytes`. */
function successor(bytes: Buffer): Buffer | undefined {
  let length = bytes.length;
  while (length > 0 && bytes[length - 1] === 0xff) length -= 1;
  if (length === 0) return undefined;
  const next = Buffer.from(bytes.subarray(0, length));
  next.writeUInt8(next.readUInt8(length - 1) + 1, length - 1);
  return next;
}

function startsWith(bytes: Buffer, start: Buffer): boolean {
  return (
    bytes.length >= start.length && bytes.compare(start, 0, start.length, 0, start.length) === 0
  );
}

function readRows(sql: Sql, bucketId: number, prefix: Buffer, from: Cursor, count: number) {
  const end = successor(prefix);
  let query = sql
    .selectFrom('objects')
    .select(['key', ...objectColumns])
    .where('bucket_id', '=', bucketId)
    .where('key', from.isInclusive ? '>=' : '>', from.bytes)
    .orderBy('key')
    .limit(count);
  if (end !== undefined) query = query.where('key', '<', end);
  return query.execute();
}
