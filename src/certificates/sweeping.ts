import type { CertificateStore, EndedCertificate, HeldLease } from '../stores/index.ts';
import type { World } from '../world/index.ts';

/** So long after its end the CertId of a certificate that no domain binds is good. */
const keptAfterEndMs = 30 * 24 * 60 * 60 * 1000;

/** Certificates looked at in a step, and at most removed in its transaction. */
const stepSize = 100;

/** Between two steps, so that the first run over millions leaves the database to the others. */
const pauseMs = 50;

/**
 * The certificates that ended a month ago and that no domain binds are gone after this; returns how
 * many. Walks through what has ended, by index, and stops between two steps when the lease is lost:
 * what was done stands.
 */
export async function removeEndedCertificates(
  certificates: Pick<CertificateStore, 'listEndedCertificates' | 'removeUnboundCertificates'>,
  { clock, timers }: Pick<World, 'clock' | 'timers'>,
  held: Pick<HeldLease, 'isHeld' | 'signal'>,
): Promise<number> {
  const before = clock.now() - keptAfterEndMs;
  let removed = 0;
  for (let after: EndedCertificate | undefined; held.isHeld(); ) {
    const page = await certificates.listEndedCertificates({ before, after, limit: stepSize });
    const unbound = page.filter(({ isBound }) => !isBound).map(({ number }) => number);
    if (unbound.length > 0) removed += await certificates.removeUnboundCertificates(unbound);
    if (page.length < stepSize) break;
    after = page.at(-1);
    await timers.delay(pauseMs, held.signal).catch(() => {});
  }
  return removed;
}
