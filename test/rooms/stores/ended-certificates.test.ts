/**
 * What the removal of ended certificates reads, on either engine, and how on PostgreSQL it and the
 * binding of one wait for each other.
 */
import { strict as assert } from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import SqliteDatabase from 'better-sqlite3';
import pg from 'pg';
import {
  type Bucket,
  type MetadataEngine,
  openPostgresEngine,
  openSqliteEngine,
} from '../../../src/stores/index.ts';
import {
  listEndedCertificates,
  removeUnboundCertificates,
} from '../../../src/stores/sql/ended-certificates.ts';
import { kyselyOver } from '../../../src/stores/sqlite/dialect.ts';
import { realWorld } from '../../../src/world/index.ts';
import {
  actor,
  bindStored,
  makeBucket,
  mapping,
  mapWithSample,
  now,
} from '../../contract/samples.ts';
import { administer, startTestPostgres, type TestPostgres } from '../../support/postgres.ts';
import { openPostgresPlans } from '../../support/postgres-plans.ts';

const page = { before: now, after: { validTo: 0, number: 0 }, limit: 100 };

/** Mapped and released again. */
async function leave(engine: MetadataEngine, bucket: Bucket): Promise<number> {
  const { number } = await mapWithSample(engine, bucket, 'left.example');
  const released = { bucketId: bucket.id, domain: 'left.example', now, audit: { actor } };
  await engine.cnames.releaseDomain(released);
  return number;
}

describe('ended certificates in SQLite', () => {
  it('are found and removed by indexes alone', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cnamed-ended-'));
    const path = join(folder, 'metadata.db');
    const engine = await openSqliteEngine({ path });
    const bucket = await makeBucket(engine);
    const number = await leave(engine, bucket);
    const statements: string[] = [];
    const verbose = (text?: unknown) => void statements.push(String(text));
    const connection = new SqliteDatabase(path, { verbose });
    try {
      connection.pragma('foreign_keys = on');
      const { sql } = kyselyOver(connection);
      statements.length = 0;
      await listEndedCertificates(sql, page);
      await removeUnboundCertificates(sql, [number, number + 1]);
      assert.equal(statements.length, 4);
      for (const text of [...statements]) {
        const steps = connection.prepare(`explain query plan ${text}`).all();
        const plan = steps.map((step) => (step as { detail: string }).detail).join('; ');
        assert.doesNotMatch(plan, /SCAN|TEMP B-TREE/, text);
      }
    } finally {
      connection.close();
      await engine.close();
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe('ended certificates in PostgreSQL', () => {
  let server: TestPostgres;
  let url = '';
  let engine: MetadataEngine;
  let bucket: Bucket;

  before(async () => {
    server = await startTestPostgres();
    url = await server.createDatabase();
    engine = await openPostgresEngine({ url, world: realWorld });
    bucket = await makeBucket(engine);
  });
  after(async () => {
    await engine.close();
    await server.stop();
  });

  async function begin(text: string): Promise<pg.Client> {
    const rival = new pg.Client({ connectionString: url });
    await rival.connect();
    await rival.query(`begin; ${text}`);
    return rival;
  }

  it('that somebody is about to bind are left alone, at once', async () => {
    const number = await leave(engine, bucket);
    const rival = await begin(`select from certificates where number = ${number} for key share`);
    try {
      assert.equal(await engine.certificates.removeUnboundCertificates([number]), 0);
    } finally {
      await rival.end();
    }
    assert.equal(await engine.certificates.removeUnboundCertificates([number]), 1);
  });

  for (const ends of ['commit', 'rollback'] as const) {
    it(`whose removal is under way are bound after its ${ends}, if they are there`, async () => {
      const number = await leave(engine, bucket);
      const rival = await begin(`delete from certificates where number = ${number}`);
      const binding = bindStored(number);
      const bound = engine.cnames.changeMapping(mapping(bucket, `${ends}.example`, { binding }));
      const waits =
        "select 1 from pg_stat_activity where wait_event_type = 'Lock' " +
        'and datname = current_database()';
      for (const end = performance.now() + 15_000; ; await delay(5)) {
        if ((await administer(url, waits)).rowCount === 1) break;
        assert.ok(performance.now() < end, 'the binding does not wait');
      }
      await rival.query(ends);
      await rival.end();
      const expected = ends === 'commit' ? 'no-certificate' : 'mapped';
      assert.equal((await bound).outcome, expected);
      const isThere = (await engine.certificates.findCertificate(number)) !== undefined;
      assert.equal(isThere, ends === 'rollback');
    });
  }

  it('are found by an index, however many have not ended', async () => {
    const columns =
      'account_id, fingerprint256, fingerprint, chain_pem, key_sealed, valid_from, valid_to, created_at';
    const values = `'a', 'many ' || n, '', '', '', 0, ${now} + 1000 * (n - 100), 0`;
    await administer(
      url,
      `insert into certificates (${columns}) select ${values} from generate_series(1, 20000) n`,
    );
    const mapped = `'many' || number || '.example', ${bucket.id}, 'a', '', 0, 0, number`;
    await administer(
      url,
      'insert into cnames (domain, bucket_id, account_id, type, is_purge_cdn_cache, mapped_at, ' +
        `certificate_number) select ${mapped} from certificates where account_id = 'a'`,
    );
    await administer(url, 'vacuum analyze certificates, cnames');
    const plans = await openPostgresPlans(url);
    try {
      const asked = await plans.of(() => plans.ports.certificates.listEndedCertificates(page));
      assert.equal(asked.length, 1);
      for (const { plan } of asked) {
        assert.match(plan, /Index (Only )?Scan using certificates_by_end/);
        assert.match(plan, /Index (Only )?Scan using cnames_of_certificate/);
        assert.doesNotMatch(plan, /Seq Scan|Sort/);
      }
    } finally {
      await plans.close();
    }
  });
});
