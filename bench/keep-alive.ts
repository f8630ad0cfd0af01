import { domainOf } from './fill.ts';
import type { Bench } from './lib/bench.ts';
import { files, prepareField, startCnamed } from './lib/field.ts';
import { loadKeepAlive, type Measured } from './lib/load.ts';
import { type OtherServer, type Others, startOthers } from './lib/others.ts';
import { type Aim, aimsReport, besideAims, compareServers, type Report } from './lib/report.ts';

const connections = 32;

const always = { server: 'azurite', times: 30 } as const;
const aims: Readonly<Record<string, readonly Aim[]>> = {
  '4 KiB over HTTP': [{ server: 'nginx', times: 0.5 }, always],
  '4 KiB over HTTPS': [{ server: 'nginx', times: 0.5 }, { server: 'caddy', times: 1.8 }, always],
  '64 KiB over HTTP': [always],
  '64 KiB over HTTPS': [{ server: 'nginx', times: 1.1 }, always],
};

const beside = ['nginx', 'caddy', 'haproxy', 'azurite'] as const;

export const keepAlive: Bench = {
  name: 'keep-alive',
  about: '4 KiB and 64 KiB objects over HTTP and HTTPS on a mapped domain, kept connections',
  tools: ['nginx', 'wrk', 'taskset', 'cc'],
  beside,
  async run({ folder, rounds, seconds, log }) {
    const field = await prepareField({
      folder,
      domains: 1,
      domainsPerBucket: 1,
      hasCertificateFiles: true,
    });
    const { server } = await startCnamed(field);
    const reports: Report[] = [];
    const aimRows: string[][] = [];
    let others: Others | undefined;
    try {
      others = await startOthers(field, 'one', beside);
      const servers: Readonly<Record<string, OtherServer>> = { ...others.servers, cnamed: server };
      for (const file of Object.keys(files)) {
        for (const scheme of ['http', 'https'] as const) {
          const seen = new Map<string, Measured[]>();
          for (let round = 0; round < rounds; round++) {
            for (const [name, other] of Object.entries(servers)) {
              const isPlain = scheme === 'http';
              const port = isPlain ? other.httpPort : other.httpsPort;
              const pid = isPlain ? other.pid : (other.httpsPid ?? other.pid);
              const url = `${scheme}://${domainOf(0)}:${port}${other.path ?? '/'}${file}`;
              const measured = await loadKeepAlive({ url, pid, seconds, connections, folder });
              seen.set(name, [...(seen.get(name) ?? []), measured]);
              log(`${scheme} ${file} ${name}: ${Math.round(measured.perSecond)}/s`);
            }
          }
          const title = `${file.replace('k', ' KiB')} over ${scheme.toUpperCase()}`;
          const notes = reports.length === 0 ? others.notes : [];
          reports.push(compareServers(title, seen, notes));
          aimRows.push(...besideAims(title, seen, aims[title] ?? []));
        }
      }
      return [...reports, aimsReport('kept connections', aimRows)];
    } finally {
      await Promise.all([server.stop(), others?.stop()]);
    }
  },
};
