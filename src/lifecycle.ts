/**
 * Keeps the lifecycle rules of the buckets running while the server does. A run of large buckets
 * may take hours.
 */
import {
  type BucketDocuments,
  createLifecycleRunner,
  type LifecycleEvent,
} from './buckets/index.ts';
import type { Engines } from './engines.ts';
import { keepDone, restOfHours } from './leased-job.ts';
import type { Log } from './log.ts';
import type { HeldLease } from './stores/index.ts';
import type { World } from './world/index.ts';

export function keepLifecycle(
  engines: Pick<Engines, 'metadata'>,
  documents: BucketDocuments,
  world: World,
  log: Log,
  onEvent: (event: LifecycleEvent) => void,
): { stop(): Promise<void> } {
  const { buckets, objects, uploads, leases } = engines.metadata;
  const runner = createLifecycleRunner({
    buckets,
    objects,
    uploads,
    documents,
    world,
    onEvent,
    onFault: (err, { name }) => log.error({ err, bucket: name }, 'lifecycle rules failed'),
  });
  const job = {
    name: 'lifecycle',
    restMs: restOfHours(1),
    run: (held: HeldLease) => runner.run(held),
    onDone: (count: number) => log.info({ count }, 'lifecycle rules were applied'),
    onFailed: (err: unknown) =>
      log.error({ err }, 'the lifecycle run failed; the next one goes on'),
  };
  return keepDone(job, leases, world);
}
