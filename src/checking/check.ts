import { checkAccounts, checkAudit, checkCallbackKey } from './accounts.ts';
import { checkBuckets } from './buckets.ts';
import { checkContents } from './contents.ts';
import { checkDomains } from './domains.ts';
import { checkLeftOvers } from './left-overs.ts';
import { checkPolicies } from './policies.ts';
import { Run } from './run.ts';
import type { CheckInput, CheckReport } from './types.ts';

/**
 * Checks everything, or what belongs to one bucket, beside servers that go on working. Each finding
 * is told as it is found; what another process may have changed meanwhile was looked at again
 * before. Memory does not grow with the installation. Rejects with `StoreUnavailable` when a store
 * is away, and may then be called again.
 *
 * Repairing removes bytes nobody knows that are older than the grace, sweeps, lets announcements
 * expire and counts anew; it removes no object, no mapping and no certificate.
 */
export async function checkInstallation(input: CheckInput): Promise<CheckReport> {
  const run = new Run(input);
  const { buckets, objects, bytes } = await checkBuckets(run);
  const rate = input.bytesPerSecond;
  run.announce({
    buckets,
    objects,
    bytes: input.isQuick ? 0 : bytes,
    leastMs: input.isQuick || rate === undefined ? undefined : (bytes / rate) * 1000,
  });
  if (input.bucket === undefined) {
    await checkAccounts(run);
    await checkCallbackKey(run);
    await checkPolicies(run);
  }
  await checkDomains(run);
  if (input.bucket === undefined) await checkAudit(run);
  await checkContents(run);
  // Bytes that nobody knows belong to no bucket.
  if (input.bucket === undefined) await checkLeftOvers(run);
  const elapsedMs = input.world.clock.monotonicMs() - run.startedAt;
  return { objects: run.objects, bytes: run.bytes, ...run.found, elapsedMs };
}
