/**
 * What a folded page asks of PostgreSQL, where every question is a way there and back: few
 * questions, whatever the folders of the page hold, and each of them a search of one index.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { openPostgresEngine } from '../../../src/stores/index.ts';
import { realWorld } from '../../../src/world/index.ts';
import { makeBucket, putSample } from '../../contract/samples.ts';
import { administer, startTestPostgres, type TestPostgres } from '../../support/postgres.ts';
import { openPostgresPlans, type PostgresPlans } from '../../support/postgres-plans.ts';

const folders = 300;
const keysEach = 250;
const limit = 200;

let server: TestPostgres;
let plans: PostgresPlans;
let bucketId: number;

before(async () => {
  server = await startTestPostgres();
  const url = await server.createDatabase();
  const engine = await openPostgresEngine({ url, world: realWorld });
  bucketId = (await makeBucket(engine)).id;
  await putSample(engine, bucketId, 'a');
  await engine.close();
  await fill(
    url,
    `'dir-' || lpad((n / ${keysEach})::text, 4, '0') || '/' || n`,
    folders * keysEach,
  );
  await fill(url, `'plain/' || lpad(n::text, 6, '0')`, 5000);
  await administer(url, 'vacuum analyze objects');
  plans = await openPostgresPlans(url);
});
after(async () => {
  await plans.close();
  await server.stop();
});

/** So many rows like the one that is there, with a key made of `n`. */
async function fill(url: string, key: string, count: number): Promise<void> {
  const { rows } = await administer(url, 'select * from objects limit 1');
  const changed: Readonly<Record<string, string>> = {
    key: `convert_to(${key}, 'UTF8')`,
    blob_id: 'md5(random()::text)',
  };
  const columns = Object.keys(rows[0]);
  const values = columns.map((column) => changed[column] ?? column);
  await administer(
    url,
    `insert into objects (${columns}) select ${values} ` +
      `from (select * from objects limit 1) as one, generate_series(0, ${count - 1}) n`,
  );
}

describe('a folded page on PostgreSQL', () => {
  const page = () => ({ bucketId, prefix: '', delimiter: '/', after: '', limit });

  it('of large folders takes few questions', async () => {
    let shown = 0;
    const asked = await plans.of(async () => {
      const { entries, isTruncated } = await plans.ports.objects.listObjects(page());
      assert.equal(isTruncated, true);
      shown = entries.length;
    });
    assert.equal(shown, limit);
    assert.ok(asked.length <= 3, `${asked.length} questions`);
  });

  it('searches the index at every folder, and reads no row more', async () => {
    const asked = await plans.of(() => plans.ports.objects.listObjects(page()), 'analyse');
    for (const { plan } of asked) {
      assert.doesNotMatch(plan, /Seq Scan|Bitmap|Hash|Rows Removed by Filter: [^0]/);
      for (const [, rows, loops] of plan.matchAll(/Index .*actual rows=([\d.]+) loops=(\d+)/g)) {
        assert.ok(Number(rows) * Number(loops) <= limit + 1, plan);
      }
    }
  });

  it('of plain keys alone is one question', async () => {
    const plain = { ...page(), prefix: 'plain/' };
    const asked = await plans.of(() => plans.ports.objects.listObjects(plain));
    assert.equal(asked.length, 1);
  });
});
