import { sql as raw } from 'kysely';
import type { SchemaFacts } from '../sql/schema-facts.ts';

export const postgresSchema: SchemaFacts = {
  integer: 'bigint',
  text: raw`text collate "C"`,
  bytes: raw`bytea`,
  // "by default": a copy from another database brings its numbers along.
  numbered: (column) => column.primaryKey().generatedByDefaultAsIdentity(),
  async startAt(sql, table, column, first) {
    await raw`
      alter table ${raw.table(table)} alter column ${raw.ref(column)} restart with ${raw.lit(first)}
    `.execute(sql);
  },
  clustered: (table) => table,
  async appendOnly(sql, table) {
    const refuse = raw.id(`${table}_is_append_only`);
    await raw`
      create function ${refuse}() returns trigger language plpgsql as
      $$ begin raise exception 'this record is append-only'; end $$
    `.execute(sql);
    await raw`
      create trigger ${raw.id(`${table}_no_change`)} before update or delete or truncate
      on ${raw.table(table)} for each statement execute function ${refuse}()
    `.execute(sql);
  },
  async outcomes(sql) {
    await sql.schema
      .createTable('operations')
      .addColumn('id', raw`text collate "C"`, (column) => column.primaryKey())
      .addColumn('is_void', 'boolean', (column) => column.notNull().defaultTo(false))
      .addColumn('made_at', 'timestamptz', (column) => column.notNull().defaultTo(raw`now()`))
      .execute();
    await sql.schema.createIndex('operations_by_age').on('operations').column('made_at').execute();
  },
};
