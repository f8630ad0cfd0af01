/** What an operation costs on the embedded edition, and on one, two and three nodes. */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openDatabaseOf } from '../test/support/database.ts';
import { putCname } from '../test/support/put-cname.ts';
import type { ServerProcess } from '../test/support/server-process.ts';
import { createSignedClient, type SignedClient } from '../test/support/signed-client.ts';
import { domainOf } from './fill.ts';
import type { Bench } from './lib/bench.ts';
import { type BenchAuthority, createBenchAuthority } from './lib/certificates.ts';
import { openGround, type Spent, spentBy, startNode } from './lib/cluster.ts';
import { credentials, expectOk, files } from './lib/field.ts';
import { loadHandshakes, loadKeepAlive } from './lib/load.ts';
import { median, type Report, round } from './lib/report.ts';

const connections = 32;
const callers = 32;
const nodeCount = 3;
const bucket = 'bench';
const listed = 'listed';
const largeBytes = 16 * 1024 * 1024;
const domains = 256;
/** Domain 0 is the one that is served. */
const domainsOf = (lane: number, turn: number) => 1 + lane + callers * (turn % (domains / callers));

/** One way to run the server; all of them stand beside each other for the whole bench. */
interface Setup {
  readonly name: string;
  readonly nodes: readonly ServerProcess[];
}

interface Seen {
  readonly perSecond: number;
  /** Of one request, in microseconds. */
  readonly nodeMicros: number;
  readonly databaseMicros: number;
  readonly storeMicros: number;
  readonly p99Ms: number;
  readonly bad: number;
}

interface Stage {
  readonly folder: string;
  readonly seconds: number;
  readonly authority: BenchAuthority;
}

type Table = Report & { readonly notes: string[] };
type Work = (setup: Setup, stage: Stage) => Promise<Load>;
interface Load {
  readonly count: number;
  readonly seconds: number;
  readonly p99Ms: number;
  readonly bad: number;
}

export const cluster: Bench = {
  name: 'cluster',
  about:
    'serving, PutCname, PutObject and listing: embedded, and 1, 2, 3 nodes on PostgreSQL and S3',
  tools: ['wrk', 'cc'],
  async run({ folder, rounds, seconds, isQuick, log }) {
    const ground = await openGround(join(folder, 'ground'));
    const running: ServerProcess[] = [];
    try {
      const start = async (name: string, settings: Readonly<Record<string, string>>) => {
        const dataDir = join(folder, name);
        const node = await startNode(dataDir, settings);
        running.push(node);
        return { node, place: { CNAMED_DATA_DIR: dataDir, ...databaseOf(settings) } };
      };
      const alone = await start('embedded', {});
      const nodes = [await start('node-1', ground.settings)];
      while (nodes.length < nodeCount) {
        nodes.push(await start(`node-${nodes.length + 1}`, ground.settings));
      }
      const authority = createBenchAuthority(Date.now());
      const stage: Stage = { folder, seconds, authority };
      for (const one of [alone, ...nodes.slice(0, 1)]) {
        const client = clientOf(one.node);
        await furnish(client, authority);
        client.close();
        await fillListing(one.place, isQuick ? 2_000 : 100_000);
      }
      const setups: Setup[] = [{ name: 'embedded', nodes: [alone.node] }];
      for (let count = 1; count <= nodeCount; count += 1) {
        const some = nodes.slice(0, count);
        setups.push({
          name: `${count} node${count > 1 ? 's' : ''}`,
          nodes: some.map(({ node }) => node),
        });
      }
      const reports: Table[] = [];
      for (const [title, work] of Object.entries(works)) {
        const seen = new Map<string, Seen[]>();
        for (let turn = 0; turn < rounds; turn += 1) {
          for (const setup of setups) {
            const measured = await measure(setup, work, stage);
            log(`${title}, ${setup.name}: ${round(measured.perSecond)}/s`);
            seen.set(setup.name, [...(seen.get(setup.name) ?? []), measured]);
          }
        }
        reports.push(reportOf(title, seen));
      }
      reports[0]?.notes.push(...ground.about);
      return reports;
    } finally {
      for (const node of running) await node.stop();
      await ground.close();
    }
  },
};

function clientOf({ httpPort: port }: ServerProcess): SignedClient {
  return createSignedClient({ port, credentials, connections: callers });
}

