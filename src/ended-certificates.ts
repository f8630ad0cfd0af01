/**
 * Keeps the database free of certificates that ended and that no domain binds: once a day, on one
 * node. The first time there may be millions.
 */
import { removeEndedCertificates } from './certificates/index.ts';
import type { Engines } from './engines.ts';
import { keepDone, restOfHours } from './leased-job.ts';
import type { Log } from './log.ts';
import type { HeldLease } from './stores/index.ts';
import type { World } from './world/index.ts';

export function keepCertificatesSwept(
  engines: Pick<Engines, 'metadata'>,
  world: World,
  log: Log,
): { stop(): Promise<void> } {
  const { certificates, leases } = engines.metadata;
  const sweep = 'ended certificates';
  const job = {
    name: `sweep: ${sweep}`,
    restMs: restOfHours(24),
    run: (held: HeldLease) => removeEndedCertificates(certificates, world, held),
    onDone: (count: number) => log.info({ sweep, count }, 'swept'),
    onFailed: (err: unknown) => log.error({ err, sweep }, 'sweep failed; the next one goes on'),
  };
  return keepDone(job, leases, world);
}
