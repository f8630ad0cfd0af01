/**
 * Pages of a bucket of a million objects, at its beginning, middle and end, beside those of smaller
 * ones; and what others notice while its objects are deleted by the thousand and expire.
 */
import { join } from 'node:path';
import type { SignedClient } from '../test/support/signed-client.ts';
import type { Bench } from './lib/bench.ts';
import { openGround, startNode } from './lib/cluster.ts';
import { expectOk } from './lib/field.ts';
import { median, type Report, round } from './lib/report.ts';
import { canaryHead, stallsOf } from './listing/canary.ts';
import {
  bucket,
  clientOf,
  fill,
  openPlace,
  type Place,
  versioned,
  versionIdOf,
} from './listing/fill.ts';

const sizes = [10_000, 100_000, 1_000_000];
const quickSizes = [1_000, 2_000];
const looksPerRound = 5;

type Query = Readonly<Record<string, string>>;
type Page = readonly [bucket: string, query: Query];

const padded = (number: number): string => String(Math.floor(number)).padStart(7, '0');

/** By what they ask for; each a page of a thousand, or what is left. */
function pagesOf(size: number, token: string): Readonly<Record<string, Page>> {
  const at = (share: number) => `many/${padded(size * share)}`;
  const many = (id: number) => ({ 'key-marker': 'many', 'version-id-marker': versionIdOf(id) });
  const gone = (share: number) => ({ 'key-marker': `gone/${padded(size * share)}` });
  return {
    'first page': [bucket, {}],
    'middle, by marker': [bucket, { marker: at(0.75) }],
    'last page, by marker': [bucket, { marker: `many/${padded(size - 1_001)}` }],
    'middle, by start-after': [bucket, { 'list-type': '2', 'start-after': at(0.75) }],
    'middle, by continuation-token': [bucket, { 'list-type': '2', 'continuation-token': token }],
    'prefix of half of all, middle': [bucket, { prefix: 'many/', marker: at(0.75) }],
    'prefix of half of all, last': [
      bucket,
      { prefix: 'many/', marker: `many/${padded(size - 500)}` },
    ],
    'folded at the root: 1,000 folders': [bucket, { delimiter: '/' }],
    'folded at the root, behind half': [bucket, { delimiter: '/', marker: 'dir-0500/' }],
    'folded in one folder of half of all': [bucket, { prefix: 'many/', delimiter: '/' }],
    'folded, seven folders deep': [bucket, { prefix: 'deep/0/', delimiter: '/' }],
    'versions of one key, first': [versioned, { versions: '', prefix: 'many' }],
    'versions of one key, middle': [versioned, { versions: '', ...many(size / 4) }],
    'versions of one key, last': [versioned, { versions: '', prefix: 'many', ...many(500) }],
    'delete markers, first': [versioned, { versions: '', prefix: 'gone/' }],
    'delete markers, middle': [versioned, { versions: '', ...gone(0.25) }],
    'versions, folded over all of it': [versioned, { versions: '', delimiter: '/' }],
    'objects where all others are deleted': [versioned, {}],
  };
}

export const listing: Bench = {
  name: 'listing',
  about: 'pages of 1,000,000 objects, and others while these are deleted and expire',
  tools: [],
  isOnRequest: true,
  async run({ folder, rounds, seconds, isQuick, log }) {
    const ground = await openGround(join(folder, 'ground'));
    const reports: Report[] = [];
    const stalls: string[][] = [];
    try {
      for (const engine of ['embedded', 'PostgreSQL and S3'] as const) {
        const settings = engine === 'embedded' ? {} : ground.settings;
        const seen = new Map<string, number[]>();
        for (const size of isQuick ? quickSizes : sizes) {
          const place = openPlace(join(folder, `${engine}-${size}`), settings);
          const server = await startNode(place.dataDir, settings);
          try {
            await fill(place, server, size);
            log(`${engine}: ${size} objects are there`);
            await measurePages(clientOf(server), size, rounds, seen);
          } finally {
            await server.stop();
          }
          if (size === (isQuick ? quickSizes : sizes).at(-1)) {
            stalls.push(...(await stallsOf(engine, place, { size, seconds, log })));
          }
          await clear(place, settings);
        }
        reports.push(reportOf(engine, isQuick ? quickSizes : sizes, seen));
      }
    } finally {
      await ground.close();
    }
    const title = 'GET, PUT and a listing beside deletions and a lifecycle run';
    reports.push({ title, head: canaryHead, rows: stalls, notes: [...ground.about] });
    return reports;
  },
};

/** Nodes share their database: the next size begins with none of this one. */
async function clear(place: Place, settings: Readonly<Record<string, string>>): Promise<void> {
  if (settings.DATABASE_URL !== undefined) await place.empty();
}

async function measurePages(
  client: SignedClient,
  size: number,
  rounds: number,
  seen: Map<string, number[]>,
): Promise<void> {
  const before = { 'list-type': '2', 'start-after': 'dir-0500', 'max-keys': '1' };
  const found = await expectOk(client.call({ bucket, query: before }));
  const token = /<NextContinuationToken>([^<]+)</.exec(found)?.[1] ?? '';
  for (const [name, [where, query]] of Object.entries(pagesOf(size, token))) {
    const took: number[] = [];
    const call = { bucket: where, query: { 'max-keys': '1000', ...query } };
    // The first one finds nothing in the caches of disk and database.
    await expectOk(client.call(call));
    for (let turn = 0; turn < rounds * looksPerRound; turn += 1) {
      const sentAt = performance.now();
      await expectOk(client.call(call));
      took.push(performance.now() - sentAt);
    }
    seen.set(name, [...(seen.get(name) ?? []), median(took)]);
  }
  client.close();
}

function reportOf(
  engine: string,
  measured: readonly number[],
  seen: ReadonlyMap<string, readonly number[]>,
): Report {
  const head = [
    'page',
    ...measured.map((size) => `of ${size.toLocaleString('en')}`),
    'largest to smallest',
  ];
  const rows = [...seen].map(([name, medians]) => [
    name,
    ...medians.map((each) => `${round(each)} ms`),
    ((medians.at(-1) ?? 0) / (medians[0] ?? 1)).toFixed(2),
  ]);
  return { title: `Pages of 1,000 entries, ${engine}`, head, rows, notes: [] };
}
