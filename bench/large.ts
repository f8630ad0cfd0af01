import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { domainOf } from './fill.ts';
import type { Bench } from './lib/bench.ts';
import { expectOk, firstBucket, prepareField, startCnamed } from './lib/field.ts';
import { loadBytes } from './lib/load.ts';
import { type Others, startOthers } from './lib/others.ts';
import { residentMiB } from './lib/processes.ts';
import { aimsReport, besideAims, median, type Report, round } from './lib/report.ts';

const connections = 4;
const mebibyte = 1024 ** 2;

interface Seen {
  readonly mibPerSecond: number;
  readonly perCpuSecond: number;
  readonly residentMiB: number;
}

const beside = ['nginx', 'caddy'] as const;

export const large: Bench = {
  name: 'large',
  about: 'one object of 1 GiB over HTTP and HTTPS on a mapped domain, and the memory it takes',
  tools: ['nginx', 'wrk', 'taskset', 'cc'],
  beside,
  async run({ folder, rounds, seconds, isQuick, log }) {
    const field = await prepareField({
      folder,
      domains: 1,
      domainsPerBucket: 1,
      hasCertificateFiles: true,
    });
    const { server, client } = await startCnamed(field);
    const reports: Report[] = [];
    const aimRows: string[][] = [];
    let others: Others | undefined;
    try {
      others = await startOthers(field, 'one', beside);
      const servers = { ...others.servers, cnamed: server };
      const body = Buffer.alloc((isQuick ? 16 : 1_024) * mebibyte, 'the same bytes for everyone. ');
      const caller = client();
      await expectOk(caller.call({ method: 'PUT', bucket: firstBucket, key: 'large', body }));
      caller.close();
      await writeFile(join(field.webRoot, 'large'), body);
      for (const scheme of ['http', 'https'] as const) {
        const seen = new Map<string, Seen[]>();
        for (let turn = 0; turn < rounds; turn++) {
          for (const [name, { pid, httpPort, httpsPort }] of Object.entries(servers)) {
            const port = scheme === 'http' ? httpPort : httpsPort;
            const url = `${scheme}://${domainOf(0)}:${port}/large`;
            const { perSecond, perCpuSecond } = await loadBytes({
              url,
              pid,
              seconds,
              connections,
              folder,
            });
            const measured = {
              mibPerSecond: perSecond / mebibyte,
              perCpuSecond: perCpuSecond / mebibyte,
              residentMiB: residentMiB(pid),
            };
            log(`${scheme} ${name}: ${Math.round(measured.mibPerSecond)} MiB/s`);
            seen.set(name, [...(seen.get(name) ?? []), measured]);
          }
        }
        const title = `1 GiB over ${scheme.toUpperCase()}`;
        const notes = reports.length === 0 ? others.notes : [];
        reports.push(compare(title, seen, notes));
        if (scheme === 'https') {
          aimRows.push(...besideAims(title, seen, [{ server: 'nginx', times: 1 }]));
        }
      }
    } finally {
      await Promise.all([server.stop(), others?.stop()]);
    }
    return [...reports, aimsReport('large objects', aimRows)];
  },
};

function compare(
  title: string,
  rounds: ReadonlyMap<string, readonly Seen[]>,
  notes: readonly string[],
): Report {
  const [base = []] = [...rounds.values()];
  const pick = (seen: readonly Seen[], key: keyof Seen) => median(seen.map((each) => each[key]));
  const rows = [...rounds].map(([name, seen]) => [
    name,
    round(pick(seen, 'mibPerSecond')),
    round(pick(seen, 'perCpuSecond')),
    (pick(seen, 'perCpuSecond') / pick(base, 'perCpuSecond')).toFixed(2),
    `${round(Math.max(...seen.map((each) => each.residentMiB)))} MiB`,
  ]);
  const head = ['server', 'MiB per second', 'MiB per CPU second', '×', 'RSS'];
  return { title, head, rows, notes };
}
