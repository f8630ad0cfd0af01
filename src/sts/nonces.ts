/** Nonces seen on this node, so that no signed request is answered twice here (6.2). */
import { StsError } from '../errors/index.ts';
import type { Instant } from '../world/index.ts';
import { skewMaxMs } from './presented.ts';

/** Longer than any signature is good for: its clock may be ahead as far as behind. */
const rememberedMs = 2 * skewMaxMs;
/** A nonce with its key takes some 200 bytes. */
const noncesMax = 100_000;

export interface Nonces {
  /** @throws StsError SignatureNonceUsed, or Throttling.User when no more can be remembered. */
  take(accessKeyId: string, nonce: string, now: Instant): void;
}

export function createNonces(max = noncesMax): Nonces {
  /** In the order they came, so that the oldest are the first to be forgotten. */
  const seen = new Map<string, Instant>();
  return {
    take(accessKeyId, nonce, now) {
      for (const [key, at] of seen) {
        if (now - at <= rememberedMs) break;
        seen.delete(key);
      }
      const key = `${accessKeyId}\n${nonce}`;
      if (seen.has(key)) throw new StsError('SignatureNonceUsed');
      if (seen.size >= max) throw new StsError('Throttling.User');
      seen.set(key, now);
    },
  };
}
