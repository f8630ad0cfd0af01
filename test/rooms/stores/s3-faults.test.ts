/** A store in trouble: errors, resets, cut and slow answers, on the S3 engine over real sockets. */
import { strict as assert } from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { createBuckets, createContentKeys, createObjects } from '../../../src/buckets/index.ts';
import { createMasterKeyFile, openSealer } from '../../../src/sealing/index.ts';
import {
  type BlobStore,
  type MetadataEngine,
  openS3Blobs,
  openSqliteEngine,
  StoreUnavailable,
  sweepBlobs,
} from '../../../src/stores/index.ts';
import { listBlobIds, readBlob, writeBlob } from '../../contract/blobs.contract.ts';
import { type Chance, createChance } from '../../support/chance.ts';
import {
  type S3Fault,
  type S3TestServer,
  s3TestKey,
  startS3Server,
} from '../../support/s3-server.ts';
import { createTestWorld, type TestWorld } from '../../support/world.ts';
import { contentOf, newBucket, readAll, upload } from '../buckets/rooms.ts';

const seed = process.env.CNAMED_TEST_SEED ?? String(Date.now() % 1_000_000);
const dayMs = 24 * 60 * 60_000;
const sizes = { part: 64 * 1024, copy: 150 * 1024 };

const faults: readonly S3Fault[] = [
  { kind: 'status', status: 500, code: 'InternalError' },
  { kind: 'status', status: 503, code: 'SlowDown' },
  { kind: 'reset-before' },
  { kind: 'reset-after' },
  { kind: 'cut' },
  { kind: 'slow' },
];

