import { strict as assert } from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import SqliteDatabase from 'better-sqlite3';
import {
  type MetadataEngine,
  openSqliteEngine,
  type SqliteEngineOptions,
  StoreUnavailable,
} from '../../../src/stores/index.ts';
import {
  actor,
  makeBucket,
  mapping,
  now,
  putSample,
  sampleObject,
  unique,
} from '../../contract/samples.ts';
import { deleteKeys } from '../../support/keys.ts';

describe('the SQLite engine', () => {
  let folder = '';
  let path = '';
  const opened: MetadataEngine[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cnamed-sqlite-'));
    path = join(folder, 'metadata.db');
  });
  afterEach(async () => {
    for (const engine of opened.splice(0)) await engine.close();
    await rm(folder, { recursive: true, force: true });
  });

  const openEngine = async (more: Partial<SqliteEngineOptions> = {}) => {
    const engine = await openSqliteEngine({ path, ...more });
    opened.push(engine);
    return engine;
  };
  const isReason = (reason: StoreUnavailable['reason']) => (error: unknown) =>
    error instanceof StoreUnavailable && error.reason === reason;
  /** A copy taken while the engine runs: what a kill would leave behind. */
  const copyAsIfKilled = async () => {
    const copy = join(folder, 'killed.db');
    await copyFile(path, copy);
    await copyFile(`${path}-wal`, `${copy}-wal`);
    return copy;
  };

  it('keeps its file to its owner and its promises on the platter', async () => {
    await makeBucket(await openEngine());
    for (const suffix of ['', '-wal', '-shm']) {
      assert.equal((await stat(path + suffix)).mode & 0o777, 0o600, suffix);
    }
    const database = new SqliteDatabase(path, { readonly: true });
    assert.equal(database.pragma('journal_mode', { simple: true }), 'wal');
    database.close();
  });

  it('removes the log when it closes', async () => {
    const engine = await openEngine();
    await makeBucket(engine);
    await engine.close();
    await assert.rejects(stat(`${path}-wal`));
  });

  it('opens what a killed process left, with all that was acknowledged', async () => {
    const engine = await openEngine();
    const bucket = await makeBucket(engine);
    await putSample(engine, bucket.id, 'kept');
    const killed = await openEngine({ path: await copyAsIfKilled() });
    assert.ok(await killed.objects.findObject(bucket.id, 'kept'));
  });

  async function damage(file: string): Promise<void> {
    const handle = await open(file, 'r+');
    const { size } = await handle.stat();
    // Every page behind the first: structure, not content alone.
    for (let at = 4096; at < size; at += 4096)
      await handle.write(Buffer.alloc(64, 0xa5), 0, 64, at);
    await handle.close();
  }

  async function makeDamaged(): Promise<string> {
    const engine = await openEngine();
    const bucket = await makeBucket(engine);
    await Promise.all(
      Array.from({ length: 500 }, (_, index) => putSample(engine, bucket.id, `k${index}`)),
    );
    await engine.close();
    const again = await openEngine();
    await again.settings.setSetting('unclean', 'yes');
    const killed = await copyAsIfKilled();
    await damage(killed);
    return killed;
  }

  it('refuses a damaged database after an unclean stop', async () => {
    const killed = await makeDamaged();
    await assert.rejects(openSqliteEngine({ path: killed }), StoreUnavailable);
  });

  it('a large damaged database is found out beside the requests: writes stop', async () => {
    const engine = await openEngine();
    const bucket = await makeBucket(engine);
    await Promise.all(
      Array.from({ length: 500 }, (_, index) => putSample(engine, bucket.id, `k${index}`)),
    );
    await engine.close();
    // One leaf of the objects is torn; opening does not touch it.
    const again = await openEngine();
    await again.settings.setSetting('unclean', 'yes');
    const killed = await copyAsIfKilled();
    await damageObjects(killed);
    const found = Promise.withResolvers<string>();
    const large = await openEngine({
      path: killed,
      checkedAtOnceBytesMax: 0,
      onDamage: found.resolve,
    });
    assert.match(await found.promise, /damaged|malformed/);
    await assert.rejects(large.settings.setSetting('a', 'b'), isReason('closed'));
    assert.equal(await large.settings.findSetting('unclean'), 'yes');
  });

  async function damageObjects(file: string): Promise<void> {
    const database = new SqliteDatabase(path, { readonly: true });
    const page = database
      .prepare("select pageno from dbstat where name = 'objects' and pagetype = 'leaf' limit 1")
      .pluck()
      .get() as number;
    database.close();
    const handle = await open(file, 'r+');
    await handle.write(Buffer.alloc(64, 0xa5), 0, 64, (page - 1) * 4096);
    await handle.close();
  }

  it('fails loudly on a database of a newer release', async () => {
    await (await openEngine()).close();
    const database = new SqliteDatabase(path);
    database.exec("insert into kysely_migration values ('9999-from-the-future', '2030')");
    database.close();
    await assert.rejects(openSqliteEngine({ path }), (error: Error) => {
      assert.equal(error.name, 'NewerDatabase');
      assert.match(error.message, /newer release of cnamed .*9999-from-the-future/);
      return true;
    });
  });

  it('refuses what is no database, and a folder that is not there', async () => {
    const other = await open(path, 'w');
    await other.write('this is a diary, not a database, and it is long enough to be read as one');
    await other.close();
    await assert.rejects(openSqliteEngine({ path }), StoreUnavailable);
    const nowhere = join(folder, 'nowhere', 'metadata.db');
    await assert.rejects(openSqliteEngine({ path: nowhere }), StoreUnavailable);
  });

  it('two first starts at the same time agree on one database', async () => {
    const engines = await Promise.all([openEngine(), openEngine(), openEngine()]);
    const bucket = await makeBucket(engines[0] as MetadataEngine);
    for (const engine of engines) {
      assert.deepEqual(await engine.buckets.findBucket(bucket.name), bucket);
    }
  });

  it('a full volume refuses, acknowledges nothing falsely, keeps reads, recovers', async () => {
    const engine = await openEngine({ pagesMax: 120 });
    const bucket = await makeBucket(engine);
    const metadata = { filler: 'x'.repeat(2000) };
    const stored = new Set<string>();
    const refused: unknown[] = [];
    const put = async (key: string) => {
      const object = sampleObject({ metadata });
      const input = { bucketId: bucket.id, key, object, forbidOverwrite: false };
      await engine.objects.putObject(input).then(
        () => stored.add(key),
        (error) => refused.push(error),
      );
    };
    for (let round = 0; refused.length === 0; round += 1) {
      await Promise.all(Array.from({ length: 25 }, (_, index) => put(`${round}/${index}`)));
    }
    assert.ok(refused.every(isReason('full')), String(refused[0]));
    const everything = { bucketId: bucket.id, prefix: '', delimiter: '', after: '', limit: 1000 };
    const listed = await engine.objects.listObjects(everything);
    const keys = listed.entries.map((entry) => ('key' in entry ? entry.key : ''));
    assert.deepEqual(new Set(keys), stored);
    assert.equal((await engine.buckets.bucketStat(bucket.id))?.objectCount, stored.size);
    const half = keys.slice(0, keys.length / 2);
    assert.deepEqual((await deleteKeys(engine.objects, bucket.id, half, now)).length, half.length);
    const before = stored.size;
    await put('after');
    assert.equal(stored.size, before + 1);
  });

  it('on a full volume a deletion succeeds beside uploads that fail', async () => {
    const engine = await openEngine({ pagesMax: 120 });
    const bucket = await makeBucket(engine);
    const metadata = { filler: 'x'.repeat(2000) };
    const fill = async (key: string) => putSample(engine, bucket.id, key, { metadata });
    await assert.rejects(async () => {
      for (let index = 0; ; index += 1) await fill(`${index}`);
    }, isReason('full'));
    const [upload, deletion] = await Promise.allSettled([
      putSample(engine, bucket.id, 'large', { metadata: { filler: 'x'.repeat(200_000) } }),
      deleteKeys(engine.objects, bucket.id, ['0'], now),
    ]);
    assert.ok(upload?.status === 'rejected' && isReason('full')(upload.reason));
    assert.deepEqual(deletion, { status: 'fulfilled', value: ['0'] });
  });

  it('a write that the volume fails is final: writes stop, reads go on', async () => {
    const lines = await runInLimitedProcess(path);
    assert.deepEqual(lines.slice(-3), ['first refusal: failed', 'then: closed', 'reads: yes']);
    const acknowledged = Number(lines[0]?.split(' ')[1]);
    assert.ok(acknowledged > 0);
    const engine = await openEngine();
    const stat = await engine.buckets.bucketStat(1);
    assert.ok((stat?.objectCount ?? 0) >= acknowledged, `${stat?.objectCount}, ${acknowledged}`);
    await engine.settings.setSetting('after', 'restart');
  });

  it('the audit record cannot be changed or removed, not even by SQL', async () => {
    const engine = await openEngine();
    const record = { ...actor, at: now, action: 'PutCname', ownerId: '1', domain: 'a.example' };
    await engine.audit.appendAudit({ ...record, bucket: 'b', detail: {} });
    const database = new SqliteDatabase(path);
    assert.throws(() => database.exec("update audit set domain = 'b'"), /append-only/);
    assert.throws(() => database.exec('delete from audit'), /append-only/);
    database.close();
    assert.equal((await engine.audit.listAudit({ limit: 9 })).length, 1);
  });

  it('every change of a domain raises its revision, and nothing else does', async () => {
    const engine = await openEngine();
    const database = new SqliteDatabase(path, { readonly: true });
    const revisionOf = (domain: string) =>
      database
        .prepare("select revision from changes where kind = 'domain' and name = ?")
        .pluck()
        .get(domain);
    const bucket = await makeBucket(engine);
    const [one, other] = [unique('one.example'), unique('other.example')];
    const seen: unknown[] = [];
    for (const domain of [one, other, one]) {
      await engine.cnames.changeMapping(mapping(bucket, domain));
      seen.push(revisionOf(domain));
    }
    const release = { domain: one, bucketId: bucket.id, now, audit: { actor } };
    await engine.cnames.releaseDomain(release);
    seen.push(revisionOf(one));
    await engine.cnames.releaseDomain(release);
    await engine.buckets.deleteBucket(bucket.id, { actor, at: now });
    seen.push(revisionOf(one), revisionOf(other));
    assert.deepEqual(seen, [1, 2, 1, 3, 3, 4]);
    database.close();
  });

  it('an open engine does not keep a process alive that has nothing else to do', async () => {
    const script = `
      import { openSqliteEngine } from ${JSON.stringify(door())};
      const engine = await openSqliteEngine({ path: process.argv[1] });
      await engine.settings.setSetting('a', 'b');
      process.stdout.write('done');
    `;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, path]);
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    const [code] = await once(child, 'exit');
    assert.deepEqual([code, output], [0, 'done']);
  });
});

