import type { Kysely } from 'kysely';
import { DEFAULT_MIGRATION_TABLE, type Migration, Migrator } from 'kysely/migration';
import type { Sql } from './database.ts';
import { firstSchema } from './migrations/0001-first-schema.ts';
import { announcedBlobs } from './migrations/0002-announced-blobs.ts';
import { changesOfEverything } from './migrations/0003-changes.ts';
import { leases } from './migrations/0005-leases.ts';
import type { SchemaFacts } from './schema-facts.ts';

/** In the order they run. A released one is never edited: the next change is the next entry. */
const migrations: Readonly<Record<string, (sql: Sql, facts: SchemaFacts) => Promise<void>>> = {
  '0001-first-schema': firstSchema,
  '0002-announced-blobs': announcedBlobs,
  '0003-changes': changesOfEverything,
  '0005-leases': leases,
};

/** The database was written by a newer release; running on it could destroy what we do not know. */
export class NewerDatabase extends Error {
  constructor(unknown: readonly string[]) {
    super(
      `The database was made by a newer release of cnamed (it has ${unknown.join(', ')}, ` +
        'which this release does not know). Start that release, or restore a backup made before.',
    );
    this.name = 'NewerDatabase';
  }
}

/**
 * Brings the tables up to this release. The caller has begun a transaction that nobody else can
 * enter (two processes may start at once) and commits it afterwards, so that all steps stand or
 * none does.
 */
export async function migrate(sql: Sql, facts: SchemaFacts): Promise<void> {
  const done = await migrationsDone(sql);
  const unknown = done.filter((name) => !(name in migrations));
  if (unknown.length > 0) throw new NewerDatabase(unknown);
  if (done.length === Object.keys(migrations).length) return;
  const steps = Object.entries(migrations).map(([name, up]): [string, Migration] => [
    name,
    { up: (database: Kysely<never>) => up(database as unknown as Sql, facts) },
  ]);
  const provider = { getMigrations: async () => Object.fromEntries(steps) };
  const { error } = await new Migrator({ db: sql, provider }).migrateToLatest();
  if (error !== undefined) throw error;
}

async function migrationsDone(sql: Sql): Promise<string[]> {
  const tables = await sql.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some((table) => table.name === DEFAULT_MIGRATION_TABLE)) return [];
  const untyped = sql as unknown as Kysely<Record<string, { name: string }>>;
  const rows = await untyped.selectFrom(DEFAULT_MIGRATION_TABLE).select('name').execute();
  return rows.map((row) => row.name);
}