function databaseOf(settings: Readonly<Record<string, string>>): Record<string, string> {
  const url = settings.DATABASE_URL;
  return url === undefined ? {} : { CNAMED_DATABASE_URL: url };
}

/** The files that are served, and the domain they are served on. */
async function furnish(client: SignedClient, authority: BenchAuthority): Promise<void> {
  const headers = { 'x-oss-acl': 'public-read' };
  await expectOk(client.call({ method: 'PUT', bucket, headers }));
  await expectOk(client.call({ method: 'PUT', bucket: listed }));
  for (let lane = 0; lane < callers; lane += 1) {
    await expectOk(client.call({ method: 'PUT', bucket: `${bucket}-${lane}` }));
  }
  for (const [key, size] of Object.entries(files)) {
    const body = Buffer.alloc(size, 'the same bytes for everyone. ');
    await expectOk(client.call({ method: 'PUT', bucket, key, body }));
  }
  const certificate = authority.issue(domainOf(0));
  await expectOk(putCname(client, bucket, domainOf(0), { certificate }));
  await expectOk(client.call({ method: 'PUT', bucket: listed, key: 'a', body: 'one' }));
}

/** Rows like that of the one object there, written past the server: only listings read them. */
async function fillListing(
  settings: Readonly<Record<string, string>>,
  count: number,
): Promise<void> {
  const database = await openDatabaseOf(settings);
  const isPostgres = settings.CNAMED_DATABASE_URL !== undefined;
  const columns = await database.columns('objects');
  const number = 'substr(cast(1000000 + n as text), 2)';
  const key = isPostgres
    ? `convert_to('key-' || ${number}, 'UTF8')`
    : `cast('key-' || ${number} as blob)`;
  const values = columns.map((column) =>
    column === 'key' ? key : column === 'blob_id' ? `blob_id || '-' || n` : column,
  );
  const numbers = `with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < ${count})`;
  const source = `(select * from objects where bucket_id = (select id from buckets where name = '${listed}'))`;
  await database.change(
    `${isPostgres ? numbers : ''} insert into objects (${columns.join(', ')}) ` +
      `${isPostgres ? '' : numbers} select ${values.join(', ')} from ${source} as one, numbers`,
  );
  await database.change(
    `update buckets set object_count = object_count + ${count} where name = '${listed}'`,
  );
  if (isPostgres) await database.change('analyze');
  await database.close();
}

async function measure(setup: Setup, work: Work, stage: Stage): Promise<Seen> {
  const before = spentBy(setup.nodes);
  const { count, seconds, p99Ms, bad } = await work(setup, stage);
  const after = spentBy(setup.nodes);
  const micros = (part: keyof Spent) => ((after[part] - before[part]) * 1e6) / Math.max(1, count);
  return {
    perSecond: count / seconds,
    nodeMicros: micros('nodes'),
    databaseMicros: micros('database'),
    storeMicros: micros('store'),
    p99Ms,
    bad,
  };
}

/** All nodes at once, each with its part of the connections. */
async function serve(setup: Setup, stage: Stage, file: string): Promise<Load> {
  const { folder, seconds } = stage;
  const part = Math.ceil(connections / setup.nodes.length);
  const loads = setup.nodes.map(({ pid, httpsPort }) => {
    const url = `https://${domainOf(0)}:${httpsPort}/${file}`;
    return loadKeepAlive({ url, pid, seconds, connections: part, folder });
  });
  return together(await Promise.all(loads), seconds);
}

async function shakeHands(setup: Setup, { folder, seconds }: Stage): Promise<Load> {
  const loads = setup.nodes.map(({ pid, httpsPort: port }) =>
    loadHandshakes({ port, pid, seconds, names: 1, path: '/4k', folder }),
  );
  return together(await Promise.all(loads), seconds);
}

function together(
  seen: readonly { perSecond: number; p99Ms: number; bad: number }[],
  seconds: number,
): Load {
  const sum = (pick: (one: (typeof seen)[number]) => number) =>
    seen.reduce((total, one) => total + pick(one), 0);
  const p99Ms = Math.max(...seen.map((one) => one.p99Ms));
  return {
    count: sum((one) => one.perSecond) * seconds,
    seconds,
    p99Ms,
    bad: sum((one) => one.bad),
  };
}

