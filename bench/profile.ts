import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { callersMax, domains, sentBefore, writeFor } from './control-writes.ts';
import { domainOf } from './fill.ts';
import type { Bench } from './lib/bench.ts';
import { type Field, prepareField, startCnamed } from './lib/field.ts';
import { drawFlames } from './lib/flame.ts';
import { loadHandshakes, loadKeepAlive } from './lib/load.ts';
import type { ThreadProfile } from './lib/profiles.ts';
import { addUp, profileClock, profilingPrefix, readProfiles } from './lib/profiles.ts';
import type { Report } from './lib/report.ts';
import { putFor } from './uploads.ts';

const uploaders = 32;
const uploadBytes = 64 * 1_024;
const functionsMax = 12;
/** Shares below are left out of the tables. */
const percentMin = 1;

type Started = Awaited<ReturnType<typeof startCnamed>>;

interface Path {
  readonly name: string;
  readonly title: string;
  readonly load: (started: Started, field: Field, seconds: number) => Promise<unknown>;
}

const paths: readonly Path[] = [
  {
    name: 'get',
    title: '4 KiB over HTTPS, kept connections',
    load: ({ server }, { folder }, seconds) => {
      const url = `https://${domainOf(0)}:${server.httpsPort}/4k`;
      return loadKeepAlive({ url, pid: server.pid, seconds, connections: 32, folder });
    },
  },
  {
    name: 'handshake',
    title: 'Full handshake and GET of 4 KiB',
    load: ({ server: { pid, httpsPort: port } }, { folder }, seconds) =>
      loadHandshakes({ port, pid, seconds, names: 1, path: '/4k', folder }),
  },
  {
    name: 'swap',
    title: 'PutCname with a certificate, 64 callers',
    load: async ({ server, client }, field, seconds) => {
      const caller = client(callersMax);
      await writeFor(caller, callersMax, server.pid, seconds, sentBefore(field));
      caller.close();
    },
  },
  {
    name: 'upload',
    title: 'PutObject of 64 KiB, 32 callers',
    load: async ({ server, client }, _field, seconds) => {
      const caller = client(uploaders);
      await putFor(caller, server.pid, uploadBytes, uploaders, seconds);
      caller.close();
    },
  },
];

export const profile: Bench = {
  name: 'profile',
  about:
    'where the time goes when an object is read, a connection opened, a swap or an upload made',
  tools: ['wrk', 'taskset', 'cc'],
  isOneRun: true,
  async run({ folder, seconds, log }) {
    const field = await prepareField({
      folder,
      domains,
      domainsPerBucket: domains,
      hasCertificateFiles: false,
    });
    const reports: Report[] = [];
    for (const path of paths) {
      const place = join(folder, `profile-${path.name}`);
      await mkdir(place);
      const started = await startCnamed(field, profilingPrefix(place));
      let from = 0;
      let to = 0;
      try {
        await path.load(started, field, 1);
        from = profileClock();
        await path.load(started, field, seconds);
        to = profileClock();
      } finally {
        await started.server.stop();
      }
      const threads = readProfiles(place, from, to);
      log(`${path.title}: ${threads.map(({ name }) => name).join(', ')}`);
      reports.push(reportOf(path, threads, to - from));
    }
    return reports;
  },
};

function reportOf(
  { name, title }: Path,
  threads: readonly ThreadProfile[],
  micros: number,
): Report {
  const rows = threads.flatMap(({ name: thread, root }) => {
    const percent = (value: number) => `${((value * 100) / root.total).toFixed(1)} %`;
    const isShown = ([, value]: [string, number]) => (value * 100) / root.total >= percentMin;
    const groups = addUp(root, ({ group }) => group).filter(isShown);
    const functions = addUp(root, (each) => `\`${each.name}\` ${each.place}`.trim())
      .filter(isShown)
      .slice(0, functionsMax);
    const cell = ([key, value]: [string, number] | undefined = ['', 0]) =>
      key === '' ? ['', ''] : [key, percent(value)];
    return Array.from({ length: Math.max(groups.length, functions.length) }, (_, index) => [
      index === 0 ? thread : '',
      ...cell(groups[index]),
      ...cell(functions[index]),
    ]);
  });
  const busy = threads.map(
    (thread) => `${thread.name} ${((thread.root.total * 100) / micros).toFixed(0)} %`,
  );
  const about = `Flame graph: ${title}`;
  return {
    title: `Profile: ${title}`,
    head: ['thread', 'whose', 'own time', 'function', 'own time'],
    rows,
    notes: [`At work for so much of the time: ${busy.join(', ')}.`],
    pictures: [{ name: `flames-${name}.svg`, about, svg: drawFlames(title, threads) }],
  };
}
