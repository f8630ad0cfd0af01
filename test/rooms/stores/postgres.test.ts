/** What only this engine can get wrong: connections that break, nodes that miss messages. */
import { strict as assert } from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import {
  type MetadataEngine,
  openPostgresEngine,
  type PostgresEngineOptions,
  StoreUnavailable,
} from '../../../src/stores/index.ts';
import { countedAtOnce } from '../../../src/stores/sql/recount.ts';
import { realWorld } from '../../../src/world/index.ts';
import {
  actor,
  makeBucket,
  mapping,
  noCounters,
  now,
  putSample,
  unique,
} from '../../contract/samples.ts';
import { deleteKeys } from '../../support/keys.ts';
import { administer, startTestPostgres, type TestPostgres } from '../../support/postgres.ts';
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts';

let server: TestPostgres;
let url = '';
const opened: MetadataEngine[] = [];

async function open(
  at: string,
  more: Partial<PostgresEngineOptions> = {},
): Promise<MetadataEngine> {
  const engine = await openPostgresEngine({ url: at, world: realWorld, ...more });
  opened.push(engine);
  return engine;
}

async function proxied(): Promise<{ proxy: TcpProxy; through: string }> {
  const target = new URL(url);
  const proxy = await startTcpProxy({ host: target.hostname, port: Number(target.port) });
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
  for (const engine of opened.splice(0)) await engine.close();
});
after(() => server.stop());

const statText =
  'select distinct application_name as name from pg_stat_activity where datname = current_database()';

it('a node has its name in the list of connections', async () => {
  for (const nodeName of ['rack-3.node_17', `${'n'.repeat(80)}é`]) {
    const engine = await open(url, { nodeName, isServing: true });
    const { rows } = await administer(url, statText);
    const names = rows.map(({ name }: { name: string }) => name);
    assert.ok(names.includes(`cnamed ${nodeName}`.slice(0, 63)), names.join());
    assert.ok(!names.includes('cnamed'), 'on every connection of it');
    await engine.close();
  }
});

it('a bucket larger than one statement counts is counted whole', async () => {
  const engine = await open(url);
  const { id } = await makeBucket(engine);
  await putSample(engine, id, 'k', { size: 1 });
  // Two portions and one row, and keys that begin alike.
  const more = 2 * countedAtOnce;
  await administer(
    url,
    `insert into objects select (jsonb_populate_record(objects, jsonb_build_object('size', 2, 'key',
      concat('\\x', encode(('k' || number)::bytea, 'hex')), 'blob_id', number))).*
      from objects, generate_series(1, ${more}) as number where bucket_id = ${id}`,
  );
  const counted = { ...noCounters, objectCount: 1 + more, storageBytes: 1 + 2 * more };
  assert.deepEqual((await engine.inspection.countBucket(id))?.counted, counted);
  assert.deepEqual((await engine.inspection.recountBucket(id, true))?.counted, counted);
  const stat = await engine.buckets.bucketStat(id);
  assert.equal(stat?.storageBytes, counted.storageBytes);
  await administer(url, `delete from objects where bucket_id = ${id}`);
});

