/** Every way `cnamed copy` can be asked for what it must not do, and what it says then. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import Database from 'better-sqlite3';
import { realWorld } from '../../src/world/index.ts';
import { putObject } from '../campaigns/copy/fill.ts';
import {
  cluster,
  embedded,
  inStore,
  openPlace,
  type Place,
  rootKey,
  servePlace,
  writePlace,
} from '../campaigns/copy/places.ts';
import { makeBucket } from '../contract/samples.ts';
import { createBrokenDisk } from '../support/broken-disk.ts';
import { createChance } from '../support/chance.ts';
import { startTestPostgres, type TestPostgres } from '../support/postgres.ts';
import { type S3TestServer, startS3Server } from '../support/s3-server.ts';
import { cnamed, copy } from './copy/command.ts';
import { clientOf } from './copy/story.ts';

let folder = '';
let postgres: TestPostgres;
let s3: S3TestServer;
/** A small installation that every refusal is about. */
let here: Place;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cnamed-refused-'));
  postgres = await startTestPostgres();
  s3 = await startS3Server();
  here = await embedded(folder, 'here');
  await populate(here);
});
after(async () => {
  await s3.close();
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
});

async function populate(place: Place): Promise<void> {
  const server = await servePlace(place);
  const client = clientOf(server);
  await client.call({ method: 'PUT', bucket: 'a-bucket' });
  await client.call({ method: 'PUT', bucket: 'a-bucket', key: 'a', body: 'a' });
  client.close();
  await server.stop();
}

async function newCluster(name: string): Promise<Place> {
  return cluster(folder, name, { databaseUrl: await postgres.createDatabase(), s3Url: s3.url });
}

async function refused(from: Place, to: Place, message: RegExp, code = 1): Promise<void> {
  const outcome = await copy(from, to);
  assert.equal(outcome.code, code, outcome.stderr + outcome.stdout);
  const { error } = JSON.parse(outcome.stderr.slice(outcome.stderr.indexOf('{')));
  assert.match([error.message, ...error.next].join('\n'), message);
  assert.doesNotMatch(outcome.stderr, /copy-campaign-secret|password/);
}

test('a command line that is not understood', async () => {
  const without = await cnamed(['copy']);
  assert.equal(without.code, 2);
  assert.match(without.stderr, /--to <file>/);
  const both = ['copy', '--from', here.file, '--data-dir', here.dataDir, '--to', here.file];
  const twice = await cnamed(both);
  assert.equal(twice.code, 2);
  assert.match(twice.stderr, /--from names a file for the source, and --data-dir names it again/);
  const verify = await cnamed(['copy', '--to', here.file, '--verify', 'much']);
  assert.equal(verify.code, 2);
  assert.match(verify.stderr, /Allowed choices are sizes, full/);
});

test('files that are none', async () => {
  const missing = { ...here, file: join(folder, 'missing.json') };
  await refused(here, missing, /missing.json cannot be read/, 2);
  const noJson = { ...here, file: join(folder, 'no.json') };
  await writeFile(noJson.file, 'database-url: postgres://secret:password@host/x');
  await refused(noJson, here, /no.json is not JSON/, 2);
  await writeFile(noJson.file, '{"databse-url": "postgres://host/x"}');
  await refused(here, noJson, /unknown key "databse-url".*Did you mean database-url/s, 2);
});

test('both sides in one place', async () => {
  await refused(here, here, /Source and target are the same database/);
  const databaseUrl = await postgres.createDatabase();
  const halfHere = await writePlace(folder, 'here', { 'database-url': databaseUrl });
  here = await embedded(folder, 'here');
  await writeFile(join(folder, 'half.json'), await fileOf(halfHere, databaseUrl));
  await refused(here, { ...here, file: join(folder, 'half.json') }, /both keep data in/);
  const linked = await writePlace(folder, 'linked', { 'database-url': databaseUrl });
  await realWorld.disk.makeFolder(linked.dataDir);
  await symlink(join(here.dataDir, 'objects'), join(linked.dataDir, 'objects'));
  await refused(here, linked, /target cannot be opened.*objects of another installation/s);
  const [one, other] = [await newCluster('one'), await newCluster('other')];
  await populate(one);
  const settings = inStore(s3.url.replace('127.0.0.1', 'localhost'), 'one');
  const sharing = await writePlace(folder, 'other', {
    ...settings,
    'database-url': await postgres.createDatabase(),
  });
  assert.equal(sharing.file, other.file);
  await refused(one, sharing, /target cannot be opened.*objects of another installation/s);
});

