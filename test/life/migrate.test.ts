/** `cnamed migrate` as an operator meets it, on both engines. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import SqliteDatabase from 'better-sqlite3';
import pg from 'pg';
import { acquireInstanceLock } from '../../src/stores/index.ts';
import { type DatabaseCopy, filledPostgres, filledSqlite } from '../campaigns/migrations/filled.ts';
import { run as runMigrations } from '../campaigns/migrations.ts';
import { administer, startTestPostgres, type TestPostgres } from '../support/postgres.ts';
import { startTestServer } from '../support/server.ts';
import { createSignedClient } from '../support/signed-client.ts';
import { runHere } from './cli-here.ts';
import { start } from './cli-process.ts';

const rows = 50;

let postgres: TestPostgres;
let folder = '';
before(async () => {
  postgres = await startTestPostgres();
  folder = await mkdtemp(join(tmpdir(), 'cnamed-migrate-'));
});
after(async () => {
  await postgres.stop();
  await rm(folder, { recursive: true });
});

const databases = {
  SQLite: () => filledSqlite(join(folder, 'sqlite'), rows),
  PostgreSQL: () => filledPostgres(postgres, rows),
} as const;

for (const [engine, fill] of Object.entries(databases)) {
  suite(engine, () => {
    let copy: DatabaseCopy;
    const cnamed = (...words: string[]) => runHere(words, copy.environment);
    const execute = async (text: string): Promise<void> => {
      const { CNAMED_DATABASE_URL: url, CNAMED_DATA_DIR: dataDir = '' } = copy.environment;
      if (url !== undefined) await administer(url, text);
      else new SqliteDatabase(join(dataDir, 'cnamed.sqlite')).exec(text).close();
    };
    before(async () => {
      copy = await (await fill()).copyTo(join(folder, `copy of ${engine}`));
    });
    after(() => copy.remove());

    test('who only looks changes nothing of an older database', async () => {
      const untouched = await copy.digest();
      const status = await cnamed('migrate', '--status');
      assert.equal(status.code, 0, status.stderr);
      assert.match(status.stdout, /^database +0002-announced-blobs$/m);
      assert.match(status.stdout, /^pending +0003-changes \(stop older nodes first\)$/m);
      for (const words of [['account', 'list'], ['audit', 'list'], ['check']]) {
        const refused = await cnamed(...words);
        assert.equal(refused.code, 1);
        assert.match(refused.stderr, /of an older release: 0003-changes.*cnamed migrate/);
      }
      assert.equal(await copy.digest(), untouched);
    });

    test('it says what it did, and has nothing to do twice', async () => {
      const migrated = JSON.parse((await cnamed('migrate', '--json')).stdout);
      assert.equal(migrated.made[0], '0003-changes');
      assert.ok(migrated.ms >= 0);
      const again = await cnamed('migrate');
      assert.equal(again.code, 0);
      assert.match(again.stdout, /nothing was pending/);
      const status = await cnamed('migrate', '--status');
      assert.match(status.stdout, new RegExp(`\\(by release ${migrated.release}\\)`));
    });

    test('a newer database is refused by everybody, and its release is named', async () => {
      await execute(
        `insert into kysely_migration values ('9001-future', '2030-01-01T00:00:00.000Z');
         update settings set value = '7.1.0' where name = 'schema-release'`,
      );
      const untouched = await copy.digest();
      const refusal = /made by a newer release of cnamed \(7\.1\.0; this is .*9001-future/;
      for (const words of [['migrate'], ['account', 'list'], ['serve']]) {
        const refused = await cnamed(...words);
        assert.equal(refused.code, 1, words.join(' '));
        assert.match(refused.stderr, refusal);
      }
      const status = await cnamed('migrate', '--status');
      assert.match(status.stdout, refusal);
      assert.equal(await copy.digest(), untouched);
    });
  });
}

test('PostgreSQL: an empty database is made; of three at once one makes it', async () => {
  const url = await postgres.createDatabase();
  const environment = { CNAMED_DATABASE_URL: url, CNAMED_DATA_DIR: join(folder, 'empty') };
  const status = await runHere(['migrate', '--status'], environment);
  assert.match(status.stdout, /^database +no tables yet$/m);
  const refused = await runHere(['account', 'list'], environment);
  assert.match(refused.stderr, /has no tables yet/);
  const holder = new pg.Client({ connectionString: url });
  await holder.connect();
  try {
    // Somebody else is at it: all of them wait.
    await holder.query('begin; select pg_advisory_xact_lock(109356937962852)');
    const runs = [1, 2, 3].map(() => start(['migrate', '--json'], { environment }));
    const waiting = `select count(*)::int as count from pg_locks
      where locktype = 'advisory' and not granted
        and database = (select oid from pg_database where datname = current_database())`;
    while ((await holder.query(waiting)).rows[0].count < runs.length) {
      for (const each of runs) assert.equal(each.child.exitCode, null, each.stderr());
    }
    await holder.query('commit');
    const made: string[][] = [];
    for (const { finished } of runs) {
      const { code, stdout, stderr } = await finished;
      assert.equal(code, 0, stderr);
      made.push(JSON.parse(stdout).made);
    }
    assert.equal(made.filter((steps) => steps.length > 0).length, 1, JSON.stringify(made));
  } finally {
    await holder.end();
  }
});

test('PostgreSQL: a node goes on under tables that grew, and a new one of its release does not start', async () => {
  const url = await postgres.createDatabase();
  const settings = { DATABASE_URL: url };
  const node = await startTestServer({ settings, about: { database: 'sqlite', objects: 'files' } });
  const { accessKeyId, accessKeySecret } = node;
  const credentials = { accessKeyId, accessKeySecret };
  const client = createSignedClient({ port: node.httpPort, credentials });
  const put = async (key: string): Promise<number> =>
    (await client.call({ method: 'PUT', bucket: 'grown', key, body: key })).status;
  try {
    await client.call({ method: 'PUT', bucket: 'grown' });
    assert.equal(await put('before'), 200);
    await administer(
      url,
      `create table of_the_future (id bigint); alter table buckets add column colour text;
       insert into kysely_migration values ('9001-future', '2030-01-01T00:00:00.000Z')`,
    );
    assert.equal(await put('after'), 200);
    const found = await client.call({ method: 'GET', bucket: 'grown', key: 'after' });
    assert.equal(found.body.toString(), 'after');
    await assert.rejects(
      startTestServer({ settings, about: { database: 'sqlite', objects: 'files' } }),
      /newer release/,
    );
  } finally {
    client.close();
    await node.close();
  }
});

test('SQLite: while a server holds the folder nothing is migrated under it', async () => {
  const filled = await filledSqlite(join(folder, 'filled'), rows);
  const copy = await filled.copyTo(join(folder, 'held'));
  const untouched = await copy.digest();
  const lock = acquireInstanceLock(join(copy.environment.CNAMED_DATA_DIR ?? '', 'server.lock'));
  assert.ok(lock);
  const refused = await runHere(['migrate'], copy.environment);
  lock.release();
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /Another cnamed server is running/);
  assert.equal(await copy.digest(), untouched);
  const migrated = await runHere(['migrate'], copy.environment);
  assert.equal(migrated.code, 0, migrated.stderr);
});

test('four kills while it migrates leave the tables of before or of afterwards', async (context) => {
  const seed = Date.now() % 1_000_000_000;
  context.diagnostic(`seed ${seed}`);
  await runMigrations({ size: 4, seed, log: (line) => context.diagnostic(line) });
});
