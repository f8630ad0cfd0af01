/** The lifecycle rules of buckets, applied by the clock of the test (oss-semantics.md 2.2). */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import {
  type Bucket,
  createLifecycleRunner,
  type LifecycleEvent,
  type LifecycleRule,
} from '../../../src/buckets/index.ts';
import { newBucket, openRooms, type Rooms, upload } from './rooms.ts';

const dayMs = 86_400_000;

let rooms: Rooms;
let bucket: Bucket;
let made = 0;
let events: LifecycleEvent[] = [];
let faults: string[] = [];
before(async () => {
  rooms = await openRooms();
});
after(() => rooms.close());
beforeEach(async () => {
  made += 1;
  events = [];
  faults = [];
  bucket = await rooms.buckets.putBucket({ ...newBucket, name: `life-${made}` });
});

type Changes = Partial<Parameters<typeof createLifecycleRunner>[0]>;

/** The hold is lost after it was asked so many times. */
async function run(changes: Changes = {}, steps = Number.POSITIVE_INFINITY): Promise<number> {
  const { engine, documents, world } = rooms;
  const runner = createLifecycleRunner({
    buckets: engine.buckets,
    objects: engine.objects,
    uploads: engine.uploads,
    documents,
    world,
    onEvent: (event) => events.push(event),
    onFault: (_problem, { name }) => faults.push(name),
    ...changes,
  });
  let left = steps;
  const isHeld = (): boolean => {
    left -= 1;
    return left >= 0;
  };
  return await runner.run({ isHeld, signal: new AbortController().signal });
}

/** As it is now, documents included. */
async function fresh(of = bucket): Promise<Bucket> {
  const found = await rooms.buckets.findBucket(of.name);
  assert.ok(found);
  return found;
}

async function rule(...rules: Partial<LifecycleRule>[]): Promise<void> {
  await rooms.documents.put(bucket, 'lifecycle', {
    rules: rules.map((more, index) => ({
      id: `r${index}`,
      prefix: '',
      isEnabled: true,
      tags: [],
      transitions: [],
      noncurrentTransitions: [],
      ...more,
    })),
  });
}

const put = async (key: string, more = {}) =>
  (await rooms.objects.putObject(upload(await fresh(), key, key, more))).object;
const remove = async (key: string) =>
  await rooms.objects.deleteObjects(await fresh(), [{ key, versionId: undefined }]);

/** Every version, newest first: `key`, `key!` of a marker, with `*` when it is the latest. */
async function versions(): Promise<string[]> {
  const page = { prefix: '', delimiter: '', after: '', afterVersion: undefined, limit: 1000 };
  const { entries } = await rooms.objects.listVersions(bucket, page);
  return entries.map((entry) => {
    if ('commonPrefix' in entry) return entry.commonPrefix;
    const kind = 'marker' in entry ? '!' : ` ${entry.object.storageClass}`;
    return `${entry.key}${kind}${entry.isLatest ? '*' : ''}`;
  });
}

const said = () => events.map(({ operation, key }) => `${operation} ${key}`);

test('objects go and change their class when they are due, over many pages', async () => {
  const keys = Array.from({ length: 110 }, (_, index) => `log/${String(index).padStart(3, '0')}`);
  await Promise.all(keys.map((key) => put(key)));
  const before = await put('log/a', { extras: { tags: [['keep', '1']] } });
  await put('doc/a');
  await rule(
    { prefix: 'log/', expiration: { days: 2 } },
    { prefix: 'log/', transitions: [{ days: 1, storageClass: 'IA' }] },
    { prefix: 'doc/', isEnabled: false, expiration: { days: 1 } },
  );
  assert.equal(await run(), 0);
  rooms.world.advance(2 * dayMs);
  assert.equal(await run(), 111);
  assert.equal(await run(), 0);
  const moved = await rooms.objects.findObject(bucket, 'log/a');
  const transitionedAt = rooms.world.clock.now();
  const extras = { tags: before.extras.tags, transitionedAt };
  assert.deepEqual(moved, { ...before, storageClass: 'IA', extras });
  rooms.world.advance(dayMs);
  assert.equal(await run(), 111);
  assert.deepEqual(await versions(), ['doc/a Standard*']);
  assert.deepEqual(
    new Set(
      said()
        .slice(111)
        .map((text) => text.split(' ')[0]),
    ),
    new Set(['ExpireObject']),
  );
  assert.deepEqual(events.at(-1), {
    operation: 'ExpireObject',
    bucket: await fresh(),
    key: 'log/a',
    size: 5,
    storageClass: 'IA',
    freedBytes: 5,
  });
});

test('with versions markers come, older versions go, and then lonely markers', async () => {
  await rooms.buckets.setVersioning(bucket, 'Enabled');
  await put('a');
  await put('a');
  await put('b');
  await remove('b');
  await remove('never');
  await rule({
    expiration: { expiredMarker: true },
    noncurrentDays: 2,
    noncurrentTransitions: [{ days: 1, storageClass: 'Archive' }],
  });
  rooms.world.advance(2 * dayMs);
  assert.equal(await run(), 3);
  assert.deepEqual(await versions(), ['a Standard*', 'a Archive', 'b!*', 'b Archive']);
  rooms.world.advance(dayMs);
  assert.equal(await run(), 3);
  assert.deepEqual(await versions(), ['a Standard*']);
  await rule({ expiration: { days: 1 } });
  assert.equal(await run(), 1);
  assert.equal(await run(), 0);
  assert.deepEqual(await versions(), ['a!*', 'a Standard']);
});

