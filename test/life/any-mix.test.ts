/** Which database goes with which place of objects, and which starts are refused. */
import { strict as assert } from 'node:assert/strict';
import { cp, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { startTestPostgres, type TestPostgres } from '../support/postgres.ts';
import { type S3TestServer, s3TestKey, startS3Server } from '../support/s3-server.ts';
import { rootKey, startTestServer, type TestServer } from '../support/server.ts';
import { createSignedClient } from '../support/signed-client.ts';
import { runHere } from './cli-here.ts';

type Settings = Readonly<Record<string, string>>;

let postgres: TestPostgres;
let store: S3TestServer;
before(async () => {
  postgres = await startTestPostgres();
  store = await startS3Server();
});
after(async () => {
  await postgres.stop();
  await store.close();
});

describe('a start', () => {
  let folder = '';
  const running: TestServer[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cnamed-mix-'));
  });
  afterEach(async () => {
    for (const server of running.splice(0)) await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** `at`: the data folder, below the folder of the test. */
  async function start(at: string, settings: Settings = {}): Promise<TestServer> {
    const own = { MASTER_KEY_FILE: join(folder, 'master.key'), ...settings };
    const server = await startTestServer({
      folder: join(folder, at),
      settings: own,
      about: { database: 'sqlite', objects: 'files' },
    });
    running.push(server);
    return server;
  }
  const s3 = (prefix: string): Settings => ({
    OBJECT_STORE: `s3://bucket?endpoint=${store.url}&prefix=${basename(folder)}/${prefix}`,
    OBJECT_STORE_KEY_ID: s3TestKey.accessKeyId,
    OBJECT_STORE_KEY_SECRET: s3TestKey.secretAccessKey,
  });
  const shared = (): Settings => ({
    OBJECT_STORE: pathToFileURL(join(folder, 'volume')).href,
  });
  const refused = (starting: Promise<TestServer>, ...sentences: RegExp[]) =>
    assert.rejects(starting, (problem: Error) => {
      assert.equal(problem.name, 'StartProblem');
      for (const sentence of sentences) assert.match(problem.message, sentence);
      return true;
    });

  async function put(server: TestServer, key: string): Promise<void> {
    const client = createSignedClient({ port: server.httpPort, credentials: rootKey });
    try {
      const made = await client.call({ method: 'PUT', bucket: 'mix-bucket' });
      assert.equal(made.status, 200, made.body.toString());
      const stored = await client.call({ method: 'PUT', bucket: 'mix-bucket', key, body: key });
      assert.equal(stored.status, 200, stored.body.toString());
    } finally {
      client.close();
    }
  }
  async function get(server: TestServer, key: string): Promise<string> {
    const client = createSignedClient({ port: server.httpPort, credentials: rootKey });
    try {
      return (await client.call({ method: 'GET', bucket: 'mix-bucket', key })).body.toString();
    } finally {
      client.close();
    }
  }

  test('SQLite over an S3 store serves, and again after a restart', async () => {
    const first = await start('one', s3('a/'));
    await put(first, 'kept');
    await first.stop();
    assert.equal(await get(await start('one', s3('a/')), 'kept'), 'kept');
  });

  test('files, once there are objects, are not exchanged for an empty bucket', async () => {
    const first = await start('one');
    await put(first, 'kept');
    await first.stop();
    await refused(
      start('one', s3('a/')),
      /objects are in file:\/\/\S+\/one\/data\/objects; the bucket bucket .* does not bear/,
      /cnamed copy/,
      /bring the mark, too: the line "[0-9a-f]{32} file:\S+" in the object \S+a\/installation/,
    );
    await refused(start('one', shared()), /volume does not bear their mark/);
    assert.equal(await get(await start('one'), 'kept'), 'kept');
  });

  test('nor are those of a release that marked no folders', async () => {
    const first = await start('one');
    await put(first, 'kept');
    await first.stop();
    const data = join(folder, 'one/data');
    await rm(join(data, 'objects/installation'));
    const path = join(data, 'cnamed.sqlite');
    const { default: Sqlite } = await import('better-sqlite3');
    const database = new Sqlite(path);
    database.exec("delete from settings where name like 'object-store-%'");
    database.close();
    await refused(start('one', s3('b/')), /knows objects, and the bucket .* holds none of them/);
    const again = await start('one');
    assert.equal(await get(again, 'kept'), 'kept');
    const marked = await readFile(join(data, 'objects/installation'), 'utf8');
    assert.match(marked, /^[0-9a-f]{32} file:\/\/\S+#[0-9a-f]{16}\n$/);
  });

  test('a new database takes no unmarked place that holds objects', async () => {
    const first = await start('one');
    await put(first, 'kept');
    await first.stop();
    const data = join(folder, 'one/data');
    await rm(join(data, 'objects/installation'));
    await rename(join(data, 'cnamed.sqlite'), join(folder, 'kept.sqlite'));
    await refused(start('one'), /knows no object, and the folder \S+ holds some/);
    for (const name of await readdir(data)) {
      if (name.startsWith('cnamed.sqlite')) await rm(join(data, name));
    }
    await rename(join(folder, 'kept.sqlite'), join(data, 'cnamed.sqlite'));
  });

  test('an embedded installation without objects may move, there and back', async () => {
    for (const settings of [{}, s3('a/'), shared(), {}, s3('a/')]) {
      await (await start('one', settings)).stop();
    }
    const last = await start('one', s3('a/'));
    await put(last, 'kept');
    await last.stop();
    await refused(start('one'), /one\/data\/objects bears the mark of another place/);
  });

  test('a node with a folder of its own is refused beside another', async () => {
    const DATABASE_URL = await postgres.createDatabase();
    const first = await start('one', { DATABASE_URL });
    await put(first, 'kept');
    await refused(
      start('two', { DATABASE_URL }),
      /objects are in file:\/\/\S+\/one\/data\/objects; the folder \S+\/two\/data\/objects does not/,
      /Several nodes need one place for all: CNAMED_OBJECT_STORE=s3:/,
    );
    await refused(start('one', { DATABASE_URL }), /Another cnamed server is running/);
    await first.stop();
    assert.equal(await get(await start('one', { DATABASE_URL }), 'kept'), 'kept');
  });

  test('of nodes that start at once with folders of their own one is accepted', async () => {
    const DATABASE_URL = await postgres.createDatabase();
    const starts = await Promise.allSettled(
      ['one', 'two', 'three'].map((at) => start(at, { DATABASE_URL })),
    );
    const accepted = starts.filter(({ status }) => status === 'fulfilled');
    assert.equal(accepted.length, 1);
    for (const each of starts) {
      if (each.status === 'rejected') assert.equal(each.reason.name, 'StartProblem', each.reason);
    }
  });

  test('a folder that was moved with all that is in it is the same place', async () => {
    const DATABASE_URL = await postgres.createDatabase();
    const first = await start('one', { DATABASE_URL });
    await put(first, 'kept');
    await first.stop();
    await cp(join(folder, 'one/data'), join(folder, 'two/data'), { recursive: true });
    assert.equal(await get(await start('two', { DATABASE_URL }), 'kept'), 'kept');
  });

  test('nodes that share a volume serve what any of them stored', async () => {
    const settings = { DATABASE_URL: await postgres.createDatabase(), ...shared() };
    const nodes = await Promise.all(['one', 'two', 'three'].map((at) => start(at, settings)));
    const [one, two, three] = nodes;
    assert.ok(one && two && three);
    await put(one, 'a');
    await put(three, 'c');
    for (const node of nodes) {
      assert.equal(await get(node, 'a'), 'a');
      assert.equal(await get(node, 'c'), 'c');
    }
    // A start beside a running node takes nothing of what that one is writing.
    const writer = await two.rooms.engines.blobs.create(undefined);
    await writer.write(Buffer.from('in the middle'));
    await start('four', settings);
    await writer.finish();
    assert.deepEqual(await readdir(join(folder, 'volume/tmp')), []);
  });

  test('the data folder of one node may be the shared volume of another', async () => {
    const DATABASE_URL = await postgres.createDatabase();
    const one = await start('one', { DATABASE_URL });
    await put(one, 'kept');
    const OBJECT_STORE = pathToFileURL(join(folder, 'one/data/objects')).href;
    const two = await start('two', { DATABASE_URL, OBJECT_STORE });
    assert.equal(await get(two, 'kept'), 'kept');
    const writer = await two.rooms.engines.blobs.create(undefined);
    await writer.write(Buffer.from('in the middle'));
    await one.stop();
    const again = await start('one', { DATABASE_URL });
    assert.equal(again.rooms.engines.blobs.isShared, true);
    // It sweeps when it starts, and what its sweeps did stands when it has stopped.
    await again.stop();
    await writer.finish();
  });

  test('commands on PostgreSQL need no data folder, and say when the key is missing', async () => {
    const DATABASE_URL = await postgres.createDatabase();
    const unmade = await account(DATABASE_URL, 'master.key');
    assert.equal(unmade.code, 1);
    assert.match(unmade.stderr, /cnamed migrate|Start/);
    await start('one', { DATABASE_URL });
    const made = await account(DATABASE_URL, 'master.key');
    assert.equal(made.code, 0, made.stderr);
    const without = await account(DATABASE_URL, 'nowhere/other.key');
    assert.equal(without.code, 1);
    assert.match(
      without.stderr,
      /master key file \S+other.key is missing, and the data was sealed/,
    );
    for (const name of ['nowhere', 'none']) await assert.rejects(readdir(join(folder, name)));
  });

  /** Makes an account from a machine that has nothing but the address and perhaps the key. */
  function account(DATABASE_URL: string, key: string) {
    return runHere(['account', 'create', 'alice', '--database-url', DATABASE_URL], {
      CNAMED_DATA_DIR: join(folder, 'none'),
      CNAMED_MASTER_KEY_FILE: join(folder, key),
    });
  }

  test('a shared volume is one installation’s', async () => {
    await start('one', shared());
    await refused(start('two', shared()), /The folder \S+volume holds the objects of another/);
  });
});
