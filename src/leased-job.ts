/**
 * Work that one node of those which share a database does every hour, for as long as it takes: it
 * has a line of its own, beside the sweeps.
 */
import { type HeldLease, type LeaseStore, underLease } from './stores/index.ts';
import type { World } from './world/index.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** How long the run of a node that died keeps the others waiting. */
const leaseMs = minuteMs;

/** Less than whole hours by some, or a node alone would leave every second run out. */
export const restOfHours = (hours: number): number => hours * hourMs - 5 * minuteMs;

export interface KeptJob {
  readonly name: string;
  /** How long it rests after it was done, whoever did it. */
  readonly restMs: number;
  readonly run: (held: HeldLease) => Promise<number>;
  /** What came of a run, unless it was nothing. */
  readonly onDone: (count: number) => void;
  readonly onFailed: (error: unknown) => void;
}

/** Runs at once, unless it was done lately, and then every hour; never two at a time. */
export function keepDone(
  { name, restMs, run, onDone, onFailed }: KeptJob,
  leases: LeaseStore,
  world: World,
): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const { signal } = stopping;
  const holder = world.random.bytes(8).toString('hex');
  let running: Promise<void> | undefined;

  async function runOnce(): Promise<void> {
    try {
      const lease = { name, holder, forMs: leaseMs, restMs };
      const result = await underLease({ ...lease, leases, world, signal }, run);
      const count = result.outcome === 'done' ? result.value : 0;
      if (count > 0) onDone(count);
    } catch (error) {
      onFailed(error);
    }
  }

  const begin = (): void => {
    running ??= runOnce().finally(() => {
      running = undefined;
    });
  };
  begin();
  const stopTimer = world.timers.every(hourMs, begin);
  return {
    async stop() {
      stopTimer();
      stopping.abort();
      await running;
    },
  };
}