async function fileOf(place: Place, databaseUrl: string): Promise<string> {
  return JSON.stringify({ 'data-dir': place.dataDir, 'database-url': databaseUrl });
}

test('a source that is not there', async () => {
  const nowhere = await embedded(folder, 'nowhere');
  const there = await newCluster('for-nothing');
  await refused(nowhere, there, /source holds no installation: there is no data in/);
  assert.equal(await realWorld.disk.facts(nowhere.dataDir), undefined, 'nothing was made there');
  const unmarked = await embedded(folder, 'unmarked');
  await refused(await newCluster('never-started'), unmarked, /no server ever started on it/);
  const mark = join(unmarked.dataDir, 'objects/installation');
  assert.equal(await realWorld.disk.facts(mark), undefined, 'the refused target bears no mark');
});

test('a source that is an unfinished copy', async () => {
  const half = await newCluster('half');
  const server = await servePlace(here);
  assert.equal((await copy(here, half)).code, 1);
  await server.stop();
  const there = await newCluster('of-half');
  await refused(half, there, /source is itself the target of a copy that is not complete/);
  assert.equal((await copy(here, half)).code, 0);
  assert.equal((await copy(half, there)).code, 0);
});

test('a target that is somebody’s', async () => {
  const theirs = await embedded(folder, 'theirs');
  await populate(theirs);
  await refused(here, theirs, /target is not empty: it holds an installation of its own/);
  const copied = await newCluster('copied');
  assert.equal((await copy(theirs, copied)).code, 0);
  await refused(here, copied, /target is a copy of another installation/);
  const full = await embedded(folder, 'full');
  const opened = await openPlace(full);
  const writer = await opened.blobs.create(1);
  await writer.write(Buffer.from('x'));
  const blobId = await writer.finish();
  await opened.close();
  await refused(here, full, /target’s place of objects is not empty/);
  const again = await openPlace(full);
  const reader = await again.blobs.open(blobId);
  await reader?.close();
  await again.close();
  assert.ok(reader, 'what was there is there');
});

test('a copy that goes on in another place of objects than it was begun with', async () => {
  const databaseUrl = await postgres.createDatabase();
  const begun = await writePlace(folder, 'begun', { 'database-url': databaseUrl });
  assert.equal((await copy(here, begun)).code, 0);
  const used = await writePlace(folder, 'used', { 'database-url': databaseUrl });
  const other = await embedded(folder, 'used-by-others');
  await populate(other);
  await realWorld.disk.makeFolder(used.dataDir);
  await symlink(join(other.dataDir, 'objects'), join(used.dataDir, 'objects'));
  await symlink(join(begun.dataDir, 'master.key'), join(used.dataDir, 'master.key'));
  await refused(here, used, /target cannot be opened.*objects of another installation/s);
});

test('a target that is served', async () => {
  const served = await embedded(folder, 'served');
  const server = await servePlace(served);
  await refused(here, served, /server is running on the target/);
  await server.stop();
});

test('a master key that is another', async () => {
  const keyed = await embedded(folder, 'keyed');
  await populate(keyed);
  const there = await newCluster('keyed-there');
  const stranger = {
    'data-dir': keyed.dataDir,
    'master-key-file': join(here.dataDir, 'master.key'),
  };
  await writeFile(join(folder, 'stranger.json'), JSON.stringify(stranger));
  const from = { ...keyed, file: join(folder, 'stranger.json') };
  await refused(from, there, /source cannot be opened.*sealed under master key/s);
  assert.equal((await copy(keyed, there)).code, 0);
  await rm(join(there.dataDir, 'master.key'));
  await refused(keyed, there, /target cannot be opened.*master key file .* is missing/s);
});

