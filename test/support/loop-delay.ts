/**
 * How late the event loop of a server is, seen from inside: a timer that asks to be called every
 * few milliseconds, and how much later it was. Loaded into the server's process before its own
 * code (`--import`), which knows nothing of it.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

const fileVariable = 'CNAMED_TEST_LOOP_DELAY_FILE';
const resolutionMs = 2;
const lineEveryMs = 1_000;

/** Milliseconds beyond what was asked for, of the looks of one second. */
interface Second {
  readonly at: number;
  readonly median: number;
  readonly p99: number;
  readonly longest: number;
}

/** Variables of a process that is to write its delays to this file. */
export function loopDelaysTo(file: string): Record<string, string> {
  return { NODE_OPTIONS: `--import ${import.meta.url}`, [fileVariable]: file };
}

/** Since `since` (epoch, ms): of the middle second its median and p99, and the longest of all. */
export function loopDelays(file: string, since: number): Omit<Second, 'at'> {
  const seconds = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Second)
    .filter(({ at }) => at >= since);
  const middle = (of: (second: Second) => number): number =>
    seconds.map(of).sort((one, other) => one - other)[Math.floor(seconds.length / 2)] ?? 0;
  return {
    median: middle(({ median }) => median),
    p99: middle(({ p99 }) => p99),
    longest: Math.max(0, ...seconds.map(({ longest }) => longest)),
  };
}

const file = process.env[fileVariable];
if (file !== undefined && isMainThread) {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  histogram.enable();
  const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - resolutionMs);
  setInterval(() => {
    const second: Second = {
      at: Date.now(),
      median: late(histogram.percentile(50)),
      p99: late(histogram.percentile(99)),
      longest: late(histogram.max),
    };
    histogram.reset();
    appendFileSync(file, `${JSON.stringify(second)}\n`);
  }, lineEveryMs).unref();
}
