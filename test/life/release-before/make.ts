/**
 * Makes a fixture of a release: `node make.ts CHECKOUT FOLDER [POSTGRES_URL]` starts the server of
 * the checkout, writes a small installation through it, asks everything, and stores database (SQL),
 * bytes of objects and answers in FOLDER. A fixture is made once, by the code it is named after,
 * and never again. With an (empty, superuser's) PostgreSQL database the metadata is there.
 */
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import pg from 'pg';
import type { TestServer } from '../../support/server.ts';
import { fill } from './fill.ts';
import { askEverything, fixedSettings } from './questions.ts';

const [checkout = '', folder = '', databaseUrl] = process.argv.slice(2);

async function main(): Promise<void> {
  const support = await import(resolve(checkout, 'test/support/server.ts'));
  if (databaseUrl !== undefined) await recordStatements(databaseUrl);
  const settings = databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl };
  const server: TestServer = await support.startTestServer({
    settings: { ...fixedSettings, ...settings },
    objects: 'files',
  });
  const keys = await fill(server);
  const answers = await askEverything({ ...server, keys });
  await server.stop();
  const dataDir = join(server.folder, 'data');
  const database =
    databaseUrl === undefined
      ? dumpSqlite(join(dataDir, 'cnamed.sqlite'))
      : await dumpPostgres(databaseUrl);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'database.sql'), database);
  await writeFile(join(folder, 'answers.txt'), `${answers.join('\n')}\n`);
  const rest = {
    masterKey: await readFile(join(dataDir, 'master.key'), 'utf8'),
    keys,
    blobs: await readBlobs(join(dataDir, 'objects', 'data')),
  };
  await writeFile(join(folder, 'rest.json'), `${JSON.stringify(rest, undefined, 1)}\n`);
  await server.close();
}

async function readBlobs(data: string): Promise<Record<string, string>> {
  const blobs: Record<string, string> = {};
  for (const shard of (await readdir(data)).sort()) {
    for (const name of (await readdir(join(data, shard))).sort()) {
      blobs[name] = (await readFile(join(data, shard, name))).toString('base64');
    }
  }
  return blobs;
}

/** Tables, rows, then indexes and triggers, as text that makes the same file again. */
function dumpSqlite(path: string): string {
  const database = new SqliteDatabase(path, { readonly: true });
  const statements: string[] = [];
  const made = database
    .prepare("select type, name, sql from sqlite_master where name not like 'sqlite_%'")
    .all() as { type: string; name: string; sql: string | null }[];
  const tables = made.filter(({ type }) => type === 'table');
  for (const { sql } of tables) statements.push(String(sql));
  for (const name of [...tables.map((table) => table.name), 'sqlite_sequence']) {
    const columns = database.pragma(`table_info(${name})`) as { name: string }[];
    const quoted = columns.map((column) => `quote("${column.name}") as "${column.name}"`);
    if (name === 'sqlite_sequence') statements.push('delete from sqlite_sequence');
    for (const row of database.prepare(`select ${quoted.join(', ')} from "${name}"`).all()) {
      statements.push(insert(name, row as Record<string, string>));
    }
  }
  for (const { type, sql } of made) {
    if (type !== 'table' && sql !== null) statements.push(sql);
  }
  database.close();
  return joined(statements);
}

function insert(table: string, row: Record<string, string>): string {
  const columns = Object.keys(row).map((column) => `"${column}"`);
  return `insert into ${table} (${columns.join(', ')}) values (${Object.values(row).join(', ')})`;
}

function joined(statements: readonly string[]): string {
  return statements.map((statement) => `${statement.trim()};\n`).join('');
}

/** The server of the checkout makes its tables itself: what it says to do so is kept. */
async function recordStatements(url: string): Promise<void> {
  await onPostgres(url, async (client) => {
    await client.query('create table said (at serial, text text)');
    await client.query(`create function note_said() returns event_trigger language plpgsql as
      $$ begin insert into said (text) values (current_query()); end $$`);
    await client.query(
      'create event trigger note_said on ddl_command_end execute function note_said()',
    );
  });
}

/** Others refer to their rows. */
const parents: readonly string[] = ['accounts', 'buckets', 'certificates'];

async function dumpPostgres(url: string): Promise<string> {
  const statements: string[] = [];
  await onPostgres(url, async (client) => {
    const said = await client.query('select text from said order by at');
    // A drop beside other drops, a trigger beside its function: each statement once.
    statements.push(...new Set(said.rows.map((row) => String(row.text))));
    await client.query('drop event trigger note_said');
    const tables = await client.query(
      `select table_name as name from information_schema.tables
       where table_schema = 'public' and table_name <> 'said' order by table_name`,
    );
    const rest = tables.rows
      .map((row) => String(row.name))
      .filter((name) => !parents.includes(name));
    for (const name of [...parents, ...rest]) {
      const columns = await client.query(
        'select column_name as name from information_schema.columns where table_name = $1 ' +
          'order by ordinal_position',
        [name],
      );
      const quoted = columns.rows.map((each) => `quote_nullable("${each.name}") as "${each.name}"`);
      const rows = await client.query(`select ${quoted.join(', ')} from "${name}"`);
      for (const row of rows.rows) statements.push(insert(name, row));
    }
    const sequences = await client.query(
      "select sequencename as name, last_value as last from pg_sequences where sequencename <> 'said_at_seq'",
    );
    for (const { name, last } of sequences.rows) {
      if (last !== null) statements.push(`select setval('${name}', ${last})`);
    }
  });
  return joined(statements);
}

async function onPostgres(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

assert.ok(checkout !== '' && folder !== '', 'node make.ts CHECKOUT FOLDER [POSTGRES_URL]');
await main();
