/**
 * `npm run bench [-- NAME...] [--rounds N] [--seconds S] [--quick] [--out FILE] [--write]`
 *
 * Servers run on one core, whoever puts load on them on the other. Every figure is a median of
 * interleaved rounds, for each second of the clock and for each second of CPU the server used. The
 * machine should be quiet; how much of it others had is written beside the figures. `--write` puts
 * them into docs/benchmarks.md.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { endAllBelow } from '../test/support/process-tree.ts';
import { cluster } from './cluster.ts';
import { controlWrites } from './control-writes.ts';
import { database } from './database.ts';
import { domains, million } from './domains.ts';
import { handshakes } from './handshakes.ts';
import { http2 } from './http2.ts';
import { keepAlive } from './keep-alive.ts';
import { large } from './large.ts';
import type { Bench } from './lib/bench.ts';
import { describeMachine, watchOthers } from './lib/machine.ts';
import { render, writeToPage } from './lib/page.ts';
import { pinThisProcess } from './lib/processes.ts';
import { adviseMissing } from './lib/tools.ts';
import { listing } from './listing.ts';
import { profile } from './profile.ts';
import { storage } from './storage.ts';
import { uploads } from './uploads.ts';
import { workers } from './workers.ts';

const benches: readonly Bench[] = [
  keepAlive,
  http2,
  large,
  handshakes,
  controlWrites,
  workers,
  uploads,
  profile,
  domains,
  million,
  storage,
  listing,
  database,
  cluster,
];

function readArguments() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      out: { type: 'string' },
      write: { type: 'boolean', default: false },
    },
  });
  const { quick: isQuick } = values;
  const rounds = Number(values.rounds ?? (isQuick ? 1 : 5));
  const seconds = Number(values.seconds ?? (isQuick ? 1 : 4));
  return { ...values, names: positionals, isQuick, rounds, seconds };
}

type Arguments = ReturnType<typeof readArguments>;

/** What is wanted; a text is what is wrong with the wish. */
function choose({ names, list, write, isQuick }: Arguments): readonly Bench[] | string {
  const isKnown = (name: string) => benches.some((bench) => bench.name === name);
  if (list || !names.every(isKnown)) {
    return benches.map(({ name, about }) => `${name.padEnd(12)} ${about}`).join('\n');
  }
  if (write && isQuick) return '--quick only shows that everything runs; its figures say nothing';
  const chosen = benches.filter(
    ({ name, isOnRequest }) => names.includes(name) || (names.length === 0 && !isOnRequest),
  );
  const missing = chosen.flatMap(({ name, tools }) => {
    const advice = adviseMissing(tools);
    return advice === undefined ? [] : [`${name}: ${advice}`];
  });
  return missing.length > 0 ? missing.join('\n') : chosen;
}

/** Whatever it started has ended when it returns or throws, and its folder is gone. */
async function runOne(bench: Bench, { rounds, seconds, isQuick, write }: Arguments) {
  const folder = mkdtempSync(join(tmpdir(), 'cnamed-bench-'));
  const clear = () => {
    const left = endAllBelow();
    if (left.length > 0) console.error(`ended what was left: ${left.join(', ')}`);
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  };
  const leave = () => {
    clear();
    process.exit(1);
  };
  // A rejection that nobody waits for would end this process, and leave the servers running.
  const fall = (error: unknown) => {
    console.error(`${bench.name} failed:`, error);
    leave();
  };
  process.once('uncaughtException', fall);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, leave);
  try {
    const tellOthers = watchOthers();
    const log = (line: string) => console.log(`  ${line}`);
    const reports = await bench.run({ folder, rounds, seconds, isQuick, log });
    const stamp = [
      ...describeMachine(bench.beside ?? []),
      ...(bench.isOneRun ? [] : [`${rounds} rounds of ${seconds} s each`]),
      tellOthers(),
    ];
    const text = render(stamp, reports);
    if (write) writeToPage(bench.name, text, reports);
    return text;
  } finally {
    process.off('uncaughtException', fall);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, leave);
    clear();
  }
}

async function main(): Promise<number> {
  const wish = readArguments();
  const chosen = choose(wish);
  if (typeof chosen === 'string') {
    (wish.list ? console.log : console.error)(chosen);
    return wish.list ? 0 : 2;
  }
  pinThisProcess();
  const parts: string[] = [];
  for (const bench of chosen) {
    console.log(`\n${bench.name}: ${bench.about}`);
    try {
      parts.push(await runOne(bench, wish));
      console.log(`\n${parts.at(-1)}`);
    } catch (error) {
      // The others are measured all the same.
      console.error(`${bench.name} failed:`, error);
    }
  }
  if (wish.out) await writeFile(wish.out, `${parts.join('\n\n')}\n`);
  return parts.length === chosen.length ? 0 : 1;
}

process.exitCode = await main();