function door(): string {
  return new URL('../../../src/stores/index.ts', import.meta.url).href;
}

/**
 * Fills a database in a process whose files may not grow beyond a limit: the write of the log fails
 * as it does on a volume that breaks (EFBIG is an I/O error to SQLite, not a full volume).
 */
async function runInLimitedProcess(path: string): Promise<string[]> {
  const script = `
    import { openSqliteEngine } from ${JSON.stringify(door())};
    const engine = await openSqliteEngine({ path: process.argv[1] });
    await engine.buckets.createBucket({ name: 'b', accountId: '1', bucketsMax: 9, now: 1 });
    const object = { size: 1, etag: 'E', crc64: '0', type: 'Normal', acl: 'default',
      storageClass: 'Standard', modifiedAt: 1, headers: {}, metadata: { x: 'x'.repeat(3000) },
      content: 'blob', versionId: 'null', extras: {} };
    const put = (index) => engine.objects.putObject({ bucketId: 1, key: String(index),
      object: { ...object, blobId: String(index) }, forbidOverwrite: false });
    const reasonOf = (index) => put(index).then(() => 'none', (error) => error.reason);
    let count = 0, reason = 'none';
    while (reason === 'none') { reason = await reasonOf(count); if (reason === 'none') count += 1; }
    const then = await reasonOf(-1);
    const found = await engine.objects.findObject(1, '0');
    console.log(['acknowledged ' + count, 'first refusal: ' + reason, 'then: ' + then,
      'reads: ' + (found === undefined ? 'no' : 'yes')].join('\\n'));
    process.exit(0);
  `;
  // The shell's unit is 512 bytes or 1,024: either way a few hundred rows.
  const limited = `ulimit -f 3000; exec "$0" --input-type=module -e "$1" "$2"`;
  const child = spawn('/bin/sh', ['-c', limited, process.execPath, script, path]);
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const [code] = await once(child, 'close');
  assert.equal(code, 0, errors);
  return output.trim().split('\n');
}