describe('a commit nobody answered', () => {
  for (const [fate, verdict] of [
    ['arrived', 'cut-answer'],
    ['never arrived', 'cut'],
  ] as const) {
    it(`is looked up: one that ${fate} is made exactly once and acknowledged`, async () => {
      const { proxy, through } = await proxied();
      const engine = await open(through);
      const bucket = await makeBucket(engine);
      const cuts: string[] = [];
      proxy.onRequest = (chunk) => {
        if (cuts.length > 0 || !chunk.includes('; commit')) return 'pass';
        cuts.push(verdict);
        return verdict;
      };
      const domain = unique('unanswered.example');
      const outcome = await engine.cnames.changeMapping(mapping(bucket, domain));
      assert.deepEqual(cuts, [verdict]);
      // Had it been made and tried again blindly, it would not be new.
      assert.deepEqual(outcome, {
        outcome: 'mapped',
        isNew: true,
        certificateNumber: undefined,
        transferredFrom: undefined,
      });
      assert.equal((await engine.audit.listAudit({ domain, limit: 9 })).length, 1);
      await engine.close();
      await proxy.shut();
    });
  }

  it('is looked up until the answer comes, and an answer that got lost changes nothing', async () => {
    const { proxy, through } = await proxied();
    const engine = await open(through);
    const bucket = await makeBucket(engine);
    let cuts = 0;
    proxy.onRequest = (chunk) => {
      if (chunk.includes('; commit') && cuts === 0) {
        cuts += 1;
        return 'cut';
      }
      if (!chunk.includes('($1, true)')) return 'pass';
      cuts += 1;
      return cuts <= 3 ? 'cut-answer' : 'pass';
    };
    await putSample(engine, bucket.id, 'told-at-last');
    assert.ok(cuts > 3);
    assert.ok(await engine.objects.findObject(bucket.id, 'told-at-last'));
    assert.equal((await engine.buckets.bucketStat(bucket.id))?.objectCount, 1);
    await engine.close();
    await proxy.shut();
  });

  it('is refused when the database stays away, and what was made is there later', async () => {
    const { proxy, through } = await proxied();
    // Ten times as fast, so that the fate is given up ten times as early.
    const monotonicMs = (): number => 10 * realWorld.clock.monotonicMs();
    const world = { ...realWorld, clock: { ...realWorld.clock, monotonicMs } };
    const engine = await open(through, { isServing: true, world });
    const bucket = await makeBucket(engine);
    const other = await putSample(engine, bucket.id, 'other');
    await putSample(engine, bucket.id, 'in-doubt', { size: 1 });
    for (const key of ['other', 'in-doubt']) await engine.serving.findObject(bucket.id, key);
    proxy.onRequest = (chunk) => {
      if (!chunk.includes('; commit')) return 'pass';
      void proxy.shut();
      return 'cut';
    };
    const put = putSample(engine, bucket.id, 'in-doubt');
    await assert.rejects(put, (error: unknown) => {
      assert.ok(isRefusal(error));
      assert.match((error as Error).message, /not known whether the change was made/);
      return true;
    });
    // Nobody knows what the key points to now: what it pointed to is answered to nobody.
    assert.deepEqual(await engine.serving.findObject(bucket.id, 'other'), other);
    await assert.rejects(engine.serving.findObject(bucket.id, 'in-doubt'), isRefusal);
    proxy.onRequest = () => 'pass';
    await proxy.open();
    await until(() => answers(engine));
    const { objectCount, storageBytes } = (await engine.buckets.bucketStat(bucket.id)) ?? {};
    assert.deepEqual([objectCount, storageBytes], [2, other.size + 1]);
    await engine.close();
    await proxy.shut();
  });

  it('a connection that breaks in the middle of a write makes it run again, whole', async () => {
    const { proxy, through } = await proxied();
    const engine = await open(through);
    const bucket = await makeBucket(engine);
    let seen = 0;
    proxy.onRequest = (chunk) => {
      if (!chunk.includes('audit')) return 'pass';
      seen += 1;
      return seen === 1 ? 'cut' : 'pass';
    };
    const domain = unique('broken.example');
    const outcome = await engine.cnames.changeMapping(mapping(bucket, domain));
    assert.equal(outcome.outcome, 'mapped');
    assert.ok(seen >= 2);
    assert.equal((await engine.audit.listAudit({ domain, limit: 9 })).length, 1);
    await engine.close();
    await proxy.shut();
  });

  it('connections that died while idle disturb neither reads nor writes', async () => {
    const { proxy, through } = await proxied();
    const engine = await open(through);
    const bucket = await makeBucket(engine);
    for (let round = 0; round < 5; round += 1) {
      proxy.breakAll();
      assert.deepEqual(await engine.buckets.findBucket(bucket.name), bucket);
      proxy.breakAll();
      await putSample(engine, bucket.id, `after-${round}`);
    }
    await engine.close();
    await proxy.shut();
  });
});

