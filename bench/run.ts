/**
 * `npm run bench [-- NAME...] [--rounds N] [--seconds S] [--quick] [--out FILE]`
 *
 * Servers run on one core, whoever puts load on them on the other. Every figure is a median of
 * interleaved rounds, for each second of the clock and for each second of CPU the server used. The
 * machine should be quiet: nothing here can tell what else it is doing.
 */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { cluster } from './cluster.ts';
import { database } from './database.ts';
import { domains, million } from './domains.ts';
import { handshakes } from './handshakes.ts';
import { keepAlive } from './keep-alive.ts';
import { large } from './large.ts';
import type { Bench } from './lib/bench.ts';
import { pinThisProcess } from './lib/processes.ts';
import type { Report } from './lib/report.ts';
import { adviseMissing } from './lib/tools.ts';
import { listing } from './listing.ts';
import { storage } from './storage.ts';
import { swaps } from './swaps.ts';
import { uploads } from './uploads.ts';

const benches: readonly Bench[] = [
  keepAlive,
  large,
  handshakes,
  swaps,
  uploads,
  domains,
  million,
  storage,
  listing,
  database,
  cluster,
];

function firstLine(command: string, ...args: string[]): string {
  const { stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  return `${stdout ?? ''}${stderr ?? ''}`.trim().split('\n')[0] ?? 'not installed';
}

function describeMachine(): string {
  const nginx = firstLine('/usr/sbin/nginx', '-v').replace('nginx version: ', '');
  const root = resolve(import.meta.dirname, '..');
  return [
    `date: ${new Date().toISOString().slice(0, 10)}`,
    `machine: ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${firstLine('uname', '-sr')}`,
    `cnamed: ${firstLine('git', '-C', root, 'rev-parse', '--short', 'HEAD')} on Node ${process.version}, OpenSSL ${process.versions.openssl}`,
    `others: ${nginx}, Caddy ${firstLine('caddy', 'version')}`,
  ].join('\n');
}

function render({ title, head, rows, notes }: Report): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const table = [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
  return [`### ${title}`, table, ...notes].join('\n\n');
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      out: { type: 'string' },
    },
  });
  const unknown = positionals.filter((name) => !benches.some((bench) => bench.name === name));
  if (values.list || unknown.length > 0) {
    for (const { name, about } of benches) console.log(`${name.padEnd(12)} ${about}`);
    return unknown.length > 0 ? 2 : 0;
  }
  const chosen = benches.filter(
    ({ name, isOnRequest }) =>
      positionals.includes(name) || (positionals.length === 0 && !isOnRequest),
  );
  const advice = chosen.map(({ name, tools }) => ({ name, missing: adviseMissing(tools) }));
  for (const { name, missing } of advice) if (missing) console.error(`${name}: ${missing}`);
  if (advice.some(({ missing }) => missing)) return 2;

  pinThisProcess();
  const isQuick = values.quick;
  const rounds = Number(values.rounds ?? (isQuick ? 1 : 5));
  const seconds = Number(values.seconds ?? (isQuick ? 1 : 4));
  const parts = [describeMachine()];
  console.log(parts[0]);
  for (const bench of chosen) {
    console.log(`\n${bench.name}: ${bench.about}`);
    const folder = await mkdtemp(join(tmpdir(), 'cnamed-bench-'));
    try {
      const log = (line: string) => console.log(`  ${line}`);
      const reports = await bench.run({ folder, rounds, seconds, isQuick, log });
      parts.push(...reports.map(render));
      console.log(`\n${reports.map(render).join('\n\n')}`);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  if (values.out) await writeFile(values.out, `${parts.join('\n\n')}\n`);
  return 0;
}

process.exitCode = await main();
