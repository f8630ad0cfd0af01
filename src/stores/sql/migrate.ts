import type { Kysely } from 'kysely';
import { DEFAULT_MIGRATION_TABLE, type Migration, Migrator } from 'kysely/migration';
import type { SchemaState, SchemaStep } from '../ports/schema.ts';
import type { Sql } from './database.ts';
import { firstSchema } from './migrations/0001-first-schema.ts';
import { announcedBlobs } from './migrations/0002-announced-blobs.ts';
import { changesOfEverything } from './migrations/0003-changes.ts';
import { bucketCounters } from './migrations/0004-bucket-counters.ts';
import { leases } from './migrations/0005-leases.ts';
import { bucketConfiguration } from './migrations/0006-bucket-configuration.ts';
import { versionsAndParts } from './migrations/0007-versions-and-parts.ts';
import { identities } from './migrations/0008-identities.ts';
import { documentsByName } from './migrations/0009-documents-by-name.ts';
import { endedCertificates } from './migrations/0010-ended-certificates.ts';
import { release } from './release.ts';
import type { SchemaFacts } from './schema-facts.ts';
import { findSetting, setSetting } from './settings.ts';

/** In the order they run. A released one is never edited: the next change is the next entry. */
const migrations: Readonly<Record<string, (sql: Sql, facts: SchemaFacts) => Promise<void>>> = {
  '0001-first-schema': firstSchema,
  '0002-announced-blobs': announcedBlobs,
  '0003-changes': changesOfEverything,
  '0004-bucket-counters': bucketCounters,
  '0005-leases': leases,
  '0006-bucket-configuration': bucketConfiguration,
  '0007-versions-and-parts': versionsAndParts,
  '0008-identities': identities,
  '0009-documents-by-name': documentsByName,
  '0010-ended-certificates': endedCertificates,
};

/**
 * Steps that take something away which the release before still asks for, or bring rules it does
 * not know: its nodes fail under them, or break what is kept. Under all others they go on until
 * they are replaced.
 */
const breaking: ReadonlySet<string> = new Set([
  '0003-changes',
  '0006-bucket-configuration',
  '0007-versions-and-parts',
  '0008-identities',
]);

/** The setting that says which release changed the tables last; written with the change. */
const releaseSetting = 'schema-release';

/** The database was written by a newer release; running on it could destroy what we do not know. */
export class NewerDatabase extends Error {
  override readonly name = 'NewerDatabase';
}

/** The database is of an older release, and whoever opened it may not change its tables. */
export class OlderDatabase extends Error {
  override readonly name = 'OlderDatabase';
  constructor({ done, pending }: SchemaState) {
    const names = pending.map((step) => step.name).join(', ');
    super(
      done.length === 0
        ? 'The database has no tables yet. Run "cnamed migrate", or start the server once.'
        : `The database is of an older release: ${names} must be made first. ` +
            'Run "cnamed migrate" (see "cnamed migrate --status"), or start the server.',
    );
  }
}

function refusalOf({ unknown, madeBy }: Pick<SchemaState, 'unknown' | 'madeBy'>) {
  if (unknown.length === 0) return undefined;
  const who = madeBy === undefined ? '' : ` (${madeBy}; this is ${release})`;
  return (
    `The database was made by a newer release of cnamed${who}: it has ` +
    `${unknown.join(', ')}, which this release does not know. Start that release, or restore a ` +
    'backup made before.'
  );
}

/** What stands and what is missing; changes nothing. */
export async function readSchema(sql: Sql): Promise<SchemaState> {
  const tables = await sql.introspection.getTables({ withInternalKyselyTables: true });
  const names = new Set(tables.map((table) => table.name));
  const done = names.has(DEFAULT_MIGRATION_TABLE) ? await migrationsDone(sql) : [];
  const madeBy = names.has('settings') ? await findSetting(sql, releaseSetting) : undefined;
  return compare(done, madeBy);
}

/** Of a database that is not there yet. */
export const noSchema: SchemaState = compare([], undefined);

function compare(done: readonly string[], madeBy: string | undefined): SchemaState {
  const known = Object.keys(migrations);
  const pending = known.filter((name) => !done.includes(name)).map(toStep);
  const unknown = done.filter((name) => !known.includes(name));
  const refusal = refusalOf({ unknown, madeBy });
  return { release, madeBy, done, pending, unknown, refusal };
}

function toStep(name: string): SchemaStep {
  return { name, isBreaking: breaking.has(name) };
}

/** @throws NewerDatabase, OlderDatabase unless the tables are exactly those of this release. */
export async function requireSchema(sql: Sql): Promise<void> {
  const state = await readSchema(sql);
  if (state.refusal !== undefined) throw new NewerDatabase(state.refusal);
  if (state.pending.length > 0) throw new OlderDatabase(state);
}

/**
 * Brings the tables up to this release. The caller has begun a transaction that nobody else can
 * enter (two processes may start at once) and commits it afterwards, so that all steps stand or
 * none does. Returns the names of the steps that were made.
 */
export async function migrate(sql: Sql, facts: SchemaFacts): Promise<string[]> {
  const state = await readSchema(sql);
  if (state.refusal !== undefined) throw new NewerDatabase(state.refusal);
  if (state.pending.length === 0) return [];
  const steps = Object.entries(migrations).map(([name, up]): [string, Migration] => [
    name,
    { up: (database: Kysely<never>) => up(database as unknown as Sql, facts) },
  ]);
  const provider = { getMigrations: async () => Object.fromEntries(steps) };
  const { error } = await new Migrator({ db: sql, provider }).migrateToLatest();
  if (error !== undefined) throw error;
  await setSetting(sql, releaseSetting, release);
  return state.pending.map((step) => step.name);
}

async function migrationsDone(sql: Sql): Promise<string[]> {
  const untyped = sql as unknown as Kysely<Record<string, { name: string }>>;
  const rows = await untyped
    .selectFrom(DEFAULT_MIGRATION_TABLE)
    .select('name')
    .orderBy('name')
    .execute();
  return rows.map((row) => row.name);
}
