/** The database cannot be reached, in every way a network has; and what a node does meanwhile. */
import { strict as assert } from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type MetadataEngine,
  openPostgresEngine,
  StoreUnavailable,
} from '../../../src/stores/index.ts';
import { realWorld, type World } from '../../../src/world/index.ts';
import {
  makeBucket,
  mapping,
  now,
  putSample,
  sampleObject,
  unique,
} from '../../contract/samples.ts';
import { deleteKeys } from '../../support/keys.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts';

let server: TestPostgres;
let url = '';
const opened: { close(): Promise<void> }[] = [];

async function open(at: string, world: World = realWorld): Promise<MetadataEngine> {
  const engine = await openPostgresEngine({ url: at, world, isServing: true });
  opened.push(engine);
  return engine;
}

async function proxied(): Promise<{ proxy: TcpProxy; through: string }> {
  const target = new URL(url);
  const proxy = await startTcpProxy({ host: target.hostname, port: Number(target.port) });
  opened.push({ close: () => proxy.shut() });
  target.port = String(proxy.port);
  return { proxy, through: target.href };
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 15_000;
  while (!(await holds())) {
    assert.ok(performance.now() < end, 'the fact did not come');
    await delay(5);
  }
}

const answers = (engine: MetadataEngine) =>
  engine.settings.findSetting('any').then(
    () => true,
    () => false,
  );

const isRefusal = (error: unknown) =>
  error instanceof StoreUnavailable && error.reason === 'failed';

before(async () => {
  server = await startTestPostgres();
  url = await server.createDatabase();
});
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});
after(() => server.stop());

describe('a database that cannot be reached', () => {
  for (const way of ['refuses connections', 'answers nothing'] as const) {
    it(`and ${way}: nobody waits for what is known, one connection is tried at a time`, async () => {
      const { proxy, through } = await proxied();
      const engine = await open(through);
      const bucket = await makeBucket(engine);
      if (way === 'answers nothing') proxy.hush();
      else await proxy.shut();
      // Those who come first learn it; none of them waits for a statement's whole time.
      const startedAt = performance.now();
      const first = await Promise.allSettled(
        Array.from({ length: 50 }, (_, index) =>
          index % 2 === 0
            ? engine.objects.findObject(bucket.id, `key-${index}`)
            : putSample(engine, bucket.id, `key-${index}`),
        ),
      );
      assert.ok(first.every((each) => each.status === 'rejected' && isRefusal(each.reason)));
      assert.ok(performance.now() - startedAt < 12_000, 'somebody waited too long');
      await until(() => engine.reach.silentForMs() > 1_000);
      // Not known, and so yes; a question that fails behind it is nobody's rejection.
      assert.equal(engine.serving.mayHaveDocument('https'), true);
      const accepted = proxy.accepted;
      const knownAt = performance.now();
      const later = await Promise.allSettled(
        Array.from({ length: 1_000 }, () => engine.buckets.findBucket('any')),
      );
      assert.ok(later.every((each) => each.status === 'rejected' && isRefusal(each.reason)));
      const tookMs = performance.now() - knownAt;
      assert.ok(tookMs < 5_000, `1,000 requests took ${tookMs} ms`);
      assert.ok(proxy.accepted - accepted <= 2 + tookMs / 250, 'the database is pressed');
      if (way === 'answers nothing') proxy.speak();
      else await proxy.open();
      await until(() => answers(engine));
      await putSample(engine, bucket.id, 'after');
      const stat = await engine.buckets.bucketStat(bucket.id);
      const all = { bucketId: bucket.id, prefix: '', delimiter: '', after: '', limit: 100 };
      const { entries } = await engine.objects.listObjects(all);
      assert.equal(stat?.objectCount, entries.length);
    });
  }

  it('names the hosts it tried and why each would not do, never the password', async () => {
    const closed = new URL(url);
    const hosts = '127.0.0.1:1,127.0.0.1:2';
    const text = closed.href.replace(closed.host, hosts).replace(closed.password, 'hush-hush');
    await assert.rejects(open(text), (error: Error) => {
      assert.ok(isRefusal(error));
      assert.match(error.message, /127\.0\.0\.1:1: .*ECONNREFUSED.*127\.0\.0\.1:2: .*ECONNREFUSED/);
      assert.doesNotMatch(error.message, /hush/);
      return true;
    });
  });

  it('is left for the host that works, whichever of them that is', async () => {
    const [one, other] = [await proxied(), await proxied()];
    const both = new URL(url);
    const hosts = `127.0.0.1:${one.proxy.port},127.0.0.1:${other.proxy.port}`;
    const engine = await open(both.href.replace(both.host, hosts));
    const deaf = await open(`${both.href.replace(both.host, hosts)}?listen=off`);
    const direct = await open(url);
    const bucket = await makeBucket(engine);
    for (const [gone, back] of [
      [one.proxy, other.proxy],
      [other.proxy, one.proxy],
    ] as const) {
      await gone.shut();
      await until(() => answers(engine));
      await putSample(engine, bucket.id, unique('moved'));
      const domain = unique('moved.example');
      assert.equal(await engine.serving.findDomain(domain), undefined);
      await direct.cnames.changeMapping(mapping(bucket, domain));
      for (const node of [engine, deaf]) {
        await until(
          async () => (await node.serving.findDomain(domain).catch(() => {})) !== undefined,
        );
      }
      await gone.open();
      assert.ok(back.accepted > 0);
    }
  });
});

