/** Reading tables as rows, whatever is in them: a page at a time, by primary key. */
import { sql as raw } from 'kysely';
import {
  type BlobHolder,
  blobTables,
  type RowKey,
  type RowStore,
  type RowTable,
  settingsOfPlace,
} from '../ports/rows.ts';
import { findCopyMark } from './copy-mark.ts';
import type { Sql } from './database.ts';
import { lastNumber } from './numbering.ts';
import { keyOf, rowTable, untyped } from './row-tables.ts';
import type { RunWrite } from './writes.ts';

export function rowPort(sql: Sql, write: RunWrite): RowStore {
  return {
    readRows: (table, after, limit) => page(sql, rowTable(table), after, limit).execute(),
    async readKeys(name, after, limit) {
      const table = rowTable(name);
      const query = page(sql, table, after, limit)
        .clearSelect()
        .select([...table.key]);
      return (await query.execute()).map((row) => keyOf(table, row));
    },
    async findRow(name, key) {
      const table = rowTable(name);
      let query = untyped(sql).selectFrom(name).selectAll();
      for (const [index, column] of table.key.entries()) {
        query = query.where(column, '=', key[index] ?? null);
      }
      return await query.executeTakeFirst();
    },
    async findHolders(blobIds) {
      const holders: BlobHolder[] = [];
      if (blobIds.length === 0) return holders;
      for (const table of blobTables) {
        const query = untyped(sql).selectFrom(table).selectAll();
        const rows = await query.where('blob_id', 'in', [...blobIds]).execute();
        holders.push(...rows.map((row) => ({ table, row })));
      }
      return holders;
    },
    async countBlobs() {
      let count = 0;
      for (const table of blobTables) {
        const query = untyped(sql).selectFrom(table).select(raw<number>`count(*)`.as('count'));
        const isOfBlob = table === 'objects' || table === 'object_versions';
        const counted = isOfBlob ? query.where('content', '=', 'blob') : query;
        count += Number((await counted.executeTakeFirstOrThrow()).count);
      }
      return count;
    },
    async countRows(table) {
      const query = untyped(sql).selectFrom(table).select(raw<number>`count(*)`.as('count'));
      return Number((await query.executeTakeFirstOrThrow()).count);
    },
    lastNumber: (table) => lastNumber(sql, table, rowTable(table).key[0] ?? ''),
    findCopyMark: () => findCopyMark(sql),
    claimTarget: (mark) => write('claimTarget', mark),
    putRows: (run, table, rows) => write('putRows', run, table, rows),
    removeRows: (run, table, keys) => write('removeRows', run, table, keys),
    continueNumbers: (run, table, last) => write('continueNumbers', run, table, last),
    completeCopy: (run) => write('completeCopy', run),
    adoptCopy: () => write('adoptCopy'),
  };
}

function page(sql: Sql, table: RowTable, after: RowKey | undefined, limit: number) {
  let query = untyped(sql).selectFrom(table.name).selectAll().limit(limit);
  for (const column of table.key) query = query.orderBy(column);
  if (after !== undefined) {
    const columns = raw.join(table.key.map((column) => raw.ref(column)));
    query = query.where(raw<boolean>`(${columns}) > (${raw.join(after)})`);
  }
  if (table.name === 'settings') query = query.where('name', 'not in', [...settingsOfPlace]);
  return query;
}
