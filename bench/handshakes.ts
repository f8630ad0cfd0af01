import type { Bench } from './lib/bench.ts';
import { prepareField, startCnamed } from './lib/field.ts';
import { loadHandshakes, type Measured } from './lib/load.ts';
import { startCaddy, startNginx } from './lib/others.ts';
import { compareServers, type Report } from './lib/report.ts';

export const handshakes: Bench = {
  name: 'handshakes',
  about: 'full TLS 1.3 handshakes (ECDSA P-256) with one GET of 4 KiB: one name, 10,000 names',
  tools: ['nginx', 'caddy', 'taskset', 'cc'],
  async run({ folder, rounds, seconds, isQuick, log }) {
    const many = isQuick ? 200 : 10_000;
    const field = await prepareField({
      folder,
      domains: many,
      domainsPerBucket: many,
      hasCertificateFiles: true,
    });
    log(`${many} domains mapped in ${field.fillSeconds.toFixed(1)} s`);
    const { server } = await startCnamed(field);
    const reports: Report[] = [];
    try {
      for (const names of [1, many]) {
        const which = names === 1 ? 'one' : 'all';
        const nginx = await startNginx(field, which);
        const caddy = await startCaddy(field, which);
        const servers = { nginx, caddy, cnamed: server };
        const seen = new Map<string, Measured[]>();
        // One round for whatever is loaded at first use; it does not count.
        for (let round = -1; round < rounds; round++) {
          for (const [name, { pid, httpsPort: port }] of Object.entries(servers)) {
            const load = { port, pid, seconds, names, path: '/4k', folder };
            const measured = await loadHandshakes(load);
            log(`${names} names ${name}: ${Math.round(measured.perSecond)}/s`);
            if (round >= 0) seen.set(name, [...(seen.get(name) ?? []), measured]);
          }
        }
        await Promise.all([nginx.stop(), caddy.stop()]);
        const title = `Full handshake and GET over ${names.toLocaleString('en')} names`;
        const nginxNote = 'nginx reads `ssl_certificate` by variable, `$ssl_server_name`.';
        reports.push(compareServers(title, seen, names === 1 ? [] : [nginxNote]));
      }
    } finally {
      await server.stop();
    }
    return reports;
  },
};