describe('a node and the others', () => {
  it('sees changes in time when no notification ever comes', async () => {
    const [deaf, other] = [
      await open(`${url}?listen=off`, { isServing: true }),
      await open(`${url}?listen=off`, { isServing: true }),
    ];
    const bucket = await makeBucket(other);
    for (let round = 0; round < 3; round += 1) {
      const domain = unique('deaf.example');
      assert.equal(await deaf.serving.findDomain(domain), undefined);
      await other.cnames.changeMapping(mapping(bucket, domain));
      const startedAt = performance.now();
      await until(async () => (await deaf.serving.findDomain(domain)) !== undefined);
      assert.ok(performance.now() - startedAt < 10_000);
    }
  });

  it('serves what it knows while the database is away, refuses writes, and catches up', async () => {
    const { proxy, through } = await proxied();
    const [cut, other] = [await open(through, { isServing: true }), await open(url)];
    const bucket = await makeBucket(other);
    const [known, unknown] = [unique('known.example'), unique('unknown.example')];
    assert.equal(await cut.serving.findDomain(known), undefined);
    for (const domain of [known, unknown]) {
      await other.cnames.changeMapping(mapping(bucket, domain));
    }
    // Heard of, and so not to be dropped by that any more.
    await until(async () => (await cut.serving.findDomain(known)) !== undefined);
    assert.equal(cut.reach.silentForMs(), 0);
    let notices = 0;
    const stop = cut.reach.onDomainsChanged(() => {
      notices += 1;
    });
    await proxy.shut();
    await until(() => cut.reach.silentForMs() > 0);
    assert.equal((await cut.serving.findDomain(known))?.bucket.id, bucket.id);
    await assert.rejects(cut.serving.findDomain(unknown), isRefusal);
    await assert.rejects(cut.cnames.changeMapping(mapping(bucket, unknown)), isRefusal);
    await assert.rejects(cut.objects.findObject(bucket.id, 'a'), isRefusal);
    const release = { domain: known, bucketId: bucket.id, now, audit: { actor } };
    assert.equal(await other.cnames.releaseDomain(release), 'released');
    await proxy.open();
    await until(() => cut.reach.silentForMs() === 0);
    assert.equal(await cut.serving.findDomain(known), undefined);
    assert.ok(await cut.serving.findDomain(unknown));
    assert.ok(notices > 0, 'sessions of the domain that went must not be resumed');
    stop();
    await cut.close();
    await proxy.shut();
  });

  it('many that start at once on an empty database make its tables once', async () => {
    const empty = await server.createDatabase();
    const nodes = await Promise.all(Array.from({ length: 5 }, () => open(empty)));
    const buckets = await Promise.all(nodes.map((node) => makeBucket(node)));
    assert.equal(new Set(buckets.map(({ id }) => id)).size, 5);
  });
});

describe('the database itself', () => {
  it('refuses to change or remove an audit record, by whatever SQL', async () => {
    const engine = await open(url);
    const record = { ...actor, at: now, action: 'PutCname', ownerId: '1', domain: 'a.example' };
    await engine.audit.appendAudit({ ...record, bucket: 'b', detail: {} });
    for (const text of ["update audit set domain = 'b'", 'delete from audit', 'truncate audit']) {
      await assert.rejects(administer(url, text), /append-only/, text);
    }
  });

  it('made by a newer release is left alone', async () => {
    const newer = await server.createDatabase();
    await (await open(newer)).close();
    await administer(newer, "insert into kysely_migration values ('9999-future', '2030')");
    await assert.rejects(open(newer), (error: Error) => {
      assert.ok(error instanceof StoreUnavailable);
      assert.equal(error.name, 'NewerDatabase');
      assert.match(error.message, /9999-future/);
      return true;
    });
  });

  it('that is not there, or takes no password of ours, is a clear refusal without it', async () => {
    const nowhere = new URL(url);
    nowhere.pathname = '/no_such_database';
    const stranger = new URL(url);
    stranger.username = 'no_such_account';
    const closed = new URL(url);
    closed.port = '1';
    for (const address of [nowhere, stranger, closed]) {
      if (address !== nowhere) address.password = 'hush-and-secret';
      await assert.rejects(open(address.href), (error: Error) => {
        assert.ok(isRefusal(error));
        assert.doesNotMatch(error.message, /hush-and-secret/);
        return true;
      });
    }
  });

  it('keeps the notes of operations for an hour, not for ever', async () => {
    const engine = await open(url);
    await administer(url, "update operations set made_at = now() - interval '2 hours'");
    await makeBucket(engine);
    await engine.close();
    const { rows } = await administer(url, 'select count(*)::int as count from operations');
    assert.ok(rows[0].count <= 1, `${rows[0].count} notes are left`);
  });
});

