import { setTimeout as delay } from 'node:timers/promises';
import { putCnameDocument } from '../test/support/put-cname.ts';
import type { SignedClient } from '../test/support/signed-client.ts';
import { domainOf } from './fill.ts';
import type { Bench } from './lib/bench.ts';
import type { BenchCertificate } from './lib/certificates.ts';
import { expectOk, type Field, firstBucket, prepareField, startCnamed } from './lib/field.ts';
import { cpuSeconds } from './lib/processes.ts';
import { aimsReport, median, round } from './lib/report.ts';

export const callers = 64;
export const domains = 256;
const query = { cname: undefined, comp: 'add' };

interface Result {
  readonly perSecond: number;
  readonly perCpuSecond: number;
  readonly p99Ms: number;
}

/** Bodies of PutCname that change the certificate at every call. */
type Bodies = (domainNumber: number, turn: number) => string;

export const swaps: Bench = {
  name: 'swaps',
  about: 'durable certificate swaps per second: PutCname over HTTP, 64 callers at once',
  tools: ['taskset'],
  async run({ folder, rounds, seconds, log }) {
    const field = await prepareField({
      folder,
      domains,
      domainsPerBucket: domains,
      hasCertificateFiles: false,
    });
    const { server, client } = await startCnamed(field);
    const caller = client(callers);
    try {
      const rows: string[][] = [];
      const kinds: readonly (readonly [string, Bodies])[] = [
        ['certificate and key in the call', inlineBodies(field)],
        ['by CertId', await storedBodies(field, caller)],
      ];
      for (const [name, bodies] of kinds) {
        const results: Result[] = [];
        for (let count = 0; count < rounds; count++) {
          const result = await swapFor(caller, server.pid, seconds, bodies);
          results.push(result);
          log(`${name}: ${Math.round(result.perSecond)}/s`);
        }
        const pick = (key: keyof Result) => round(median(results.map((each) => each[key])));
        rows.push([name, pick('perSecond'), pick('perCpuSecond'), `${pick('p99Ms')} ms`]);
      }
      const head = ['swap', 'per second', 'per CPU second', 'p99'];
      const note = 'Callers sign with V4 on the other core; each answer follows an fsync.';
      const aims = rows.map(([name = '', perSecond = '']) => [name, '10,000 a second', perSecond]);
      return [
        { title: 'Durable certificate swaps', head, rows, notes: [note] },
        aimsReport('durable control writes', aims),
      ];
    } finally {
      caller.close();
      await server.stop();
    }
  },
};

/** Two certificates for each domain, made beforehand, in turn. */
export function inlineBodies(field: Field): Bodies {
  const pairs = Array.from({ length: domains }, (_, number) =>
    [0, 1].map(() => field.authority.issue(domainOf(number))),
  );
  return (number, turn) => {
    const certificate = pairs[number]?.[turn % 2] as BenchCertificate;
    return putCnameDocument(domainOf(number), { certificate });
  };
}

/** Two certificates of the account that cover every name, bound by their ids in turn. */
async function storedBodies(field: Field, caller: SignedClient): Promise<Bodies> {
  const ids: string[] = [];
  for (let count = 0; count < 2; count++) {
    const certificate = field.authority.issue('*.example.test');
    const body = putCnameDocument(domainOf(0), { certificate });
    await expectOk(caller.call({ method: 'POST', bucket: firstBucket, query, body }));
    const list = await expectOk(caller.call({ bucket: firstBucket, query: { cname: undefined } }));
    ids.push(/<CertId>(?<id>[^<]+)</.exec(list)?.groups?.id ?? '');
  }
  return (number, turn) =>
    '<BucketCnameConfiguration><Cname>' +
    `<Domain>${domainOf(number)}</Domain><CertificateConfiguration>` +
    `<CertId>${ids[turn % 2]}</CertId><Force>true</Force>` +
    '</CertificateConfiguration></Cname></BucketCnameConfiguration>';
}

export async function swapFor(
  caller: SignedClient,
  pid: number,
  seconds: number,
  bodies: Bodies,
): Promise<Result> {
  const latencies: number[] = [];
  let isOver = false;
  const cpuBefore = cpuSeconds(pid);
  const startedAt = performance.now();
  const lanes = Array.from({ length: callers }, async (_, lane) => {
    for (let turn = 0; !isOver; turn++) {
      // Each lane has domains of its own, so that two swaps of one domain never meet.
      const number = lane + callers * (turn % (domains / callers));
      const body = bodies(number, Math.floor(turn / (domains / callers)));
      const sentAt = performance.now();
      await expectOk(caller.call({ method: 'POST', bucket: firstBucket, query, body }));
      latencies.push(performance.now() - sentAt);
    }
  });
  await delay(seconds * 1000);
  isOver = true;
  await Promise.all(lanes);
  const elapsed = (performance.now() - startedAt) / 1000;
  latencies.sort((a, b) => a - b);
  return {
    perSecond: latencies.length / elapsed,
    perCpuSecond: latencies.length / Math.max(0.01, cpuSeconds(pid) - cpuBefore),
    p99Ms: latencies[Math.floor(latencies.length * 0.99)] ?? 0,
  };
}
