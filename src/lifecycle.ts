/**
 * Keeps the lifecycle rules of the buckets running while the server does: every hour, on one node
 * of those that share a database. A run of large buckets may take hours, so it has a line of its
 * own, beside the sweeps.
 */
import {
  type BucketDocuments,
  createLifecycleRunner,
  type LifecycleEvent,
} from './buckets/index.ts';
import type { Engines } from './engines.ts';
import type { Log } from './log.ts';
import { underLease } from './stores/index.ts';
import type { World } from './world/index.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** How long the run of a node that died keeps the others waiting. */
const leaseMs = minuteMs;
/** Less than an hour by some, or a node alone would leave every second run out. */
const restMs = hourMs - 5 * minuteMs;

/** Runs at once, unless it was done lately, and then every hour; never two at a time. */
export function keepLifecycle(
  engines: Pick<Engines, 'metadata'>,
  documents: BucketDocuments,
  world: World,
  log: Log,
  onEvent: (event: LifecycleEvent) => void,
): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const { signal } = stopping;
  const { buckets, objects, uploads, leases } = engines.metadata;
  const holder = world.random.bytes(8).toString('hex');
  const runner = createLifecycleRunner({
    buckets,
    objects,
    uploads,
    documents,
    world,
    onEvent,
    onFault: (err, { name }) => log.error({ err, bucket: name }, 'lifecycle rules failed'),
  });
  let running: Promise<void> | undefined;

  async function run(): Promise<void> {
    const lease = { name: 'lifecycle', holder, forMs: leaseMs, restMs };
    try {
      const job = { ...lease, leases, world, signal };
      const result = await underLease(job, (held) => runner.run(held));
      const count = result.outcome === 'done' ? result.value : 0;
      if (count > 0) log.info({ count }, 'lifecycle rules were applied');
    } catch (err) {
      log.error({ err }, 'the lifecycle run failed; the next one goes on');
    }
  }

  const begin = (): void => {
    running ??= run().finally(() => {
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
