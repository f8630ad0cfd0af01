/**
 * PostgreSQL itself, without the server in front: puts of objects from one node, on a database that
 * really writes to the disk.
 */
import { type MetadataEngine, openPostgresEngine } from '../src/stores/index.ts';
import { realWorld } from '../src/world/index.ts';
import { makeBucket, sampleObject } from '../test/contract/samples.ts';
import { startPrimary } from '../test/support/postgres/cluster.ts';
import { installedPrograms, preparePrograms } from '../test/support/postgres/programs.ts';
import { administer } from '../test/support/postgres.ts';
import type { Bench } from './lib/bench.ts';
import { pinServer } from './lib/processes.ts';
import { median, type Report, round } from './lib/report.ts';

interface Load {
  readonly name: string;
  readonly callers: number;
  /** Added to the address. */
  readonly parameters: string;
  readonly buckets: number;
  readonly act: 'put' | 'read';
  /** What a commit takes more than on this disk, as on a slower one or with a standby far away. */
  readonly commitMs: number;
}

const slowMs = 5;
const usual = { parameters: '', buckets: 1, act: 'put', commitMs: 0 } as const;
const loads: readonly Load[] = [
  ...[1, 8, 16, 64].map((callers) => ({
    ...usual,
    callers,
    name: `puts into one bucket, ${callers} at once`,
  })),
  { ...usual, callers: 64, buckets: 64, name: 'puts into 64 buckets, 64 at once' },
  ...[1, 8, 16, 64].map((callers) => ({
    ...usual,
    callers,
    commitMs: slowMs,
    name: `puts into one bucket, ${callers} at once, a commit takes ${slowMs} ms more`,
  })),
  ...[1, 2, 4, 8, 16, 32].map((count) => ({
    ...usual,
    callers: 64,
    parameters: `connections=${count}`,
    name: `puts, 64 at once over ${count} connections`,
  })),
  ...[1, 4, 8, 16, 32].map((count) => ({
    ...usual,
    callers: 64,
    act: 'read' as const,
    parameters: `connections=${count}`,
    name: `rows read, 64 at once over ${count} connections`,
  })),
  ...(['put', 'read'] as const).map((act) => ({
    ...usual,
    callers: 64,
    act,
    parameters: 'prepare=off',
    name: `${act === 'put' ? 'puts' : 'rows read'}, 64 at once, nothing prepared`,
  })),
];

export const database: Bench = {
  name: 'database',
  about: 'objects put and read straight on PostgreSQL, fsync on',
  tools: [],
  async run({ folder, rounds, seconds, log }) {
    const programs = preparePrograms(folder, installedPrograms());
    const server = await startPrimary({ programs, folder, name: 'data' });
    pinServer(server.pid);
    const shown = await administer(server.url, 'show server_version');
    const version = (shown.rows[0] as { server_version: string }).server_version;
    try {
      const results = new Map(loads.map(({ name }) => [name, [] as number[]]));
      const slowest = new Map(loads.map(({ name }) => [name, [] as number[]]));
      for (let count = 0; count < rounds; count++) {
        for (const load of loads) {
          await slowDown(server.url, load.commitMs);
          const { perSecond, p99Ms } = await measure(server.url, load, seconds);
          results.get(load.name)?.push(perSecond);
          slowest.get(load.name)?.push(p99Ms);
          log(`${load.name}: ${round(perSecond)}/s, p99 ${round(p99Ms)} ms`);
        }
      }
      const rows = loads.map(({ name }) => [
        name,
        round(median(results.get(name) ?? [])),
        `${round(median(slowest.get(name) ?? []))} ms`,
      ]);
      const report: Report = {
        title: 'PostgreSQL itself',
        head: ['what', 'per second', 'p99'],
        rows,
        notes: [
          'One node on one core, the database on the other. Eight connections unless named.',
          `PostgreSQL ${version}.`,
        ],
      };
      return [report];
    } finally {
      await server.stop();
    }
  },
};

/** The server itself waits before it writes; commits that come meanwhile are written together. */
async function slowDown(url: string, commitMs: number): Promise<void> {
  await administer(url, `alter system set commit_delay = ${commitMs * 1000}`);
  await administer(url, 'alter system set commit_siblings = 0');
  await administer(url, 'select pg_reload_conf()');
}

async function measure(
  url: string,
  { callers, parameters, buckets, act }: Load,
  seconds: number,
): Promise<{ perSecond: number; p99Ms: number }> {
  const engine = await openPostgresEngine({ url: `${url}?${parameters}`, world: realWorld });
  const ids: number[] = [];
  for (let count = 0; count < buckets; count++) ids.push((await makeBucket(engine)).id);
  const times: number[] = [];
  const run = realWorld.random.bytes(6).toString('hex');
  const startedAt = performance.now();
  const until = startedAt + seconds * 1000;
  const call = async (caller: number): Promise<void> => {
    const bucketId = ids[caller % ids.length] ?? 0;
    for (let count = 0; performance.now() < until; count++) {
      const from = performance.now();
      await once(engine, act, bucketId, `${caller}/${count}`, `${run}/${caller}/${count}`);
      times.push(performance.now() - from);
    }
  };
  await Promise.all(Array.from({ length: callers }, (_, caller) => call(caller)));
  const perSecond = (times.length * 1000) / (performance.now() - startedAt);
  await engine.close();
  times.sort((a, b) => a - b);
  return { perSecond, p99Ms: times[Math.floor(times.length * 0.99)] ?? 0 };
}

async function once(
  engine: MetadataEngine,
  act: Load['act'],
  bucketId: number,
  key: string,
  blobId: string,
): Promise<void> {
  if (act === 'read') {
    await engine.objects.findObject(bucketId, key);
    return;
  }
  const object = sampleObject({ blobId });
  await engine.objects.putObject({ bucketId, key, object, forbidOverwrite: false });
}