describe('the counters of a bucket', () => {
  it('let puts go on beside each other; only the removal of the bucket waits', async () => {
    const engine = await open(url);
    const { id } = await makeBucket(engine);
    const rival = new pg.Client({ connectionString: url });
    await rival.connect();
    await rival.query('begin');
    await rival.query(`select id from buckets where id = ${id} for key share`);
    await rival.query(`insert into bucket_counters values (${id}, 1000, 7, 70, 1)`);
    for (let count = 0; count < 70; count += 1) await putSample(engine, id, `beside-${count}`);
    const keys = Array.from({ length: 70 }, (_, count) => `beside-${count}`);
    assert.equal((await deleteKeys(engine.objects, id, keys, now)).length, 70);
    let isRemoved = false;
    const removal = engine.buckets.deleteBucket(id, { actor, at: now }).finally(() => {
      isRemoved = true;
    });
    const waits =
      "select 1 from pg_stat_activity where wait_event_type = 'Lock' " +
      'and datname = current_database()';
    await until(async () => (await administer(url, waits)).rowCount === 1);
    assert.equal(isRemoved, false);
    await rival.query('rollback');
    await rival.end();
    assert.equal((await removal).outcome, 'deleted');
  });

  it('of the release before count on, also while one of its nodes still writes', async () => {
    const before = await server.createDatabase();
    const old = await open(before);
    const { id } = await makeBucket(old);
    await putSample(old, id, 'a', { size: 10 });
    await old.close();
    await administer(before, 'drop table bucket_counters, leases');
    await administer(before, 'alter table buckets drop documents, drop versioning');
    await administer(before, 'drop table object_versions, content_parts, upload_parts, uploads');
    const added = ['content', 'version_id', 'sequence', 'extras'].map((name) => `drop ${name}`);
    await administer(before, `alter table objects ${added.join(', ')}`);
    await administer(before, 'alter table credentials drop user_id');
    await administer(before, 'drop table attachments, members, policies, identities');
    await administer(before, 'drop index bucket_documents_by_name');
    await administer(before, 'drop index certificates_by_end, cnames_of_certificate');
    await administer(before, "delete from kysely_migration where name > '0004'");
    await administer(before, 'update buckets set object_count = 1, storage_bytes = 10');
    const engine = await open(before);
    await putSample(engine, id, 'b', { size: 5, modifiedAt: now + 1 });
    const both = { ...noCounters, objectCount: 2, storageBytes: 15, modifiedAt: now + 1 };
    assert.deepEqual(await engine.buckets.bucketStat(id), both);
    // As the release before writes: the row of the bucket alone.
    const late = 'object_count = object_count - 1, storage_bytes = storage_bytes - 10';
    await administer(before, "delete from objects where key = 'a'");
    await administer(before, `update buckets set ${late}, modified_at = ${now + 2}`);
    const one = { ...noCounters, objectCount: 1, storageBytes: 5, modifiedAt: now + 2 };
    assert.deepEqual(await engine.buckets.bucketStat(id), one);
    const ask = { actor, at: now };
    assert.deepEqual(await engine.buckets.deleteBucket(id, ask), {
      outcome: 'not-empty',
      what: 'objects',
    });
    await deleteKeys(engine.objects, id, ['b'], now);
    assert.equal((await engine.buckets.deleteBucket(id, ask)).outcome, 'deleted');
  });
});

describe('connections', () => {
  it('are waited for by so many and no more, and all who waited are served', async () => {
    const engine = await open(`${url}?connections=1`);
    const bucket = await makeBucket(engine);
    const rival = new pg.Client({ connectionString: url });
    await rival.connect();
    await rival.query('begin; lock table buckets in access exclusive mode');
    const asked = Array.from({ length: 1_028 }, () => engine.buckets.findBucket(bucket.name));
    const refused = await Promise.allSettled(asked.slice(1_025));
    for (const each of refused) {
      assert.ok(each.status === 'rejected' && isRefusal(each.reason));
      assert.match(each.reason.message, /Too many wait/);
    }
    await rival.query('rollback');
    await rival.end();
    const served = await Promise.all(asked.slice(0, 1_025));
    assert.ok(served.every((found) => found?.id === bucket.id));
  });
});

describe('who waits for a connection', () => {
  it('is refused after a while, and the others are served', async () => {
    let aheadMs = 0;
    const { clock } = realWorld;
    const world = {
      ...realWorld,
      clock: { now: () => clock.now(), monotonicMs: () => clock.monotonicMs() + aheadMs },
    };
    const engine = await open(`${url}?connections=1`, { world });
    const bucket = await makeBucket(engine);
    const rival = new pg.Client({ connectionString: url });
    await rival.connect();
    await rival.query('begin; lock table buckets in access exclusive mode');
    const held = engine.buckets.findBucket(bucket.name);
    const waiting = engine.buckets.findBucket(bucket.name);
    aheadMs = 20_000;
    await assert.rejects(waiting, (error: Error) => {
      assert.ok(isRefusal(error));
      assert.match(error.message, /No connection came free within 20 s/);
      return true;
    });
    const later = engine.buckets.findBucket(bucket.name);
    await rival.query('rollback');
    await rival.end();
    assert.deepEqual([await held, await later], [bucket, bucket]);
  });
});

describe('text that PostgreSQL cannot hold', () => {
  it('finds nothing, and is no failure of the database', async () => {
    const engine = await open(url);
    const nul = 'a\u0000b';
    assert.equal(await engine.buckets.findBucket(nul), undefined);
    assert.equal(await engine.accounts.findCredential(nul), undefined);
    assert.equal(await engine.cnames.findDomain(nul), undefined);
    const list = { accountId: '1', prefix: nul, marker: nul, limit: 9 };
    assert.deepEqual(await engine.buckets.listBuckets(list), { buckets: [], isTruncated: false });
  });
});