describe('two servers that both take writes', () => {
  it('are never used at once: when a connection finds the other, the first is left', async () => {
    const [one, other] = [await proxied(), await proxied()];
    const both = new URL(url);
    const hosts = `127.0.0.1:${one.proxy.port},127.0.0.1:${other.proxy.port}`;
    const engine = await open(both.href.replace(both.host, hosts));
    const bucket = await makeBucket(engine);
    assert.ok(one.proxy.standing > 0);
    assert.equal(other.proxy.standing, 0);
    one.proxy.refuse();
    // More at once than there are connections: a new one is made, and not to the first.
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => putSample(engine, bucket.id, `both-${index}`)),
    );
    await until(() => one.proxy.standing === 0);
    assert.ok(other.proxy.standing > 0);
    assert.equal((await engine.buckets.bucketStat(bucket.id))?.objectCount, 20);
  });
});

describe('a server that knows no LISTEN', () => {
  it('is asked at intervals, and refused notifications disturb nothing', async () => {
    const { proxy, through } = await proxied();
    let refused = 0;
    proxy.onRequest = (chunk) => {
      const place = chunk.indexOf('listen cnamed');
      if (place !== -1) {
        chunk.write('lasten', place);
        refused += 1;
      }
      assert.ok(!chunk.includes('pg_notify'), 'nobody is told where nobody listens');
      return 'pass';
    };
    const [node, other] = [await open(through), await open(through)];
    assert.equal(refused, 2);
    const bucket = await makeBucket(other);
    for (let round = 0; round < 3; round += 1) {
      const domain = unique('polled.example');
      assert.equal(await node.serving.findDomain(domain), undefined);
      await other.cnames.changeMapping(mapping(bucket, domain));
      const changedAt = performance.now();
      await until(async () => (await node.serving.findDomain(domain)) !== undefined);
      assert.ok(performance.now() - changedAt < 10_000);
    }
    assert.equal(refused, 2, 'it is asked once');
  });
});

describe('rows of objects while the database is away', () => {
  it('are answered to whoever reads, if this node read them', async () => {
    const { proxy, through } = await proxied();
    const [node, other] = [await open(through), await open(url)];
    const bucket = await makeBucket(other);
    const put = (key: string) => putSample(other, bucket.id, key, { metadata: { from: key } });
    const [read, changed, removed, unread] = [
      await put('read'),
      await put('changed'),
      await put('removed'),
      await put('unread'),
    ];
    const find = (key: string) => node.serving.findObject(bucket.id, key);
    assert.deepEqual(await find('read'), read);
    assert.deepEqual(await find('changed'), changed);
    assert.deepEqual(await find('removed'), removed);
    assert.equal(await find('absent'), undefined);
    // While it answers, the database is asked: what another node did is seen.
    await deleteKeys(other.objects, bucket.id, ['removed'], now);
    assert.equal(await find('removed'), undefined);
    const replaced = await putSample(other, bucket.id, 'read');
    assert.deepEqual(await find('read'), replaced);
    await proxy.shut();
    assert.deepEqual(await find('read'), replaced);
    for (const key of ['removed', 'unread', 'absent']) await assert.rejects(find(key), isRefusal);
    assert.deepEqual(await find('changed'), changed);
    // What was refused changed nothing.
    await assert.rejects(
      node.objects.changeObject({
        bucketId: bucket.id,
        key: 'changed',
        change: { acl: 'private' },
      }),
      isRefusal,
    );
    assert.deepEqual(await find('changed'), changed);
    await assert.rejects(node.objects.findObject(bucket.id, 'read'), isRefusal);
    await proxy.open();
    await until(() => answers(node));
    assert.deepEqual(await find('unread'), unread);
  });

  it('are not answered when they were confirmed long before contact was lost', async () => {
    let aheadMs = 0;
    const { clock } = realWorld;
    const world: World = {
      ...realWorld,
      clock: { now: () => clock.now(), monotonicMs: () => clock.monotonicMs() + aheadMs },
    };
    const { proxy, through } = await proxied();
    const node = await open(through, world);
    const bucket = await makeBucket(node);
    const objects = [sampleObject(), sampleObject()];
    for (const [index, object] of objects.entries()) {
      await putSample(node, bucket.id, `aged-${index}`, object);
    }
    const find = (index: number) => node.serving.findObject(bucket.id, `aged-${index}`);
    await find(0);
    aheadMs += 50_000;
    await find(1);
    aheadMs += 50_000;
    // The database still answers now: that is when contact was lost.
    assert.ok(await answers(node));
    await proxy.shut();
    await assert.rejects(find(0), isRefusal);
    assert.deepEqual(await find(1), objects[1]);
    // However long it stays away, what it said last is what is known.
    aheadMs += 3_600_000;
    assert.deepEqual(await find(1), objects[1]);
  });
});