describe('the S3 engine', () => {
  let server: S3TestServer;
  let blobs: BlobStore;
  let world: TestWorld;
  let chance: Chance;

  beforeEach(async () => {
    server = await startS3Server();
    world = createTestWorld({ now: Date.now(), seed });
    // Pauses between attempts pass at once: what is tested is what is done, not how long it takes.
    world.timers.delay = hurried(world.timers.delay);
    chance = createChance(seed);
    blobs = await open();
    server.requests.length = 0;
  });
  afterEach(() => server.close());

  const open = (uploadMemory?: number) =>
    openS3Blobs({
      location: {
        bucket: 'bucket',
        endpoint: server.url,
        region: 'us-east-1',
        prefix: 'p/',
        isPathStyle: true,
      },
      credentials: s3TestKey,
      world,
      sizes,
      ...(uploadMemory === undefined ? {} : { uploadMemory }),
    });
  const count = (operation: string) => server.requests.filter((each) => each === operation).length;

  it('reads that follow each other share one request; a part asks for no more', async () => {
    const bytes = chance.bytes(1_000_000);
    const blobId = await writeBlob(blobs, bytes);
    server.requests.length = 0;
    assert.ok(bytes.equals((await readBlob(blobs, blobId)) ?? Buffer.alloc(0)));
    assert.deepEqual(server.requests, ['GetObject']);
    const reader = await blobs.open(blobId, { start: 500_000, length: 400_000 });
    const target = Buffer.alloc(100_000);
    for (let start = 500_000; start < 900_000; start += target.length) {
      assert.equal(await reader?.read(target, start), target.length);
      assert.ok(target.equals(bytes.subarray(start, start + target.length)));
    }
    assert.equal(await reader?.read(target, 950_000), 50_000);
    await reader?.close();
    assert.equal(count('GetObject'), 3);
    const facts = await blobs.open(blobId, { start: 0, length: 0 });
    assert.equal(facts?.size, bytes.length);
    await facts?.close();
    assert.equal(count('HeadObject'), 1);
  });

  it('a body that breaks off or ends early is asked for again from where it stopped', async () => {
    const bytes = chance.bytes(400_000);
    const blobId = await writeBlob(blobs, bytes);
    let cuts = 3;
    server.fault = () => (cuts-- > 0 ? { kind: 'cut' } : undefined);
    assert.ok(bytes.equals((await readBlob(blobs, blobId)) ?? Buffer.alloc(0)));
    server.fault = () => ({ kind: 'cut' });
    await assert.rejects(readBlob(blobs, blobId), StoreUnavailable);
  });

  it('an object of another length or content than was opened is never mixed in', async () => {
    const blobId = await writeBlob(blobs, Buffer.alloc(300_000, 'a'));
    const reader = await blobs.open(blobId, { start: 0, length: 10 });
    const target = Buffer.alloc(10);
    await reader?.read(target, 0);
    const stored = server.objects.get(`p/${blobId}`);
    assert.ok(stored);
    server.objects.set(`p/${blobId}`, { ...stored, tag: 'f'.repeat(32) });
    await assert.rejects(reader?.read(target, 200_000) ?? Promise.resolve(), StoreUnavailable);
    await reader?.close();
  });

  it('what arrived damaged is sent again, and never acknowledged', async () => {
    let damaged = 0;
    const set = server.objects.set.bind(server.objects);
    server.objects.set = (key, value) =>
      set(key, damaged++ === 0 ? { ...value, tag: '0'.repeat(32) } : value);
    server.fault = () => undefined;
    const blobId = await writeBlob(blobs, Buffer.from('whole'));
    assert.deepEqual(await readBlob(blobs, blobId), Buffer.from('whole'));
  });

  it('a composed upload whose answer got lost is found and acknowledged', async () => {
    let losses = 1;
    server.fault = (operation) =>
      operation === 'CompleteMultipartUpload' && losses-- > 0 ? { kind: 'reset-after' } : undefined;
    const bytes = chance.bytes(200_000);
    const blobId = await writeBlob(blobs, bytes);
    assert.ok(bytes.equals((await readBlob(blobs, blobId)) ?? Buffer.alloc(0)));
    assert.equal(count('CompleteMultipartUpload'), 2);
  });

  it('an abandoned or failed upload leaves nothing', async () => {
    const writer = await blobs.create(undefined);
    await writer.write(Buffer.alloc(300_000));
    await writer.abandon();
    assert.equal(server.uploads.size, 0);
    server.fault = (operation) =>
      operation === 'UploadPart'
        ? { kind: 'status', status: 403, code: 'AccessDenied' }
        : undefined;
    await assert.rejects(writeBlob(blobs, Buffer.alloc(300_000)), /AccessDenied/);
    assert.equal(server.uploads.size, 0);
    assert.equal(server.objects.size, 0);
  });

  it('a store without room says so; one that is away costs a bounded number of requests', async () => {
    server.fault = () => ({ kind: 'status', status: 507, code: 'XMinioStorageFull' });
    const full = (error: unknown) => error instanceof StoreUnavailable && error.reason === 'full';
    await assert.rejects(writeBlob(blobs, Buffer.from('x')), full);
    server.fault = () => ({ kind: 'status', status: 503, code: 'SlowDown' });
    server.requests.length = 0;
    const asked = 400;
    for (let index = 0; index < asked; index++) {
      await assert.rejects(blobs.open('0'.repeat(32)), StoreUnavailable);
    }
    // Half a retry for each request and the hundred saved before.
    const most = asked * 1.5 + 100;
    assert.ok(server.requests.length <= most, `${server.requests.length} requests, not ${most}`);
  });

  it('answers that break off again and again cost no more than errors do', async () => {
    const blobId = await writeBlob(blobs, Buffer.alloc(1_000));
    server.fault = () => ({ kind: 'cut' });
    server.requests.length = 0;
    const asked = 400;
    for (let index = 0; index < asked; index++) {
      await assert.rejects(readBlob(blobs, blobId), StoreUnavailable);
    }
    const most = asked * 1.5 + 100;
    assert.ok(server.requests.length <= most, `${server.requests.length} requests, not ${most}`);
  });

  it('uploads wait for memory, in turn, and are refused rather than gathered beyond it', async () => {
    const tight = await open(3 * sizes.part);
    const begun = await Promise.all([1, 2, 3].map(() => tight.create(undefined)));
    let isIn = false;
    const waiting = tight.create(undefined).then((writer) => {
      isIn = true;
      return writer;
    });
    await begun[0]?.write(Buffer.alloc(10));
    assert.equal(isIn, false);
    await begun[0]?.abandon();
    await (await waiting).abandon();
    // Those that are in go on with the one part they have, however little is left.
    const crowd = [begun[1], begun[2], await tight.create(undefined)];
    await Promise.all(
      crowd.map(async (writer) => {
        for (let part = 0; part < 10; part++) await writer?.write(Buffer.alloc(sizes.part, part));
        await writer?.finish();
      }),
    );
    assert.equal(server.objects.size, 3);
  });

  it('batches fall back to single deletions where a server knows none', async () => {
    const ids = await Promise.all([1, 2, 3].map((each) => writeBlob(blobs, Buffer.of(each))));
    server.unknown.add('DeleteObjects');
    await blobs.remove(ids);
    assert.equal(server.objects.size, 0);
    assert.equal(count('DeleteObject'), 3);
  });

  it('objects and uploads of others under the same bucket are let alone', async () => {
    const stranger = { bytes: Buffer.from('x'), tag: 'x', at: 0 };
    server.objects.set('other', stranger).set('p/readme.txt', stranger);
    server.uploads.set('u', { key: 'p/readme.txt', at: 0, parts: new Map() });
    assert.deepEqual(await listBlobIds(blobs), []);
    assert.equal(await blobs.sweepUnfinished(), 0);
  });

  it(`a storm loses nothing acknowledged and gives no wrong bytes (seed ${seed})`, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cnamed-storm-'));
    const engine: MetadataEngine = await openSqliteEngine({ path: join(folder, 'm.sqlite') });
    try {
      const bucket = await createBuckets({
        engine,
        world,
        limits: { bucketsMax: 10 },
      }).putBucket({ ...newBucket, name: 'example-a' });
      const masterKey = join(folder, 'master.key');
      await createMasterKeyFile(masterKey, world);
      const sealer = await openSealer({ path: masterKey, world });
      const objects = createObjects({
        objects: engine.objects,
        serving: engine.serving,
        blobs,
        world,
        keys: createContentKeys(sealer, world.random),
      });
      const standing = new Map<string, Buffer>();
      let asked = 0;
      server.fault = () => (chance.int(100) < 30 ? chance.pick(faults) : undefined);
      const client = async (name: number) => {
        for (let step = 0; step < 40; step++) {
          const key = `${name}/${chance.int(6)}`;
          const bytes = chance.bytes(chance.pick([0, 1, 5_000, 70_000, 200_000]));
          asked += 1;
          const isKnown = chance.one(2);
          const content = contentOf([bytes], isKnown ? bytes.length : undefined);
          const put = objects.putObject(upload(bucket, key, bytes, { content }));
          const isAcknowledged = await put.then(
            () => true,
            () => false,
          );
          if (isAcknowledged) standing.set(key, bytes);
          const object = await objects.findObject(bucket, key);
          if (object === undefined) continue;
          const read = await objects
            .openObject(bucket, key, object)
            .then(readAll)
            .catch(() => undefined);
          const expected = standing.get(key);
          if (read !== undefined) assert.ok(expected && read.equals(expected), 'wrong bytes');
        }
      };
      await Promise.all([1, 2, 3, 4, 5, 6].map(client));
      const during = server.requests.length;
      assert.ok(standing.size > 20, `${standing.size} keys stand`);
      // At most 3 + 4 requests for a put (begin, 4 parts, compose, head) and 3 for a read.
      assert.ok(during <= asked * 11 * 1.5 + 100, `${during} requests for ${asked} steps`);

      server.fault = () => undefined;
      for (const [key, bytes] of standing) {
        const object = await objects.findObject(bucket, key);
        assert.ok(object, `${key} was acknowledged`);
        const read = await readAll(await objects.openObject(bucket, key, object));
        assert.ok(read.equals(bytes), key);
      }
      world.advance(dayMs + 120_000);
      await blobs.sweepUnfinished();
      const stores = { objects: engine.objects, blobs };
      const report = await sweepBlobs({ ...stores, now: world.clock.now() });
      assert.equal(report.missingCount, 0);
      assert.equal((await listBlobIds(blobs)).length, standing.size);
      assert.equal(server.uploads.size, 0);
    } finally {
      await engine.close();
      await rm(folder, { recursive: true, force: true });
    }
  });
});

/** Deadlines stand; only short pauses are cut. */
function hurried(delay: TestWorld['timers']['delay']): TestWorld['timers']['delay'] {
  return (ms, signal) => delay(ms <= 2_000 ? 0 : ms, signal);
}
