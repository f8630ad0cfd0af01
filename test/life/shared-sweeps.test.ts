/** Sweeps of an S3 store that nodes share: one node does each, and one sweep is enough. */
import { strict as assert } from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import pino from 'pino';
import {
  type BlobStore,
  type MetadataEngine,
  openPostgresEngine,
  openS3Blobs,
} from '../../src/stores/index.ts';
import { keepSwept } from '../../src/sweeps.ts';
import { realWorld } from '../../src/world/index.ts';
import { readBlob } from '../contract/blobs.contract.ts';
import { makeBucket, sampleObject } from '../contract/samples.ts';
import { administer, startTestPostgres, type TestPostgres } from '../support/postgres.ts';
import { type S3TestServer, s3TestKey, startS3Server } from '../support/s3-server.ts';
import { createTestWorld } from '../support/world.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const log = pino({ level: 'silent' });

let postgres: TestPostgres;
before(async () => {
  postgres = await startTestPostgres();
});
after(() => postgres.stop());

/** A node whose timers the test rings. */
async function openNode(url: string, store: S3TestServer, now: number) {
  const world = createTestWorld({ now, seed: randomBytes(8).toString('hex') });
  const works: { ms: number; work: () => void }[] = [];
  world.timers.every = (ms, work) => {
    works.push({ ms, work });
    return () => {};
  };
  const metadata = await openPostgresEngine({ url, world: realWorld });
  const blobs = await openS3Blobs({
    location: {
      bucket: 'bucket',
      endpoint: store.url,
      region: 'us-east-1',
      prefix: 'p/',
      isPathStyle: true,
    },
    credentials: s3TestKey,
    world,
    sizes: { part: 64 * 1024, copy: 1024 * 1024 },
  });
  const engines = { metadata, blobs } as Parameters<typeof keepSwept>[0];
  let swept: ReturnType<typeof keepSwept> | undefined;
  return {
    world,
    metadata,
    blobs,
    start: () => {
      swept = keepSwept(engines, world, log);
    },
    /** Every timer once. */
    ring: () => {
      for (const { work } of works) work();
    },
    stop: () => swept?.stop(),
    async close() {
      await swept?.stop();
      await metadata.close();
    },
  };
}

type Node = Awaited<ReturnType<typeof openNode>>;

describe('sweeps of a shared store', () => {
  let url = '';
  let store: S3TestServer;
  let nodes: Node[] = [];

  beforeEach(async () => {
    url = await postgres.createDatabase();
    store = await startS3Server();
    nodes = [];
    for (let node = 0; node < 2; node += 1) nodes.push(await openNode(url, store, Date.now()));
    store.requests.length = 0;
  });
  afterEach(async () => {
    for (const node of nodes) await node.close();
    await store.close();
  });

  const listings = () => store.requests.filter((each) => each === 'ListObjectsV2').length;

  /** What the database remembers is so much longer ago, and so are the nodes' clocks. */
  async function pass(ms: number): Promise<void> {
    for (const { world } of nodes) world.advance(ms);
    const earlier = (column: string) => `${column} = ${column} - ${ms} * sign(${column})`;
    await administer(url, `update leases set ${earlier('expires_at')}, ${earlier('done_at')}`);
  }

  async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
    const end = performance.now() + 20_000;
    while (!(await holds())) {
      assert.ok(performance.now() < end, what);
      await delay(5);
    }
  }

  const doneJobs = async (): Promise<number> => {
    const text = 'select count(*) from leases where done_at > 0 and expires_at = 0';
    return Number((await administer(url, text)).rows[0]?.count);
  };

  async function left(blobs: BlobStore, metadata: MetadataEngine): Promise<void> {
    const announce = (blobId: string) => metadata.objects.announceBlob(blobId, Date.now());
    const whole = await blobs.create(5, announce);
    await whole.write(Buffer.from('whole'));
    await whole.finish();
    const half = await blobs.create(undefined, announce);
    await half.write(Buffer.alloc(200_000));
    const unknown = await blobs.create(7);
    await unknown.write(Buffer.from('unknown'));
    await unknown.finish();
  }

  it('what cut-off uploads left is gone after one sweep, and nothing else', async () => {
    const [one] = nodes;
    assert.ok(one);
    const { metadata, blobs } = one;
    const { id } = await makeBucket(metadata);
    const kept = await blobs.create(4, (blobId) => metadata.objects.announceBlob(blobId, 1));
    await kept.write(Buffer.from('kept'));
    const object = sampleObject({ blobId: await kept.finish(), modifiedAt: Date.now() });
    const put = { bucketId: id, key: 'a', object, forbidOverwrite: false, isAnnounced: true };
    assert.deepEqual(await metadata.objects.putObject(put), { outcome: 'stored' });
    await left(blobs, metadata);
    assert.equal(store.objects.size, 3);
    assert.equal(store.uploads.size, 1);
    await pass(dayMs + 60_000);
    one.start();
    await until(async () => (await doneJobs()) === 3, 'three sweeps were done');
    assert.deepEqual([...store.objects.keys()], [`p/${object.blobId}`]);
    assert.equal(store.uploads.size, 0);
    assert.equal((await readBlob(blobs, object.blobId))?.toString(), 'kept');
    assert.deepEqual(await metadata.objects.listGarbage(Number.MAX_SAFE_INTEGER, 9), []);
  });

  it('the store is listed once a day, however many nodes there are and however often they start', async () => {
    for (let start = 0; start < 3; start += 1) {
      for (const node of nodes) node.start();
      await until(async () => (await doneJobs()) === 3, 'three sweeps were done');
      for (const node of nodes) await node.stop();
    }
    assert.equal(listings(), 1);
    for (const node of nodes) node.start();
    for (let hour = 1; hour <= 23; hour += 1) {
      await pass(hourMs);
      for (const node of nodes) node.ring();
    }
    for (const node of nodes) await node.stop();
    assert.equal(listings(), 1);
    await pass(hourMs);
    for (const node of nodes) node.start();
    await until(() => listings() === 2, 'a day later it is listed again');
  });

  it('a node that dies in the middle of a sweep is followed by another when its term is over', async () => {
    const [dying, next] = nodes;
    assert.ok(dying && next);
    const isListed = Promise.withResolvers<void>();
    store.fault = (operation) => {
      if (operation !== 'ListObjectsV2') return undefined;
      isListed.resolve();
      return { kind: 'silent' };
    };
    dying.start();
    await isListed.promise;
    store.fault = () => undefined;
    next.start();
    await until(async () => (await doneJobs()) === 2, 'the other jobs were done');
    next.ring();
    assert.equal(listings(), 1);
    await pass(61_000);
    next.ring();
    await until(async () => (await doneJobs()) === 3, 'the listing was done by the next');
    assert.equal(listings(), 2);
    // Ends the request that hangs, so that the dead node can be put away.
    await store.close();
  });
});
