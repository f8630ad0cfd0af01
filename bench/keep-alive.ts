import { domainOf } from './fill.ts';
import type { Bench } from './lib/bench.ts';
import { files, prepareField, startCnamed } from './lib/field.ts';
import { loadKeepAlive, type Measured } from './lib/load.ts';
import { startCaddy, startNginx } from './lib/others.ts';
import { compareServers, type Report } from './lib/report.ts';

const connections = 32;

export const keepAlive: Bench = {
  name: 'keep-alive',
  about: '4 KiB and 64 KiB objects over HTTP and HTTPS on a mapped domain, kept connections',
  tools: ['nginx', 'caddy', 'wrk', 'taskset', 'cc'],
  async run({ folder, rounds, seconds, log }) {
    const field = await prepareField({
      folder,
      domains: 1,
      domainsPerBucket: 1,
      hasCertificateFiles: true,
    });
    const { server } = await startCnamed(field);
    const nginx = await startNginx(field, 'one');
    const caddy = await startCaddy(field, 'one');
    const servers = { nginx, caddy, cnamed: server };
    const reports: Report[] = [];
    try {
      for (const file of Object.keys(files)) {
        for (const scheme of ['http', 'https'] as const) {
          const seen = new Map<string, Measured[]>();
          for (let round = 0; round < rounds; round++) {
            for (const [name, { pid, httpPort, httpsPort }] of Object.entries(servers)) {
              const port = scheme === 'http' ? httpPort : httpsPort;
              const url = `${scheme}://${domainOf(0)}:${port}/${file}`;
              const measured = await loadKeepAlive({ url, pid, seconds, connections, folder });
              seen.set(name, [...(seen.get(name) ?? []), measured]);
              log(`${scheme} ${file} ${name}: ${Math.round(measured.perSecond)}/s`);
            }
          }
          const size = file.replace('k', ' KiB');
          reports.push(compareServers(`${size} over ${scheme.toUpperCase()}`, seen));
        }
      }
    } finally {
      await Promise.all([server.stop(), nginx.stop(), caddy.stop()]);
    }
    return reports;
  },
};
