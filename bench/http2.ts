import { domainOf } from './fill.ts';
import type { Bench } from './lib/bench.ts';
import { prepareField, startCnamed } from './lib/field.ts';
import { loadHttp2, type Measured } from './lib/load.ts';
import { type Others, startOthers } from './lib/others.ts';
import { compareServers, type Report } from './lib/report.ts';

/**
 * As a browser has it: few connections, and many streams on each. Enough of them for a round:
 * cnamed ends a connection after 10,000 requests, and h2load opens no other.
 */
const shapes = [
  { connections: 32, streams: 1 },
  { connections: 16, streams: 16 },
] as const;

const beside = ['nginx', 'caddy', 'haproxy'] as const;

export const http2: Bench = {
  name: 'http2',
  about: '4 KiB objects over HTTP/2 on a mapped domain: one stream on each connection, and many',
  tools: ['nginx', 'h2load', 'taskset', 'cc'],
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
    let others: Others | undefined;
    try {
      others = await startOthers(field, 'one', beside);
      const servers = { ...others.servers, cnamed: server };
      for (const shape of shapes) {
        const title = `4 KiB over HTTP/2, ${shape.connections} connections of ${shape.streams} streams`;
        const seen = new Map<string, Measured[]>();
        for (let round = 0; round < rounds; round += 1) {
          for (const [name, { pid, httpsPort }] of Object.entries(servers)) {
            const url = `https://${domainOf(0)}:${httpsPort}/4k`;
            const measured = await loadHttp2({ ...shape, url, pid, seconds, folder });
            seen.set(name, [...(seen.get(name) ?? []), measured]);
            log(`${title}, ${name}: ${Math.round(measured.perCpuSecond)} per CPU second`);
          }
        }
        const notes = ['h2load tells no 99th percentile.', ...others.notes];
        reports.push(compareServers(title, seen, reports.length === 0 ? notes : []));
      }
      return reports;
    } finally {
      await Promise.all([server.stop(), others?.stop()]);
    }
  },
};
