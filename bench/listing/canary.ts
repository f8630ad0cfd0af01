/** What other requests take while objects are deleted by the thousand, and while they expire. */
import type { ServerProcess } from '../../test/support/server-process.ts';
import { startNode } from '../lib/cluster.ts';
import { expectOk } from '../lib/field.ts';
import { round } from '../lib/report.ts';
import { bucket, clientOf, type Place } from './fill.ts';

/** A page of few entries: a large one costs itself. */
const listed = '100';
const keysAtOnce = 1_000;
/** Callers that delete at the same time. */
const deleters = 8;
const other = 'canary';
const kinds = ['GET', 'PUT', 'listing'] as const;

export const canaryHead: readonly string[] = [
  'engine',
  'meanwhile',
  ...kinds.flatMap((kind) => [`${kind} p50`, 'p99', 'longest']),
  'done meanwhile',
];

interface Options {
  readonly size: number;
  readonly seconds: number;
  readonly log: (line: string) => void;
}

export async function stallsOf(
  engine: string,
  place: Place,
  { size, seconds, log }: Options,
): Promise<string[][]> {
  const rows: string[][] = [];
  const add = (meanwhile: string, took: Took, done: string) => {
    rows.push([engine, meanwhile, ...columnsOf(took), done]);
    log(rows.at(-1)?.join(' | ') ?? '');
  };
  const first = await startNode(place.dataDir, place.settings);
  try {
    await furnish(first);
    const until = after(seconds);
    add('nothing', await fly(first, until), '');
    const deleting = deleteMany(first, size, after(seconds));
    const took = await fly(first, after(seconds));
    const { keys, seconds: spent } = await deleting;
    add(
      `${deleters} × DeleteMultipleObjects of ${keysAtOnce.toLocaleString('en')} keys`,
      took,
      `${round(keys / spent)} keys a second`,
    );
    await setRule(first);
  } finally {
    await first.stop();
  }
  // A run begins with the server, unless there was one lately.
  await place.act(({ change }) => change(`delete from leases where name = 'lifecycle'`));
  const second = await startNode(place.dataDir, place.settings);
  try {
    const startedAt = performance.now();
    const took = await fly(second, () => isExpired(second));
    const spent = (performance.now() - startedAt) / 1000;
    const expired = size * 0.4;
    const about = `${expired.toLocaleString('en')} objects in ${spent.toFixed(0)} s`;
    add('a lifecycle run', took, about);
  } finally {
    await second.stop();
  }
  return rows;
}

function after(seconds: number): () => Promise<boolean> {
  const end = performance.now() + seconds * 1000;
  return async () => performance.now() >= end;
}

async function furnish(server: ServerProcess): Promise<void> {
  const client = clientOf(server);
  await expectOk(client.call({ method: 'PUT', bucket: other }));
  await expectOk(client.call({ method: 'PUT', bucket: other, key: 'read', body: 'some bytes' }));
  client.close();
}

type Took = Readonly<Record<(typeof kinds)[number], number[]>>;

/**
 * One call of each kind under way all the time; asks a few times a second whether that is enough.
 */
async function fly(server: ServerProcess, isOver: () => Promise<boolean>): Promise<Took> {
  const client = clientOf(server, kinds.length);
  const body = Buffer.alloc(4_096, 'bytes ');
  const calls = {
    GET: () => client.call({ bucket: other, key: 'read' }),
    PUT: () => client.call({ method: 'PUT', bucket: other, key: 'written', body }),
    listing: () => client.call({ bucket, query: { 'max-keys': listed, prefix: 'deep/' } }),
  };
  const took: Took = { GET: [], PUT: [], listing: [] };
  let isEnough = false;
  const flying = kinds.map(async (kind) => {
    while (!isEnough) {
      const sentAt = performance.now();
      await expectOk(calls[kind]());
      took[kind].push(performance.now() - sentAt);
    }
  });
  while (!(await isOver())) await new Promise((resolve) => setTimeout(resolve, 250));
  isEnough = true;
  await Promise.all(flying);
  client.close();
  return took;
}

function columnsOf(took: Took): string[] {
  return kinds.flatMap((kind) => {
    const sorted = took[kind].toSorted((one, two) => one - two);
    const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)] ?? 0;
    return [at(0.5), at(0.99), at(1)].map((ms) => `${round(ms)} ms`);
  });
}

/** Several callers, each with a request under way. */
async function deleteMany(
  server: ServerProcess,
  size: number,
  isOver: () => Promise<boolean>,
): Promise<{ keys: number; seconds: number }> {
  const client = clientOf(server, deleters);
  const startedAt = performance.now();
  let next = size / 2;
  let keys = 0;
  const deleteSome = async (): Promise<void> => {
    // Looked at last: while one waits the others take what is left.
    while (!(await isOver()) && next < size) {
      const count = Math.min(keysAtOnce, size - next);
      const objects = Array.from({ length: count }, (_, index) => {
        return `<Object><Key>many/${String(next + index).padStart(7, '0')}</Key></Object>`;
      });
      next += count;
      const body = `<Delete><Quiet>true</Quiet>${objects.join('')}</Delete>`;
      await expectOk(client.call({ method: 'POST', bucket, query: { delete: '' }, body }));
      keys += count;
    }
  };
  await Promise.all(Array.from({ length: deleters }, deleteSome));
  client.close();
  return { keys, seconds: (performance.now() - startedAt) / 1000 };
}

async function setRule(server: ServerProcess): Promise<void> {
  const client = clientOf(server);
  const rule =
    '<Prefix>dir-</Prefix><Status>Enabled</Status><Expiration><Days>30</Days></Expiration>';
  const body = `<LifecycleConfiguration><Rule><ID>r</ID>${rule}</Rule></LifecycleConfiguration>`;
  await expectOk(client.call({ method: 'PUT', bucket, query: { lifecycle: '' }, body }));
  client.close();
}

async function isExpired(server: ServerProcess): Promise<boolean> {
  const client = clientOf(server);
  const query = { 'max-keys': '1', prefix: 'dir-' };
  const { body } = await client.call({ bucket, query });
  client.close();
  return !body.toString().includes('<Contents>');
}
