/** What serving keeps of the embedded database, and that it is never older than it may be. */
import { strict as assert } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { MetadataEngine, Seen, SeenReads } from '../../../src/stores/index.ts';
import { openSqliteEngine } from '../../../src/stores/index.ts';
import { openForReading, openForWriting } from '../../../src/stores/sqlite/connection.ts';
import { SeenRows } from '../../../src/stores/sqlite/seen-rows.ts';
import { actor, makeBucket, mapping, now, putSample, unique } from '../../contract/samples.ts';

const folders: string[] = [];
const engines: MetadataEngine[] = [];
after(async () => {
  for (const engine of engines) await engine.close();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function newPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'cnamed-seen-'));
  folders.push(folder);
  return join(folder, 'metadata.sqlite');
}

async function open(path = newPath()): Promise<MetadataEngine & { seen: SeenReads }> {
  const engine = await openSqliteEngine({ path });
  engines.push(engine);
  assert.ok(engine.seen);
  return engine as MetadataEngine & { seen: SeenReads };
}

test('as long as nothing of a row changes, a read gives the very same', async () => {
  const { seen, serving, ...engine } = await open();
  const bucket = await makeBucket(engine as MetadataEngine);
  const domain = unique('same.example');
  await engine.cnames.changeMapping(mapping(bucket, domain));
  await putSample(engine as MetadataEngine, bucket.id, 'a');
  await engine.buckets.setBucketDocument(bucket.id, 'website', '{}');
  const rows = [
    seen.domain(domain),
    seen.object(bucket.id, 'a'),
    seen.document(bucket.id, 'website'),
  ];
  assert.ok(rows.every((row) => row !== undefined));
  // Commits of something else.
  for (let time = 0; time < 5; time++) {
    await putSample(engine as MetadataEngine, bucket.id, `other-${time}`);
    assert.equal(seen.domain(domain), rows[0]);
    assert.equal(seen.object(bucket.id, 'a'), rows[1]);
    assert.equal(await serving.findDomain(domain), rows[0]?.value);
    assert.equal(await serving.findObject(bucket.id, 'a'), rows[1]?.value);
    assert.ok(seen.stand(rows as Seen<unknown>[]));
  }
});

test('what this process committed makes an end of it before anybody is told', async () => {
  const engine = await open();
  const { seen, buckets, cnames } = engine;
  const bucket = await makeBucket(engine);
  const domain = unique('own.example');
  await cnames.changeMapping(mapping(bucket, domain));
  const changes: [string, () => Promise<unknown>][] = [
    ['an ACL', () => buckets.setBucketAcl(bucket.id, 'public-read')],
    ['a document', () => buckets.setBucketDocument(bucket.id, 'cors', '{}')],
    [
      'the end of the mapping',
      () => cnames.releaseDomain({ domain, bucketId: bucket.id, now, audit: { actor } }),
    ],
  ];
  for (const [name, change] of changes) {
    const before = seen.domain(domain);
    assert.ok(before, name);
    assert.ok(seen.stand([before]), name);
    await change();
    assert.equal(seen.stand([before]), false, name);
    assert.notEqual(seen.domain(domain), before, name);
    assert.equal(seen.stand([before]), false, `${name}: for ever`);
  }
  assert.equal(seen.domain(domain), undefined);
  await cnames.changeMapping(mapping(bucket, domain));
  assert.ok(seen.domain(domain));
});

test('a look of the same turn does not outlive what this process commits', async () => {
  const engine = await open();
  const { seen } = engine;
  const bucket = await makeBucket(engine);
  for (let time = 0; time < 10; time++) {
    await putSample(engine, bucket.id, 'a');
    const before = seen.object(bucket.id, 'a');
    assert.ok(before);
    let stands: boolean | undefined;
    const put = putSample(engine, bucket.id, 'a').then(() => {
      stands = seen.stand([before]);
    });
    // A look between turns serves the next one, in which the writer answers.
    while (stands === undefined) {
      await nextTurn();
      if (stands === undefined) seen.moment();
    }
    await put;
    assert.equal(stands, false);
  }
});

