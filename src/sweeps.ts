/** Keeps the object bytes swept while the server runs. No start waits for it (DESIGN section 4). */
import { createSweeper } from './buckets/index.ts';
import type { Engines } from './engines.ts';
import type { Log } from './log.ts';
import type { World } from './world/index.ts';

const garbageEveryMs = 60_000;
/** Orphans are rare: an upload whose commit failed after its bytes were durable. */
const orphansEveryMs = 60 * 60_000;
/** In a store that nodes share they are rarer still (uploads are announced) and cost a listing. */
const sharedOrphansEveryMs = 24 * 60 * 60_000;

/**
 * Sweeps at once and then at intervals, one sweep at a time. Over local files only the one server
 * of a data folder may call it: the unfinished uploads of another would go. In a shared store every
 * node may, at any time; whether contents are missing is a question for a check, not for a start.
 */
export function keepSwept(engines: Engines, world: World, log: Log): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const sweeper = createSweeper({
    objects: engines.metadata.objects,
    blobs: engines.blobs,
    world,
    signal: stopping.signal,
  });
  const waiting = new Set<string>();
  let queue = Promise.resolve();

  /** In line behind what runs; never twice in the line. */
  function enqueue(name: string, sweep: () => Promise<unknown>): void {
    if (waiting.has(name)) return;
    waiting.add(name);
    queue = queue.then(async () => {
      waiting.delete(name);
      if (stopping.signal.aborted) return;
      try {
        const count = await sweep();
        if (count) log.info({ sweep: name, count }, 'swept');
      } catch (err) {
        log.error({ err, sweep: name }, 'sweep failed; the next one goes on');
      }
    });
  }

  async function tellMissing(): Promise<void> {
    const { missing, missingCount } = await sweeper.findMissing();
    if (missingCount > 0) log.error({ missing, missingCount }, 'contents of objects are missing');
  }

  enqueue('unfinished uploads', sweeper.sweepUnfinished);
  const { isShared } = engines.blobs;

  async function sweepGarbage(): Promise<number> {
    if (isShared) await sweeper.sweepAnnounced();
    return await sweeper.sweepGarbage();
  }

  async function sweepRare(): Promise<number> {
    const unfinished = isShared ? await sweeper.sweepUnfinished() : 0;
    return unfinished + (await sweeper.sweepOrphans());
  }

  enqueue('garbage', sweepGarbage);
  if (!isShared) {
    enqueue('orphans', sweeper.sweepOrphans);
    enqueue('missing contents', tellMissing);
  }
  const timers = [
    world.timers.every(garbageEveryMs, () => enqueue('garbage', sweepGarbage)),
    world.timers.every(isShared ? sharedOrphansEveryMs : orphansEveryMs, () =>
      enqueue('orphans', sweepRare),
    ),
  ];
  return {
    async stop() {
      for (const stop of timers) stop();
      stopping.abort();
      await queue;
    },
  };
}
