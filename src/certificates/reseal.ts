import type { Sealer } from '../sealing/index.ts';
import type { CertificateStore } from '../stores/index.ts';
import { createKeySealing } from './key-sealing.ts';

/** Certificates read at a time; each is a few kilobytes. */
const pageSize = 200;

/**
 * Every private key is under the current master key after this; answers how many had to be
 * re-wrapped. Safe beside a running server, and where it was cut short it can be called again:
 * keys that are done already stay as they are.
 */
export async function resealPrivateKeys(store: CertificateStore, sealer: Sealer): Promise<number> {
  const sealing = createKeySealing(sealer);
  let resealed = 0;
  let after = 0;
  for (;;) {
    const page = await store.listCertificates(after, pageSize);
    for (const certificate of page) {
      after = certificate.number;
      const next = sealing.rewrap(certificate);
      if (next === certificate.keySealed) continue;
      const outcome = await store.resealCertificate(after, certificate.keySealed, next);
      if (outcome === 'done') resealed++;
    }
    if (page.length < pageSize) return resealed;
  }
}