test('what another process committed is seen when the event loop turns', async () => {
  const path = newPath();
  const [here, there] = [await open(path), await open(path)];
  const bucket = await makeBucket(there);
  for (let time = 0; time < 20; time++) {
    await putSample(there, bucket.id, 'a');
    await nextTurn();
    const before = here.seen.object(bucket.id, 'a');
    assert.ok(before);
    assert.ok(here.seen.stand([before]));
    const moment = here.seen.moment();
    const put = await putSample(there, bucket.id, 'a');
    await nextTurn();
    assert.notEqual(here.seen.moment(), moment);
    assert.equal(here.seen.stand([before]), false);
    assert.deepEqual(here.seen.object(bucket.id, 'a')?.value, put);
  }
});

test('whether any bucket has a document is as fresh as the documents', async () => {
  const path = newPath();
  const [here, there] = [await open(path), await open(path)];
  const [one, other] = [await makeBucket(here), await makeBucket(here)];
  assert.equal(here.serving.mayHaveDocument('https'), false);
  await here.buckets.setBucketDocument(one.id, 'cors', '{}');
  assert.equal(here.serving.mayHaveDocument('https'), false);
  await here.buckets.setBucketDocument(one.id, 'https', '{}');
  assert.equal(here.serving.mayHaveDocument('https'), true);
  await there.buckets.setBucketDocument(other.id, 'https', '{}');
  await here.buckets.setBucketDocument(one.id, 'https', undefined);
  assert.equal(here.serving.mayHaveDocument('https'), true);
  await there.buckets.setBucketDocument(other.id, 'https', undefined);
  await nextTurn();
  assert.equal(here.serving.mayHaveDocument('https'), false);
  await there.buckets.setBucketDocument(other.id, 'https', '{}');
  await nextTurn();
  assert.equal(here.serving.mayHaveDocument('https'), true);
});

test('within one turn a look serves a crowd, and no larger one', async () => {
  const path = newPath();
  const there = openForWriting(path);
  const here = openForReading(path);
  const rows = new SeenRows(here, 1_000_000);
  const before = rows.look();
  there.exec('create table crowd (id integer)');
  let uses = 0;
  while (rows.look() === before) uses += 1;
  assert.equal(uses, 255);
  here.close();
  there.close();
});

test('a database that is closed answers nothing, and says so', async () => {
  const engine = await openSqliteEngine({ path: newPath() });
  const bucket = await makeBucket(engine);
  await putSample(engine, bucket.id, 'a');
  const { seen } = engine;
  const before = seen?.object(bucket.id, 'a');
  assert.ok(seen && before);
  await engine.close();
  await nextTurn();
  assert.equal(seen.stand([before]), false);
  const closed = { name: 'StoreUnavailable', reason: 'closed' };
  assert.throws(() => seen.object(bucket.id, 'a'), closed);
  assert.throws(() => seen.moment(), closed);
});

test('what is kept is bounded, and the longest unused goes first', async () => {
  const path = newPath();
  const writing = openForWriting(path);
  writing.exec('create table t (id integer primary key, text text)');
  const insert = writing.prepare('insert into t values (?, ?)');
  for (let id = 0; id < 100; id++) insert.run(id, 'x'.repeat(1_000));
  const reading = openForReading(path);
  const select = reading.prepare<[number], { id: number; text: string }>(
    'select * from t where id = ?',
  );
  let reads = 0;
  const source = {
    keyOf: (id: number) => String(id),
    execute(id: number) {
      reads++;
      return select.get(id);
    },
    toValue: (row: { text: string }) => row.text,
  };
  const bytesMax = 30_000;
  const rows = new SeenRows(reading, bytesMax);
  for (let id = 0; id < 100; id++) {
    rows.read(source, id);
    rows.read(source, 0);
    assert.ok(rows.bytes <= bytesMax);
  }
  assert.equal(reads, 100);
  rows.read(source, 99);
  assert.equal(reads, 100);
  rows.read(source, 1);
  assert.equal(reads, 101);
  // Absence is not kept: it would grow with what is asked for.
  assert.equal(rows.read(source, 1_000), undefined);
  insert.run(1_000, 'y');
  assert.equal(rows.read(source, 1_000)?.value, 'y');
  reading.close();
  writing.close();
});
