import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { domainOf } from './fill.ts';
import type { Bench } from './lib/bench.ts';
import { prepareField, startCnamed } from './lib/field.ts';
import { loadHandshakes, loadKeepAlive, type Measured } from './lib/load.ts';
import { compareServers, median, type Report } from './lib/report.ts';

const connections = 32;

/** The issue: two workers do at least so much of what one process does for each second of CPU. */
const aim = 0.9;

const kinds = {
  'one process': { workers: 1, isOnAllCores: false },
  'two workers on its core': { workers: 2, isOnAllCores: false },
  'two workers on every core': { workers: 2, isOnAllCores: true },
} as const;

type Kind = keyof typeof kinds;

export const workers: Bench = {
  name: 'workers',
  about: 'kept connections and full handshakes: one process, and a primary with two workers',
  tools: ['wrk', 'taskset', 'cc'],
  async run({ folder, rounds, seconds, log }) {
    const field = await prepareField({
      folder,
      domains: 1,
      domainsPerBucket: 1,
      hasCertificateFiles: false,
    });
    const servers: { name: Kind; server: Awaited<ReturnType<typeof startCnamed>>['server'] }[] = [];
    try {
      for (const [index, name] of (Object.keys(kinds) as Kind[]).entries()) {
        const dataDir = join(folder, `data-${index}`);
        await cp(field.dataDir, dataDir, { recursive: true });
        const { server } = await startCnamed({ dataDir }, [], kinds[name]);
        servers.push({ name, server });
      }
      const reports: Report[] = [];
      const aims: string[][] = [];
      for (const [title, load] of loads(seconds, folder)) {
        const seen = new Map<string, Measured[]>();
        // One round for whatever is loaded at first use; it does not count.
        for (let round = -1; round < rounds; round += 1) {
          for (const { name, server } of servers) {
            const measured = await load(server);
            if (round >= 0) seen.set(name, [...(seen.get(name) ?? []), measured]);
            log(`${title}, ${name}: ${Math.round(measured.perCpuSecond)} per CPU second`);
          }
        }
        reports.push(compareServers(title, seen));
        aims.push(...besideOne(title, seen));
      }
      const head = ['work', 'aim', 'seen'];
      return [...reports, { title: 'Aims of workers', head, rows: aims, notes: [] }];
    } finally {
      await Promise.all(servers.map(({ server }) => server.stop()));
    }
  },
};

interface Ports {
  readonly pid: number;
  readonly httpPort: number;
  readonly httpsPort: number;
}

function loads(
  seconds: number,
  folder: string,
): readonly (readonly [string, (server: Ports) => Promise<Measured>])[] {
  const kept = { seconds, connections, folder };
  const host = domainOf(0);
  return [
    [
      '4 KiB over HTTP by workers',
      ({ pid, httpPort }) => loadKeepAlive({ ...kept, pid, url: `http://${host}:${httpPort}/4k` }),
    ],
    [
      '4 KiB over HTTPS by workers',
      ({ pid, httpsPort }) =>
        loadKeepAlive({ ...kept, pid, url: `https://${host}:${httpsPort}/4k` }),
    ],
    [
      'Full handshake and GET by workers',
      ({ pid, httpsPort: port }) =>
        loadHandshakes({ port, pid, seconds, names: 1, path: '/4k', folder }),
    ],
  ];
}

function besideOne(title: string, seen: ReadonlyMap<string, readonly Measured[]>): string[][] {
  const rateOf = (name: Kind) =>
    median((seen.get(name) ?? []).map(({ perCpuSecond }) => perCpuSecond));
  const one = rateOf('one process');
  return (Object.keys(kinds) as Kind[])
    .filter((name) => name !== 'one process')
    .map((name) => [`${title}, ${name}`, `${aim} × one process`, (rateOf(name) / one).toFixed(2)]);
}