test('a marker at the end of a page waits for what comes next', async () => {
  await rooms.buckets.setVersioning(bucket, 'Enabled');
  const keys = Array.from({ length: 99 }, (_, index) => `a${String(index).padStart(2, '0')}`);
  await Promise.all(keys.map((key) => put(key)));
  await put('m');
  await remove('m');
  for (const key of ['n', 'o']) await remove(key);
  await rule({ expiration: { expiredMarker: true } });
  assert.equal(await run(), 2);
  assert.deepEqual((await versions()).slice(-2), ['m!*', 'm Standard']);
});

test('while versions are suspended the version null gives way to a marker', async () => {
  await rooms.buckets.setVersioning(bucket, 'Enabled');
  await put('a');
  await rooms.buckets.setVersioning(bucket, 'Suspended');
  await put('a');
  await rule({ expiration: { days: 1 } });
  rooms.world.advance(2 * dayMs);
  assert.equal(await run(), 1);
  assert.deepEqual(await versions(), ['a!*', 'a Standard']);
});

test('unfinished uploads are given up by their prefix', async () => {
  const { uploads } = rooms.engine;
  const facts = { acl: 'default', storageClass: 'Standard', headers: {}, metadata: {} } as const;
  for (const [key, index] of ['p/a', 'p/a', 'q/a'].map((key, index) => [key, index] as const)) {
    await uploads.createUpload(bucket.id, {
      uploadId: `U${index}`,
      key,
      initiatedAt: rooms.world.clock.now(),
      facts: { ...facts, extras: {}, isSequential: false },
    });
  }
  await rule({ prefix: 'p/', abort: { days: 1 } });
  assert.equal(await run(), 0);
  rooms.world.advance(2 * dayMs);
  assert.equal(await run(), 2);
  assert.deepEqual(said(), ['AbortMultipartUpload p/a', 'AbortMultipartUpload p/a']);
  assert.ok(await uploads.findUpload(bucket.id, 'q/a', 'U2'));
});

test('retention lets classes change and keeps the objects', async () => {
  await put('a');
  await put('b');
  await rule({ expiration: { days: 1 } }, { transitions: [{ days: 1, storageClass: 'IA' }] });
  const createdAt = rooms.world.clock.now();
  await rooms.documents.put(bucket, 'worm', { id: 'W', days: 5, createdAt, isLocked: true });
  rooms.world.advance(3 * dayMs);
  assert.equal(await run(), 2);
  assert.deepEqual(await versions(), ['a IA*', 'b IA*']);
  rooms.world.advance(2 * dayMs);
  assert.equal(await run(), 2);
  assert.deepEqual(await versions(), []);
});

test('what comes between reading and acting stays', async () => {
  await put('a');
  await put('b');
  await rule(
    { prefix: 'a', expiration: { days: 1 } },
    { prefix: 'b', transitions: [{ days: 1, storageClass: 'IA' }] },
  );
  rooms.world.advance(2 * dayMs);
  const { objects } = rooms.engine;
  const listObjects: typeof objects.listObjects = async (input) => {
    const page = await objects.listObjects(input);
    await put('a');
    await put('b');
    return page;
  };
  assert.equal(await run({ objects: { ...objects, listObjects } }), 0);
  assert.deepEqual(await versions(), ['a Standard*', 'b Standard*']);
});

test('an object that was given other tags meanwhile is not what the rule matched', async () => {
  const tagged = { tags: [['keep', 'no']] } as const;
  for (const key of ['a', 'b']) await put(key, { extras: tagged });
  await rule({ tags: [{ key: 'keep', value: 'no' }], expiration: { days: 1 } });
  rooms.world.advance(2 * dayMs);
  const { objects } = rooms.engine;
  const listObjects: typeof objects.listObjects = async (input) => {
    const page = await objects.listObjects(input);
    const change = { extras: { tags: [['keep', 'yes']] as const } };
    await objects.changeObject({ bucketId: bucket.id, key: 'a', change });
    return page;
  };
  await run({ objects: { ...objects, listObjects } });
  assert.deepEqual(await versions(), ['a Standard*']);
});

test('a run ends between two pages when its lease is lost', async () => {
  await Promise.all(Array.from({ length: 101 }, (_, index) => put(String(index))));
  await rule({ expiration: { days: 1 } });
  rooms.world.advance(2 * dayMs);
  // The first bucket of all begins, and is asked once a page.
  const buckets = { listBucketsWith: async () => [await fresh()] };
  assert.equal(await run({ buckets }, 3), 100);
  assert.equal(await run({ buckets }, 2), 0);
  assert.equal(await run({ buckets }), 1);
});

test('one bucket whose rules cannot be read does not keep the others waiting', async () => {
  const broken = bucket.name;
  await rooms.engine.buckets.setBucketDocument(bucket.id, 'lifecycle', '{');
  bucket = await rooms.buckets.putBucket({ ...newBucket, name: 'life-after' });
  await put('a');
  await rule({ expiration: { days: 1 } });
  rooms.world.advance(2 * dayMs);
  // Those of the tests before have something to do again.
  await run();
  assert.deepEqual(faults, [broken]);
  const own = events.filter((event) => event.bucket.id === bucket.id);
  assert.deepEqual(
    own.map(({ key }) => key),
    ['a'],
  );
});
