import { moveSealed, type Sealer, type SealerPair } from '../sealing/index.ts';
import type { StoredCertificate } from './types.ts';

/** Private keys at rest: each envelope opens only for its own account and certificate. */
export interface KeySealing {
  seal(keyPem: Buffer, owner: KeyOwner): string;
  /** The caller overwrites the answer with zeros. Throws SealingError. */
  unseal(certificate: StoredCertificate): Buffer;
  canUnseal(certificate: StoredCertificate): boolean;
  /** The sealed text under the current master key; the same text when it is already. */
  rewrap(certificate: KeyOwner & Pick<StoredCertificate, 'keySealed'>): string;
}

export type KeyOwner = Pick<StoredCertificate, 'accountId' | 'fingerprint256'>;

/** First part of the associated data; the 1 is the version of what lies inside: PKCS#8 PEM. */
const purpose = 'certificate-key:1';

/** A sealed key moved to another row, by whoever can write the database, must not open there. */
function context(owner: KeyOwner): string {
  return `${purpose}:${owner.accountId}:${owner.fingerprint256}`;
}

/**
 * The sealed key of a certificate as another installation keeps it; `standing` is what that one has
 * for it. @throws SealingError
 */
export function movePrivateKey(
  sealers: SealerPair,
  certificate: KeyOwner & Pick<StoredCertificate, 'keySealed'>,
  standing: string | undefined,
): string {
  return moveSealed(sealers, certificate.keySealed, context(certificate), standing);
}

export function createKeySealing(sealer: Sealer): KeySealing {
  const unseal = (certificate: StoredCertificate): Buffer =>
    sealer.unseal(certificate.keySealed, context(certificate));
  return {
    seal: (keyPem, owner) => sealer.seal(keyPem, context(owner)),
    unseal,
    rewrap: (certificate) => sealer.rewrap(certificate.keySealed, context(certificate)),
    canUnseal(certificate) {
      try {
        unseal(certificate).fill(0);
        return true;
      } catch {
        return false;
      }
    },
  };
}