test('a database of a newer release', async () => {
  const newer = await embedded(folder, 'newer');
  await (await openPlace(newer)).close();
  const database = new Database(join(newer.dataDir, 'cnamed.sqlite'));
  database.exec("insert into kysely_migration values ('9999-later', '2030')");
  database.close();
  await refused(here, newer, /target cannot be opened.*newer release of cnamed.*9999-later/s);
});

test('a volume that is full, and enough room afterwards', async () => {
  const small = await embedded(folder, 'small');
  const disk = createBrokenDisk();
  const world = { ...realWorld, disk };
  disk.freeBytesShown = 1_000;
  const words = ['copy', '--from', here.file, '--to', small.file];
  const full = await cnamed(words, { world });
  assert.equal(full.code, 1);
  assert.match(full.stderr, /target has no space left.*next: Make room there/s);
  disk.freeBytesShown = undefined;
  assert.equal((await cnamed(words, { world })).code, 0);
});

test('a target whose store fails in the middle, and goes on afterwards', async () => {
  const there = await newCluster('failing');
  s3.fault = (operation) =>
    operation === 'PutObject' && [...s3.objects.keys()].some((key) => key.startsWith('failing/i'))
      ? { kind: 'status', status: 403, code: 'AccessDenied' }
      : undefined;
  await refused(here, there, /AccessDenied.*See to it, and run the same command again/s);
  s3.fault = () => undefined;
  assert.equal((await copy(here, there)).code, 0);
});

test('a source of which one file cannot be read, and a source whose disk is away', async () => {
  const many = await embedded(folder, 'many');
  const opened = await openPlace(many);
  const { accountId } = await opened.accounts.ensureRootAccount(rootKey);
  const bucket = await makeBucket(opened.metadata, accountId, 'many-bucket');
  for (let number = 0; number < 60; number += 1) {
    await putObject(opened, bucket.id, `key ${number}`, createChance(number));
  }
  await opened.close();
  const [one, all] = [await newCluster('unread'), await newCluster('away')];
  const disk = createBrokenDisk();
  const words = (to: Place) => ['copy', '--from', many.file, '--to', to.file];
  // The first two are the configuration files.
  disk.break({ call: 'size', nth: 5, code: 'EIO' });
  const damaged = await cnamed(words(one), { world: { ...realWorld, disk } });
  assert.equal(damaged.code, 1);
  assert.match(damaged.stdout, /many-bucket\/key \d+: its bytes cannot be read \(.*EIO/);
  assert.match(damaged.stderr, /next: restore what is damaged, or go on without it/);
  assert.equal((await cnamed(words(one), { world: { ...realWorld, disk } })).code, 0);
  disk.break({ call: 'size', nth: 5, code: 'EIO', isLasting: true });
  const away = await cnamed(words(all), { world: { ...realWorld, disk } });
  assert.equal(away.code, 1);
  assert.match(away.stderr, /50 objects of the source, one after the other: its bytes cannot be/);
  disk.mend();
  assert.equal((await cnamed(words(all), { world: { ...realWorld, disk } })).code, 0);
});

test('a person sees how far it is, and what to do next', async () => {
  const there = await newCluster('watched');
  const words = ['copy', '--to', there.file];
  const environment = { CNAMED_DATA_DIR: here.dataDir };
  const outcome = await cnamed(words, { isTerminal: true, environment });
  assert.equal(outcome.code, 0, outcome.stderr);
  assert.match(outcome.stderr, /copying objects: 1 of 1, 1 B of 1 B/);
  assert.match(outcome.stdout, /brought over 1 objects \(1 B\) and \d+ rows/);
  assert.match(outcome.stdout, /\(0 differ\).*\nthe copy is complete\n$/s);
  assert.match(outcome.stderr, /next: start a server with the configuration of the target/);
  assert.doesNotMatch(outcome.stdout + outcome.stderr, new RegExp(rootKey.accessKeySecret));
});
