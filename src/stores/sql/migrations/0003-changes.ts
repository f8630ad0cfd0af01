import { type Kysely, sql as raw } from 'kysely';
import type { Sql } from '../database.ts';
import type { SchemaFacts } from '../schema-facts.ts';

/** The tables as they were before, where this step reads them. */
type Before = Kysely<{ domain_revisions: { domain: string; revision: number } }>;

/** The revisions of domains become those of everything that nodes keep in memory. */
export async function changesOfEverything(sql: Sql, facts: SchemaFacts): Promise<void> {
  const { text, integer } = facts;
  await sql.schema
    .createTable('changes')
    .addColumn('kind', text, (column) => column.notNull())
    .addColumn('name', text, (column) => column.notNull())
    .addColumn('revision', integer, (column) => column.notNull().unique())
    .addPrimaryKeyConstraint('changes_key', ['kind', 'name'])
    .execute();
  await sql
    .insertInto('changes')
    .columns(['kind', 'name', 'revision'])
    .expression(
      (sql as unknown as Before)
        .selectFrom('domain_revisions')
        .select([raw.lit('domain').as('kind'), 'domain as name', 'revision']),
    )
    .execute();
  await sql.schema.dropTable('domain_revisions').execute();
  await sql
    .updateTable('counters')
    .set({ name: 'changes' })
    .where('name', '=', 'domains')
    .execute();
  await facts.outcomes(sql);
}
