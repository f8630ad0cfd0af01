/** Databases with the tables of an earlier release and many rows that a later step carries over. */
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { administer, type TestPostgres } from '../../support/postgres.ts';

const releases = resolve(import.meta.dirname, '../../fixtures/releases');

export interface FilledDatabase {
  readonly kind: 'sqlite' | 'postgres';
  copyTo(folder: string): Promise<DatabaseCopy>;
}

export interface DatabaseCopy {
  readonly environment: Readonly<Record<string, string>>;
  /** Of all tables, indexes and rows; not of when a step was made. */
  digest(): Promise<string>;
  remove(): Promise<void>;
}

/** With the tables up to 0002. */
export async function filledSqlite(folder: string, rows: number): Promise<FilledDatabase> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'cnamed.sqlite');
  const database = new SqliteDatabase(path);
  database.pragma('foreign_keys = OFF');
  database.exec(await readFile(join(releases, 'c365b8a/database.sql'), 'utf8'));
  database.exec(
    `with recursive many(n) as (select 1 union all select n + 1 from many where n < ${rows})
     insert into domain_revisions select 'many-' || n || '.example', 1000 + n from many`,
  );
  database.pragma('journal_mode = WAL');
  database.close();
  return {
    kind: 'sqlite',
    async copyTo(target) {
      await mkdir(target, { recursive: true });
      const copied = join(target, 'cnamed.sqlite');
      await copyFile(path, copied);
      return {
        environment: { CNAMED_DATA_DIR: target },
        digest: async () => digestSqlite(copied),
        remove: () => rm(target, { recursive: true }),
      };
    },
  };
}

function digestSqlite(path: string): string {
  const hash = createHash('sha256');
  const database = new SqliteDatabase(path, { readonly: true });
  const made = database
    .prepare('select name, type, sql from sqlite_master order by name')
    .all() as { name: string; type: string }[];
  hash.update(JSON.stringify(made));
  for (const { name } of made.filter(({ type }) => type === 'table')) {
    // When a step was made is no part of what it made.
    const what = name === 'kysely_migration' ? 'name' : '*';
    const read = database.prepare(`select ${what} from "${name}" order by 1`);
    for (const row of read.iterate()) hash.update(JSON.stringify(row));
  }
  database.close();
  return hash.digest('hex');
}

/** What 0003 makes begins here; before it stand the tables up to 0002, which no release had. */
const thirdStep = 'create table "changes"';

export async function filledPostgres(
  postgres: TestPostgres,
  rows: number,
): Promise<FilledDatabase> {
  const url = await postgres.createDatabase();
  const text = await readFile(join(releases, 'ab30185-postgres/database.sql'), 'utf8');
  await administer(
    url,
    `${text.slice(0, text.indexOf(thirdStep))}
     insert into kysely_migration values ('0001-first-schema', '2026-11-23T00:00:00.000Z'),
       ('0002-announced-blobs', '2026-11-23T00:00:00.001Z');
     insert into kysely_migration_lock values ('migration_lock', 0);
     insert into counters values ('domains', ${rows + 1000});
     insert into domain_revisions
       select 'many-' || n || '.example', 1000 + n from generate_series(1, ${rows}) n;`,
  );
  const source = new URL(url).pathname.slice(1);
  return {
    kind: 'postgres',
    async copyTo(folder) {
      await mkdir(folder, { recursive: true });
      const name = `${source}_${createHash('sha256').update(folder).digest('hex').slice(0, 12)}`;
      await administer(postgres.url, `create database ${name} template ${source}`);
      const copied = new URL(url);
      copied.pathname = `/${name}`;
      return {
        environment: { CNAMED_DATA_DIR: folder, CNAMED_DATABASE_URL: copied.href },
        digest: () => digestPostgres(copied.href),
        remove: async () => {
          await administer(postgres.url, `drop database ${name} with (force)`);
        },
      };
    },
  };
}

async function digestPostgres(url: string): Promise<string> {
  const hash = createHash('sha256');
  const facts = await administer(
    url,
    `select 'column', table_name, column_name, data_type || is_nullable from
       information_schema.columns where table_schema = 'public'
     union all select 'index', tablename, indexname, indexdef from pg_indexes
       where schemaname = 'public'
     union all select 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid)
       from pg_constraint where connamespace = 'public'::regnamespace
     order by 1, 2, 3`,
  );
  hash.update(JSON.stringify(facts.rows));
  const tables = await administer(
    url,
    `select table_name as name from information_schema.tables where table_schema = 'public'
     order by 1`,
  );
  for (const { name } of tables.rows as { name: string }[]) {
    const row = name === 'kysely_migration' ? 'name' : 't::text';
    const rows = await administer(
      url,
      `select md5(string_agg(${row}, ';' order by ${row})) as sum from "${name}" t`,
    );
    hash.update(`${name} ${rows.rows[0].sum};`);
  }
  return hash.digest('hex');
}
