import type { Bench } from './lib/bench.ts';
import { prepareField, startCnamed } from './lib/field.ts';
import { loadHandshakes, type Measured } from './lib/load.ts';
import { startOthers } from './lib/others.ts';
import { residentMiB } from './lib/processes.ts';
import {
  type Aim,
  aimsReport,
  besideAims,
  compareServers,
  type Report,
  round,
} from './lib/report.ts';

/** In which whoever keeps certificates has met more of them than it keeps. */
const fillSeconds = 15;

interface Kind {
  readonly title: string;
  readonly names: number;
  readonly isResumed: boolean;
  readonly aims: readonly Aim[];
  readonly note?: string;
}

const byVariable =
  'nginx reads `ssl_certificate` by variable, `$ssl_server_name`. Before the first round each server ' +
  `has met other names of the same for ${fillSeconds} s, so that what it keeps is full.`;

function kindsOf(many: number): readonly Kind[] {
  const title = `Full handshake and GET over ${many.toLocaleString('en')} names`;
  return [
    {
      title: 'Full handshake and GET over one name',
      names: 1,
      isResumed: false,
      aims: [{ server: 'nginx', times: 0.7 }],
    },
    {
      title: 'Resumed handshake and GET over one name',
      names: 1,
      isResumed: true,
      aims: [{ server: 'nginx', times: 0.8 }],
    },
    {
      title,
      names: many,
      isResumed: false,
      aims: [{ server: 'nginx', times: 2 }],
      note: byVariable,
    },
  ];
}

const beside = ['nginx', 'caddy', 'haproxy', 'node'] as const;

export const handshakes: Bench = {
  name: 'handshakes',
  about: 'TLS 1.3 handshakes (ECDSA P-256) with one GET of 4 KiB: full and resumed, 100,000 names',
  tools: ['nginx', 'taskset', 'cc'],
  beside,
  async run({ folder, rounds, seconds, isQuick, log }) {
    const many = isQuick ? 200 : 100_000;
    const field = await prepareField({
      folder,
      domains: many,
      domainsPerBucket: many,
      hasCertificateFiles: true,
    });
    log(`${many} domains mapped in ${field.fillSeconds.toFixed(1)} s`);
    const { server } = await startCnamed(field);
    const reports: Report[] = [];
    const aimRows: string[][] = [];
    try {
      for (const { title, names, isResumed, note, aims } of kindsOf(many)) {
        const which = names === 1 ? 'one' : 'all';
        const others = await startOthers(field, which, beside);
        try {
          const servers = { ...others.servers, cnamed: server };
          const seen = new Map<string, Measured[]>();
          const resident = new Map<string, number>();
          // A first round for whatever is loaded at first use, and for caches; it does not count.
          for (let turn = -1; turn < rounds; turn++) {
            for (const [name, { pid, httpsPort: port }] of Object.entries(servers)) {
              const isFilling = turn < 0 && names > 1 && !isQuick;
              const load = {
                port,
                pid,
                seconds: isFilling ? fillSeconds : seconds,
                names,
                path: '/4k',
                folder,
                isResumed,
              };
              // Other names each round: a server must not have met most of them in the one before.
              const measured = await loadHandshakes({ ...load, seed: turn + 1 });
              log(`${title}, ${name}: ${Math.round(measured.perSecond)}/s`);
              resident.set(name, residentMiB(pid));
              if (turn >= 0) seen.set(name, [...(seen.get(name) ?? []), measured]);
            }
          }
          const sizes = [...resident].map(([name, size]) => `${name} ${round(size)} MiB`);
          const upAfter = Object.entries(servers).map(
            ([name, { readyAfterMs }]) => `${name} ${round(readyAfterMs / 1_000)} s`,
          );
          const notes = [
            ...(note === undefined ? [] : [note]),
            `Up after: ${upAfter.join(', ')}. RSS afterwards: ${sizes.join(', ')}.`,
            ...(reports.length === 0 ? others.notes : []),
          ];
          reports.push(compareServers(title, seen, notes));
          aimRows.push(...besideAims(title, seen, aims));
        } finally {
          await others.stop();
        }
      }
    } finally {
      await server.stop();
    }
    return [...reports, aimsReport('handshakes', aimRows)];
  },
};
