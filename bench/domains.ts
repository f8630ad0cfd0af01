import { rm } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { connect, createSecureContext, type SecureContext } from 'node:tls';
import { putCname } from '../test/support/put-cname.ts';
import { domainOf } from './fill.ts';
import type { Bench, BenchOptions } from './lib/bench.ts';
import { expectOk, type Field, firstBucket, prepareField, startCnamed } from './lib/field.ts';
import { residentMiB } from './lib/processes.ts';
import { aimsReport, median, type Report, round } from './lib/report.ts';
import { byPart, partsOfSqlite } from './storage.ts';

/** The default quota: so many domains share a bucket. */
const domainsPerBucket = 100;
const starts = 5;
const additions = 200;
/** Different names asked over HTTPS before memory is read again. */
const visitsMax = 2_000;

export const domains: Bench = {
  name: 'domains',
  about: 'start-up, memory, and PutCname to the first HTTPS answer, at 1,000 and 100,000 domains',
  tools: ['taskset'],
  isOneRun: true,
  run: (options) => compareCounts(options, options.isQuick ? [100, 300] : [1_000, 100_000]),
};

/** Filling takes most of it: half an hour. */
export const million: Bench = {
  name: 'million',
  about: 'the same at 1,000,000 domains',
  tools: ['taskset'],
  isOnRequest: true,
  isOneRun: true,
  run: (options) => compareCounts(options, options.isQuick ? [1_000] : [1_000_000]),
};

async function compareCounts(
  { folder, log }: BenchOptions,
  counts: readonly number[],
): Promise<Report[]> {
  const rows: string[][] = [];
  const largest: Report[] = [];
  for (const count of counts) {
    const own = join(folder, String(count));
    const field = await prepareField({
      folder: own,
      domains: count,
      domainsPerBucket,
      hasCertificateFiles: false,
    });
    log(`${count} domains mapped in ${field.fillSeconds.toFixed(1)} s`);
    rows.push([count.toLocaleString('en'), ...(await measure(field, count, log))]);
    if (count === counts.at(-1)) {
      const parts = partsOfSqlite(join(field.dataDir, 'cnamed.sqlite'));
      largest.push(byPart([{ engine: 'SQLite', count, parts }]));
    }
    await rm(own, { recursive: true, force: true });
  }
  const head = [
    'mapped domains',
    'ready after',
    'RSS when ready',
    `RSS after ${visitsMax.toLocaleString('en')} names`,
    'cold name',
    '99 of 100',
    'PutCname answered',
    'first HTTPS answer',
    'slowest',
  ];
  const notes = [
    'Ready: from the start of the process to its ready line. First HTTPS answer: from sending',
    'PutCname with a new certificate for a new domain to the last byte of the first page over a',
    'new connection, verified; ownership is off, so no DNS question is in it. Cold name: a full',
    'handshake and a request for a name that was not asked for since the start, names taken evenly',
    'from all of them; the client verifies. It has read its own authorities before.',
  ];
  return [
    { title: 'With many domains', head, rows, notes: [notes.join(' ')] },
    aims(rows.at(-1)),
    ...largest,
  ];
}

function aims(row: readonly string[] = []): Report {
  const [count = '', ready = '', resident = '', , cold = '', , , served = ''] = row;
  return aimsReport(`${count} domains`, [
    ['ready', 'in 2 s', ready],
    ['memory until used', 'under 300 MB', resident],
    ['first answer of a cold name', 'in 20 ms', cold],
    ['PutCname to the first HTTPS answer', 'in 10 ms', served],
  ]);
}

async function measure(
  field: Field,
  count: number,
  log: (line: string) => void,
): Promise<string[]> {
  const readyMs: number[] = [];
  const residents: number[] = [];
  for (let start = 0; start < starts; start++) {
    const { server } = await startCnamed(field);
    readyMs.push(server.readyAfterMs);
    residents.push(residentMiB(server.pid));
    await server.stop();
  }
  log(`ready after ${median(readyMs).toFixed(0)} ms`);
  const { server, client } = await startCnamed(field);
  const caller = client();
  const visitor = createSecureContext({ ca: field.authority.certificatePem });
  const answeredMs: number[] = [];
  const servedMs: number[] = [];
  try {
    for (let number = 0; number < additions; number++) {
      const domain = `new${number}.example.test`;
      const certificate = field.authority.issue(domain);
      const sentAt = performance.now();
      await expectOk(putCname(caller, firstBucket, domain, { certificate }));
      answeredMs.push(performance.now() - sentAt);
      await getPage(visitor, server.httpsPort, domain);
      servedMs.push(performance.now() - sentAt);
    }
    // Names of the first bucket have the page; for the others the handshake is what costs.
    const coldMs: number[] = [];
    const visits = Math.min(count, visitsMax);
    for (let visit = 0; visit < visits; visit++) {
      const number = Math.floor((visit * count) / visits);
      const sentAt = performance.now();
      await getPage(visitor, server.httpsPort, domainOf(number), number < domainsPerBucket);
      coldMs.push(performance.now() - sentAt);
    }
    coldMs.sort((one, other) => one - other);
    return [
      `${round(median(readyMs))} ms`,
      `${round(median(residents))} MiB`,
      `${round(residentMiB(server.pid))} MiB`,
      `${round(median(coldMs))} ms`,
      `${round(coldMs[Math.floor(visits * 0.99)] ?? 0)} ms`,
      `${round(median(answeredMs))} ms`,
      `${round(median(servedMs))} ms`,
      `${round(Math.max(...servedMs))} ms`,
    ];
  } finally {
    caller.close();
    await server.stop();
  }
}

function getPage(
  secureContext: SecureContext,
  port: number,
  domain: string,
  isThere = true,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        createConnection: () =>
          connect({ host: '127.0.0.1', port, servername: domain, secureContext }),
        path: '/4k',
        headers: { Host: domain },
      },
      (incoming) => {
        incoming.resume();
        incoming.once('end', () => {
          if (isThere && incoming.statusCode !== 200) reject(new Error(`${incoming.statusCode}`));
          else resolve();
        });
      },
    );
    outgoing.once('error', reject);
    outgoing.end();
  });
}