/** `lanes` callers, spread over the nodes, each with one call under way. */
function calls(
  lanes: number,
  call: (client: SignedClient, lane: number, turn: number, stage: Stage) => Promise<unknown>,
): Work {
  return async ({ nodes }, stage) => {
    // New ones each time: the server closes connections that were idle meanwhile.
    const clients = nodes.map((node) => clientOf(node));
    const latencies: number[] = [];
    let isOver = false;
    const startedAt = performance.now();
    const working = Array.from({ length: lanes }, async (_, lane) => {
      const client = clients[lane % clients.length] as SignedClient;
      for (let turn = 0; !isOver; turn += 1) {
        const sentAt = performance.now();
        await call(client, lane, turn, stage);
        latencies.push(performance.now() - sentAt);
      }
    });
    await Promise.race([delay(stage.seconds * 1000), Promise.all(working)]);
    isOver = true;
    await Promise.all(working);
    const seconds = (performance.now() - startedAt) / 1000;
    for (const client of clients) client.close();
    latencies.sort((a, b) => a - b);
    const p99Ms = latencies[Math.floor(latencies.length * 0.99)] ?? 0;
    return { count: latencies.length, seconds, p99Ms, bad: 0 };
  };
}

function puts(lanes: number, size: number, bucketOf: (lane: number) => string): Work {
  const body = Buffer.alloc(size, 'bytes of an object, ');
  return calls(lanes, (client, lane, turn) =>
    expectOk(
      client.call({ method: 'PUT', bucket: bucketOf(lane), key: `${lane}-${turn % 50}`, body }),
    ),
  );
}

const certificates = new Map<string, ReturnType<BenchAuthority['issue']>>();

/** Two for each domain, in turn, made once. */
function certificateOf(authority: BenchAuthority, domain: string, turn: number) {
  const name = `${domain} ${turn % 2}`;
  const made = certificates.get(name) ?? authority.issue(domain);
  certificates.set(name, made);
  return made;
}

const works: Readonly<Record<string, Work>> = {
  'GET 4 KiB over HTTPS, kept connections': (setup, stage) => serve(setup, stage, '4k'),
  'GET 64 KiB over HTTPS, kept connections': (setup, stage) => serve(setup, stage, '64k'),
  'Full handshake and GET of 4 KiB': shakeHands,
  'PutCname with a new certificate': calls(callers, (client, lane, turn, { authority }) => {
    const domain = domainOf(domainsOf(lane, turn));
    const certificate = certificateOf(authority, domain, Math.floor(turn / (domains / callers)));
    return putCname(client, bucket, domain, { certificate }).then((answer) =>
      expectOk(Promise.resolve(answer)),
    );
  }),
  'PutObject 4 KiB into one bucket': puts(callers, 4_096, () => bucket),
  'PutObject 4 KiB into 32 buckets': puts(callers, 4_096, (lane) => `${bucket}-${lane}`),
  'PutObject 64 KiB into 32 buckets': puts(callers, 65_536, (lane) => `${bucket}-${lane}`),
  'PutObject 16 MiB': puts(4, largeBytes, (lane) => `${bucket}-${lane}`),
  'List 1,000 of 100,000 keys': calls(8, (client, lane, turn) => {
    const marker = `key-${String((lane * 12_289 + turn * 7_919) % 99_000).padStart(6, '0')}`;
    return expectOk(client.call({ bucket: listed, query: { 'max-keys': '1000', marker } }));
  }),
};

function reportOf(title: string, seen: ReadonlyMap<string, readonly Seen[]>): Table {
  const rows = [...seen].map(([name, measured]) => {
    const pick = (key: keyof Seen) => median(measured.map((one) => one[key]));
    const micros = (key: 'databaseMicros' | 'storeMicros') =>
      name === 'embedded' ? '' : round(pick(key));
    return [
      name,
      round(pick('perSecond')),
      round(1e6 / Math.max(0.001, pick('nodeMicros'))),
      round(pick('nodeMicros')),
      micros('databaseMicros'),
      micros('storeMicros'),
      `${round(pick('p99Ms'))} ms`,
      String(measured.reduce((sum, { bad }) => sum + bad, 0)),
    ];
  });
  const head = [
    'set-up',
    'per second',
    'per CPU second of the nodes',
    'node µs',
    'PostgreSQL µs',
    'store µs',
    'p99',
    'failed',
  ];
  return { title, head, rows, notes: [] };
}
