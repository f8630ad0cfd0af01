/**
 * What a folded page asks of PostgreSQL, where every question is a way there and back: few
 * questions, whatever the folders of the page hold, and each of them a search of one index.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { openPostgresEngine } from '../../../src/stores/index.ts';
import { realWorld } from '../../../src/world/index.ts';
import { makeBucket, now, putSample, sampleObject } from '../../contract/samples.ts';
import { administer, startTestPostgres, type TestPostgres } from '../../support/postgres.ts';
import { openPostgresPlans, type PostgresPlans } from '../../support/postgres-plans.ts';

const folders = 300;
const keysEach = 250;
const limit = 200;
const rowsOfOneKey = 3000;

let server: TestPostgres;
let plans: PostgresPlans;
let bucketId: number;

before(async () => {
  server = await startTestPostgres();
  const url = await server.createDatabase();
  const engine = await openPostgresEngine({ url, world: realWorld });
  bucketId = (await makeBucket(engine)).id;
  await putSample(engine, bucketId, 'a');
  // One of each, to be the pattern of all others.
  await engine.buckets.setBucketVersioning(bucketId, 'Enabled');
  await putSample(engine, bucketId, 'a', { versionId: 'v2' });
  const { acl, storageClass, headers, metadata, extras } = sampleObject();
  const facts = { acl, storageClass, headers, metadata, extras, isSequential: false };
  const upload = { uploadId: 'u', key: 'a', initiatedAt: now, facts };
  assert.equal(await engine.uploads.createUpload(bucketId, upload), 'created');
  await engine.close();
  for (const table of ['objects', 'object_versions', 'uploads'] as const) {
    await fill(
      url,
      table,
      `'dir-' || lpad((n / ${keysEach})::text, 4, '0') || '/' || n`,
      folders * keysEach,
    );
    await fill(url, table, `'plain/' || lpad(n::text, 6, '0')`, 5000);
    await fill(url, table, `'mixed/a/' || n`, 300);
    await fill(url, table, `'mixed/c/' || n`, 300);
    if (table !== 'objects') await fill(url, table, `'mixed/b'`, rowsOfOneKey);
    await administer(url, `vacuum analyze ${table}`);
  }
  plans = await openPostgresPlans(url);
});
after(async () => {
  await plans.close();
  await server.stop();
});

/** So many rows like the one that is there, with a key made of `n`. */
async function fill(url: string, table: string, key: string, count: number): Promise<void> {
  const { rows } = await administer(url, `select * from ${table} limit 1`);
  const changed: Readonly<Record<string, string>> = {
    key: `convert_to(${key}, 'UTF8')`,
    blob_id: 'md5(random()::text)',
    upload_id: 'md5(random()::text)',
    version_id: 'md5(random()::text)',
    ...(table === 'object_versions' ? { sequence: 'n' } : {}),
  };
  const columns = Object.keys(rows[0]);
  const values = columns.map((column) => changed[column] ?? column);
  await administer(
    url,
    `insert into ${table} (${columns}) select ${values} ` +
      `from (select * from ${table} limit 1) as one, generate_series(0, ${count - 1}) n`,
  );
}

interface Listing {
  readonly name: string;
  list(prefix: string): Promise<{ entries: readonly unknown[]; isTruncated: boolean }>;
  /** Of a page of large folders, and of one of plain keys. */
  readonly questionsMax: readonly [folded: number, plain: number];
}

const page = (prefix: string) => ({ bucketId, prefix, delimiter: '/', after: '', limit });

const listings: readonly Listing[] = [
  {
    name: 'objects',
    list: (prefix) => plans.ports.objects.listObjects(page(prefix)),
    questionsMax: [3, 1],
  },
  {
    // Each of their two tables is asked; and of plain keys, the newest versions of the last one.
    name: 'versions',
    list: (prefix) =>
      plans.ports.objects.listVersions({ ...page(prefix), afterVersion: undefined }),
    questionsMax: [6, 3],
  },
  {
    name: 'uploads',
    list: (prefix) => plans.ports.uploads.listUploads({ ...page(prefix), afterUpload: undefined }),
    questionsMax: [3, 1],
  },
];

for (const { name, list, questionsMax } of listings) {
  describe(`a folded page of ${name} on PostgreSQL`, () => {
    const [foldedMax, plainMax] = questionsMax;

    it('of large folders takes few questions', async () => {
      let shown = 0;
      const asked = await plans.of(async () => {
        const { entries, isTruncated } = await list('');
        assert.equal(isTruncated, true);
        shown = entries.length;
      });
      assert.equal(shown, limit);
      assert.ok(asked.length <= foldedMax, `${asked.length} questions`);
    });

    for (const [what, prefix] of [
      ['at every folder', ''],
      ['at folders with a key of many rows between', 'mixed/'],
    ] as const) {
      it(`searches the index ${what}, and reads no row more`, async () => {
        const asked = await plans.of(() => list(prefix), 'analyse');
        assert.ok(asked.some(({ text }) => text.includes('recursive')));
        for (const { plan } of asked) {
          assert.doesNotMatch(plan, /Seq Scan|Bitmap|Hash|Incremental/);
          // The one is the first row behind the prefix.
          assert.doesNotMatch(plan, /Rows Removed by Filter: (?![01]\n)/);
          for (const [, rows, loops] of plan.matchAll(
            /Index .*actual rows=([\d.]+) loops=(\d+)/g,
          )) {
            assert.ok(Number(rows) * Number(loops) <= limit + 1, plan);
          }
        }
      });
    }

    it('of plain keys alone is one read', async () => {
      const asked = await plans.of(() => list('plain/'));
      assert.ok(asked.length <= plainMax, `${asked.length} questions`);
    });
  });
}
