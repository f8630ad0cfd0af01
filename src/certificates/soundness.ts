/** Whether what is stored of a certificate can still serve: for checks, never for a handshake. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { Sealer } from '../sealing/index.ts';
import { isCovered } from './fitness.ts';
import { createKeySealing } from './key-sealing.ts';
import type { StoredCertificate } from './types.ts';

/**
 * What is wrong with it, in one sentence without a subject; undefined when chain and key are whole
 * and belong together. Age is no fault here: who owns it is told by ListCname.
 */
export function faultOfCertificate(
  certificate: StoredCertificate,
  sealer: Sealer,
): string | undefined {
  const leaf = readLeaf(certificate.chainPem);
  if (leaf === undefined) return 'its chain cannot be read';
  if (leaf.fingerprint256 !== certificate.fingerprint256) {
    return 'its chain begins with another certificate than the row says';
  }
  let keyPem: Buffer;
  try {
    keyPem = createKeySealing(sealer).unseal(certificate);
  } catch (error) {
    return `its private key does not open: ${error instanceof Error ? error.message : 'unknown'}`;
  }
  try {
    if (leaf.checkPrivateKey(createPrivateKey(keyPem))) return undefined;
    return 'its private key belongs to another certificate';
  } catch {
    // OpenSSL's own words are not passed on: nothing of a key may travel in an error.
    return 'its private key cannot be read';
  } finally {
    keyPem.fill(0);
  }
}

/** False too for a chain that cannot be read. */
export function coversDomain(chainPem: string, domain: string): boolean {
  const leaf = readLeaf(chainPem);
  return leaf !== undefined && isCovered(leaf, domain);
}

function readLeaf(chainPem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(chainPem);
  } catch {
    return undefined;
  }
}
