import { setTimeout as delay } from 'node:timers/promises';
import { putCnameDocument } from '../test/support/put-cname.ts';
import type { SignedCall, SignedClient } from '../test/support/signed-client.ts';
import { domainOf } from './fill.ts';
import type { Bench } from './lib/bench.ts';
import type { BenchCertificate } from './lib/certificates.ts';
import { expectOk, type Field, firstBucket, prepareField, startCnamed } from './lib/field.ts';
import { cpuSeconds } from './lib/processes.ts';
import { aimsReport, median, type Report, round } from './lib/report.ts';
import { bareCommits } from './lib/sqlite-commits.ts';

export const callersMax = 64;
const callersAtOnce = [1, callersMax] as const;
export const domains = 256;
/** New domains go to so many buckets in turn: a bucket has a quota, and its domains are counted. */
const bucketsOfNew = 64;
/** Certificates made before a round that sends each of them once, for each second of it. */
const freshPerSecond = 2_000;

interface Result {
  readonly perSecond: number;
  readonly perCpuSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** The next write of one of `lanes` callers; undefined when there is nothing left to ask. */
type Next = (lane: number, lanes: number, turn: number) => SignedCall | undefined;

/** A kind of write; makes ready what one round of so many seconds sends. */
interface Kind {
  readonly name: string;
  readonly round: (seconds: number) => Next;
}

export const controlWrites: Bench = {
  name: 'control-writes',
  about: 'durable control writes per second over HTTP: domains, certificates, small documents',
  tools: ['taskset'],
  async run({ folder, rounds, seconds, log }) {
    const field = await prepareField({
      folder,
      domains,
      domainsPerBucket: domains,
      hasCertificateFiles: false,
    });
    const { server, client } = await startCnamed(field);
    const clients = new Map(callersAtOnce.map((callers) => [callers, client(callers)] as const));
    const results = new Map<string, Result[]>();
    try {
      const first = client();
      const kinds = kindsOf(field, await twoStored(field, first));
      for (let number = 0; number < bucketsOfNew; number++) {
        await expectOk(first.call({ method: 'PUT', bucket: bucketOfNew(number) }));
      }
      first.close();
      for (let count = 0; count < rounds; count++) {
        for (const [callers, caller] of clients) {
          for (const kind of kinds) {
            const next = kind.round(seconds);
            const result = await writeFor(caller, callers, server.pid, seconds, next);
            const name = `${kind.name}|${callers}`;
            results.set(name, [...(results.get(name) ?? []), result]);
            log(`${kind.name}, ${callers} at once: ${Math.round(result.perSecond)}/s`);
          }
        }
      }
    } finally {
      for (const caller of clients.values()) caller.close();
      await server.stop();
    }
    const report = reportOf(results);
    const aims = report.rows
      .filter(([, callers]) => callers === String(callersMax))
      .map(([name = '', , perSecond = '']) => [name, '10,000 a second', perSecond]);
    return [report, bareCommits(folder, seconds), aimsReport('durable control writes', aims)];
  },
};

function reportOf(results: ReadonlyMap<string, readonly Result[]>): Report {
  const rows = [...results].map(([name, measured]) => {
    const pick = (key: keyof Result) => round(median(measured.map((each) => each[key])));
    const times = [`${pick('p50Ms')} ms`, `${pick('p99Ms')} ms`];
    return [...name.split('|'), pick('perSecond'), pick('perCpuSecond'), ...times];
  });
  return {
    title: 'Durable control writes',
    head: ['write', 'at once', 'per second', 'per CPU second', 'p50', 'p99'],
    rows,
    notes: ['Callers sign with V4 on the other core; each answer follows an fsync.'],
  };
}

function kindsOf(field: Field, ids: readonly string[]): Kind[] {
  const again = sentBefore(field);
  const mapped: number[] = [];
  let lastMapped = 0;
  const ofNew = (number: number, comp: 'add' | 'delete'): SignedCall => ({
    method: 'POST',
    bucket: bucketOfNew(number),
    query: { cname: undefined, comp },
    body: putCnameDocument(`new-${number}.example.test`),
  });
  return [
    {
      name: 'map a new domain',
      round: () => () => {
        lastMapped += 1;
        mapped.push(lastMapped);
        return ofNew(lastMapped, 'add');
      },
    },
    {
      name: 'unmap a domain',
      round: () => () => {
        const number = mapped.pop();
        return number === undefined ? undefined : ofNew(number, 'delete');
      },
    },
    {
      name: 'swap by CertId',
      round: () => inTurn((number, turn) => storedDocument(domainOf(number), ids[turn % 2] ?? '')),
    },
    {
      name: 'swap, certificate in the call, sent before',
      round: () => again,
    },
    {
      name: 'swap, new certificate in the call',
      round(seconds) {
        const fresh = Array.from({ length: seconds * freshPerSecond }, () =>
          field.authority.issue('*.example.test'),
        );
        return (lane, lanes, turn) => {
          const certificate = fresh.pop();
          if (certificate === undefined) return undefined;
          const domain = domainOf((lane + lanes * turn) % domains);
          return putCname(putCnameDocument(domain, { certificate }));
        };
      },
    },
    {
      name: 'PutBucketTagging',
      round: () => (lane, _lanes, turn) => ({
        method: 'PUT',
        bucket: firstBucket,
        query: { tagging: undefined },
        body: `<Tagging><TagSet><Tag><Key>turn</Key><Value>${lane}-${turn}</Value></Tag></TagSet></Tagging>`,
      }),
    },
  ];
}

/** Two certificates for each domain, made beforehand, in turn. */
export function sentBefore(field: Field): Next {
  const pairs = Array.from({ length: domains }, (_, number) =>
    [0, 1].map(() => field.authority.issue(domainOf(number))),
  );
  return inTurn((number, turn) => {
    const certificate = pairs[number]?.[turn % 2] as BenchCertificate;
    return putCnameDocument(domainOf(number), { certificate });
  });
}

function bucketOfNew(number: number): string {
  return `bench-new-${number % bucketsOfNew}`;
}

/** Each lane has domains of its own, and changes the certificate whenever it is round. */
function inTurn(document: (domainNumber: number, turn: number) => string): Next {
  return (lane, lanes, turn) => {
    const ofLane = Math.floor(domains / lanes);
    return putCname(document(lane + lanes * (turn % ofLane), Math.floor(turn / ofLane)));
  };
}

function putCname(body: string): SignedCall {
  return { method: 'POST', bucket: firstBucket, query: { cname: undefined, comp: 'add' }, body };
}

function storedDocument(domain: string, id: string): string {
  return (
    '<BucketCnameConfiguration><Cname>' +
    `<Domain>${domain}</Domain><CertificateConfiguration>` +
    `<CertId>${id}</CertId><Force>true</Force>` +
    '</CertificateConfiguration></Cname></BucketCnameConfiguration>'
  );
}

/** Ids of two certificates of the account that cover every name. */
async function twoStored(field: Field, caller: SignedClient): Promise<string[]> {
  const ids: string[] = [];
  for (let count = 0; count < 2; count++) {
    const certificate = field.authority.issue('*.example.test');
    await expectOk(caller.call(putCname(putCnameDocument(domainOf(0), { certificate }))));
    const list = await expectOk(caller.call({ bucket: firstBucket, query: { cname: undefined } }));
    ids.push(/<CertId>(?<id>[^<]+)</.exec(list)?.groups?.id ?? '');
  }
  return ids;
}

export async function writeFor(
  caller: SignedClient,
  lanes: number,
  pid: number,
  seconds: number,
  next: Next,
): Promise<Result> {
  const latencies: number[] = [];
  let isOver = false;
  const timer = delay(seconds * 1000).then(() => {
    isOver = true;
  });
  const cpuBefore = cpuSeconds(pid);
  const startedAt = performance.now();
  const work = Array.from({ length: lanes }, async (_, lane) => {
    for (let turn = 0; !isOver; turn++) {
      const call = next(lane, lanes, turn);
      if (call === undefined) return;
      const sentAt = performance.now();
      await expectOk(caller.call(call));
      latencies.push(performance.now() - sentAt);
    }
  });
  await Promise.all(work);
  const elapsed = (performance.now() - startedAt) / 1000;
  const cpu = cpuSeconds(pid) - cpuBefore;
  await timer;
  latencies.sort((a, b) => a - b);
  const quantile = (part: number) => latencies[Math.floor(latencies.length * part)] ?? 0;
  return {
    perSecond: latencies.length / elapsed,
    perCpuSecond: latencies.length / Math.max(0.01, cpu),
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
  };
}
