/**
 * Keeps the object bytes swept while the server runs. No start waits for it (DESIGN section 4), but
 * one with workers for what an earlier server left unfinished.
 */
import { createSweeper, type Sweeper } from './buckets/index.ts';
import type { Engines } from './engines.ts';
import type { Log } from './log.ts';
import { type HeldLease, underLease } from './stores/index.ts';
import type { World } from './world/index.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

interface Sweep {
  readonly name: string;
  /** A node thinks of it so often; `undefined`: at its start only. */
  readonly everyMs?: number;
  /**
   * After it was done it rests so long, on every node. Less than `everyMs` by some, or a node alone
   * would find its own last time a moment too near and leave every second one out.
   */
  readonly restMs?: number;
  readonly run: (sweeper: Sweeper, held?: HeldLease) => Promise<number>;
}

/** Over local files that one server has for itself. */
const ownSweeps: readonly Sweep[] = [
  { name: 'unfinished uploads', run: (sweeper) => sweeper.sweepUnfinished(true) },
  { name: 'garbage', everyMs: minuteMs, run: (sweeper) => sweeper.sweepGarbage() },
  // They are rare: an upload whose commit failed after its bytes were durable.
  { name: 'orphans', everyMs: hourMs, run: (sweeper) => sweeper.sweepOrphans() },
];

/** The same where workers write beside whoever sweeps: what one left that died is old some day. */
const workersSweeps: readonly Sweep[] = [
  ...ownSweeps,
  { name: 'uploads of workers', everyMs: hourMs, run: (sweeper) => sweeper.sweepUnfinished(false) },
];

/**
 * Over a store that nodes share: each is one node's at a time, and who did it last is remembered,
 * so that neither 300 nodes nor a restart make the store list its objects more than once a day.
 */
const sharedSweeps: readonly Sweep[] = [
  {
    name: 'garbage',
    everyMs: minuteMs,
    restMs: minuteMs / 2,
    async run(sweeper, held) {
      await sweeper.sweepAnnounced(held);
      return await sweeper.sweepGarbage(held);
    },
  },
  {
    name: 'unfinished uploads',
    everyMs: hourMs,
    restMs: hourMs - 5 * minuteMs,
    run: (sweeper) => sweeper.sweepUnfinished(),
  },
  // Rarer still, since uploads are announced; and it costs a listing.
  {
    name: 'orphans',
    everyMs: hourMs,
    restMs: 24 * hourMs - 5 * minuteMs,
    run: (sweeper, held) => sweeper.sweepOrphans(held),
  },
];

/** How long the sweeps of a node that died keep the others waiting. */
const leaseMs = minuteMs;

export interface Swept {
  /** Resolves when what is told by its coming before the first request is gone. */
  readonly begun: Promise<void>;
  stop(): Promise<void>;
}

/**
 * Sweeps at once and then at intervals, one sweep at a time. Over local files only the one server
 * of a data folder may call it: the unfinished uploads of another would go. In a shared store every
 * node may, at any time; whether contents are missing is a question for a check, not for a start.
 */
export function keepSwept(
  engines: Engines,
  world: World,
  log: Log,
  { garbageAgeMs, workers = 1 }: { readonly garbageAgeMs?: number; readonly workers?: number } = {},
): Swept {
  const stopping = new AbortController();
  const { signal } = stopping;
  const { leases, objects } = engines.metadata;
  const sweeper = createSweeper({ objects, blobs: engines.blobs, world, signal, garbageAgeMs });
  const holder = world.random.bytes(8).toString('hex');
  const { isShared } = engines.blobs;
  const waiting = new Set<string>();
  let queue = Promise.resolve();

  /** In line behind what runs; never twice in the line. */
  function enqueue(name: string, sweep: () => Promise<number>): void {
    if (waiting.has(name)) return;
    waiting.add(name);
    queue = queue.then(async () => {
      waiting.delete(name);
      if (signal.aborted) return;
      try {
        const count = await sweep();
        if (count > 0) log.info({ sweep: name, count }, 'swept');
      } catch (err) {
        log.error({ err, sweep: name }, 'sweep failed; the next one goes on');
      }
    });
  }

  async function sweepShared({ name, restMs = 0, run }: Sweep): Promise<number> {
    const lease = { name: `sweep: ${name}`, holder, forMs: leaseMs, restMs };
    const job = { ...lease, leases, world, signal };
    const result = await underLease(job, (held) => run(sweeper, held));
    return result.outcome === 'done' ? result.value : 0;
  }

  async function tellMissing(): Promise<number> {
    const { missing, missingCount } = await sweeper.findMissing();
    if (missingCount > 0) log.error({ missing, missingCount }, 'contents of objects are missing');
    return 0;
  }

  const timers: (() => void)[] = [];
  const ownOnes = workers > 1 ? workersSweeps : ownSweeps;
  let begun: Promise<void> | undefined;
  for (const sweep of isShared ? sharedSweeps : ownOnes) {
    const work = () => (isShared ? sweepShared(sweep) : sweep.run(sweeper));
    const begin = () => enqueue(sweep.name, work);
    begin();
    begun ??= queue;
    if (sweep.everyMs !== undefined) timers.push(world.timers.every(sweep.everyMs, begin));
  }
  if (!isShared) enqueue('missing contents', tellMissing);
  return {
    begun: isShared ? Promise.resolve() : (begun ?? queue),
    async stop() {
      for (const stop of timers) stop();
      stopping.abort();
      await queue;
    },
  };
}
