/** Keeps the object bytes swept while the server runs: at the start, then every minute. */
import { createSweeper } from './buckets/index.ts';
import type { Engines } from './engines.ts';
import type { Log } from './log.ts';
import type { World } from './world/index.ts';

const sweepEveryMs = 60_000;

/**
 * Starts the sweeps and returns at once: no start waits for them (DESIGN section 4). Only the one
 * server of a data folder may call it: unfinished uploads of another would go.
 */
export function keepSwept(engines: Engines, world: World, log: Log): { stop(): Promise<void> } {
  const sweeper = createSweeper({ objects: engines.metadata.objects, blobs: engines.blobs, world });
  let running: Promise<void> = sweeper.sweepOrphans().then(
    (swept) => {
      if (swept.unfinished + swept.orphans > 0) log.info(swept, 'swept what was left behind');
    },
    (err) => log.error({ err }, 'sweep failed'),
  );
  let isRunning = false;
  const stopTimer = world.timers.every(sweepEveryMs, () => {
    if (isRunning) return;
    isRunning = true;
    running = running
      .then(() => sweeper.sweepGarbage())
      .then(
        () => {},
        (err) => log.error({ err }, 'sweep failed'),
      )
      .finally(() => {
        isRunning = false;
      });
  });
  return {
    async stop() {
      stopTimer();
      await running;
    },
  };
}
