/** `cnamed copy` as a process of its own, that can be killed. */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { CopyReport } from '../../../src/copying/index.ts';
import { run, start } from '../../life/cli-process.ts';
import type { Chance } from '../../support/chance.ts';
import type { Place } from './places.ts';

/** Starting the process alone takes half a second or more. */
const earlyMsMax = 1_500;
/** Looking costs more the more there is. */
const lookEveryMs = (size: number) => 20 + size / 100;

function words(from: Place, to: Place, more: readonly string[]): string[] {
  return ['copy', '--from', from.file, '--to', to.file, '--json', ...more];
}

/** One run to its end, which must be a complete copy. */
export async function copyWhole(from: Place, to: Place, ...more: string[]): Promise<CopyReport> {
  const { code, stdout, stderr } = await run(words(from, to, more));
  assert.equal(code, 0, stderr + stdout);
  const report = JSON.parse(stdout) as CopyReport;
  assert.equal(report.isComplete, true);
  return report;
}

interface Kills {
  readonly kills: number;
  /** Objects there are. */
  readonly size: number;
  /** How many have come over. */
  readonly arrived: () => Promise<number>;
  readonly chance: Chance;
}

/**
 * Runs that are killed, each after a number of objects drawn, or soon after its start, which is
 * when it looks at what the run before left; returns how many were.
 */
export async function copyKilled(from: Place, to: Place, input: Kills): Promise<number> {
  const { kills, size, arrived, chance } = input;
  let killed = 0;
  for (let number = 0; number < kills; number += 1) {
    const before = await arrived();
    const more = chance.int(Math.ceil((2 * size) / kills));
    const { child, finished } = start(words(from, to, []));
    const end = finished.then(() => 'ended' as const);
    const isEarly = chance.one(3);
    for (let isOver = false; !isOver; ) {
      const pause = isEarly ? chance.int(earlyMsMax) : lookEveryMs(size);
      const isEnded = (await Promise.race([end, delay(pause)])) === 'ended';
      isOver = isEnded || isEarly || (await arrived()) >= before + more;
    }
    child.kill('SIGKILL');
    const { code, signal, stderr } = await finished;
    if (signal === 'SIGKILL') killed += 1;
    else assert.equal(code, 0, stderr);
  }
  return killed;
}
