import { sql as raw } from 'kysely';
import type { SchemaFacts } from '../sql/schema-facts.ts';

export const sqliteSchema: SchemaFacts = {
  integer: 'integer',
  text: raw`text`,
  bytes: raw`blob`,
  numbered: (column) => column.primaryKey().autoIncrement(),
  async startAt(sql, table, _column, first) {
    await raw`insert into sqlite_sequence (name, seq) values (${table}, ${first - 1})`.execute(sql);
  },
  clustered: (table) => table.modifyEnd(raw`without rowid`),
  // The one connection that writes is in this process: a commit that is not answered was not made.
  async outcomes() {},
  async appendOnly(sql, table) {
    for (const change of ['update', 'delete']) {
      await raw`
        create trigger ${raw.id(`${table}_no_${change}`)} before ${raw.raw(change)}
        on ${raw.table(table)}
        begin select raise(abort, 'this record is append-only'); end
      `.execute(sql);
    }
  },
};
