/** Replaces the certificate again and again while visitors come and stay. */
import type { CnameClient } from '../../src/client/index.ts';
import type { TestCertificate } from '../../test/support/certificates.ts';
import { createVisitor, leafOf, type VisitorOptions } from './visitor.ts';

export interface RotationReport {
  readonly swaps: number;
  readonly requests: number;
  readonly failures: number;
  /** Swaps after which the very next handshake still showed the old leaf. */
  readonly stale: number;
  readonly slowestSwapMs: number;
}

/** Half of the visitors keep their connection, half make a new one for each request. */
const visitorCount = 6;

export async function rotateUnderLoad(options: {
  client: CnameClient;
  certificates: readonly TestCertificate[];
  visit: Omit<VisitorOptions, 'isKeptAlive'>;
  path: string;
}): Promise<RotationReport> {
  const { client, certificates, visit, path } = options;
  const load = { isOver: false, requests: 0, failures: 0 };
  const visitors = Array.from({ length: visitorCount }, async (_, index) => {
    const visitor = createVisitor({ ...visit, isKeptAlive: index % 2 === 0 });
    while (!load.isOver) {
      load.requests++;
      try {
        if ((await visitor.get(path)).status !== 200) load.failures++;
      } catch {
        load.failures++;
      }
    }
    visitor.close();
  });
  let stale = 0;
  let slowestSwapMs = 0;
  try {
    for (const { chainPem, keyPem, x509 } of certificates) {
      const startedAt = performance.now();
      await client.putCname({
        domain: visit.domain,
        certificateConfiguration: { certificate: chainPem, privateKey: keyPem, force: true },
      });
      slowestSwapMs = Math.max(slowestSwapMs, performance.now() - startedAt);
      const shown = await leafOf({ ...visit, isKeptAlive: false });
      if (shown !== x509.fingerprint256) stale++;
    }
  } finally {
    load.isOver = true;
    await Promise.all(visitors);
  }
  const { requests, failures } = load;
  return { swaps: certificates.length, requests, failures, stale, slowestSwapMs };
}
