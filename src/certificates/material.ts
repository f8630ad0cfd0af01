/**
 * From the two PEM texts of a request to one checked pair of chain and key. Whether TLS takes them
 * is tried after it (trial.ts).
 */
import { type KeyObject, sign, verify, type X509Certificate } from 'node:crypto';
import { promisify } from 'node:util';
import { isKeyOf, orderChain, parseCertificates, renderChain } from './chain.ts';
import type { KnownIssuers } from './issuers.ts';
import { toPem } from './pem.ts';
import { parsePrivateKey } from './private-key.ts';
import { refuseCertificate } from './refusals.ts';

/** Chain and key, checked. */
export interface CertificateMaterial {
  readonly leaf: X509Certificate;
  /** What follows the leaf. */
  readonly issuers: readonly X509Certificate[];
  /** All of them as a TLS context takes them. */
  readonly chainPem: string;
  /** PKCS#8; the receiver overwrites it with zeros. */
  readonly keyPem: Buffer;
}

/** Both elements together (security.md 4.1). */
const materialBytesMax = 64 * 1024;

/**
 * The pair, known to belong together and to sign. Says nothing of any domain.
 * @throws OssError InvalidArgument.
 */
export async function readMaterial(
  certificateText: string,
  keyText: string,
  known: KnownIssuers,
): Promise<CertificateMaterial> {
  checkSize(certificateText, keyText);
  const certificates = parseCertificates(certificateText, known);
  const key = parsePrivateKey(keyText);
  const chain = orderChain(certificates, key);
  const [leaf, ...issuers] = chain;
  await checkKeySigns(leaf, key);
  const der = key.export({ type: 'pkcs8', format: 'der' });
  const keyPem = Buffer.from(toPem('PRIVATE KEY', der), 'latin1');
  der.fill(0);
  return { leaf, issuers, chainPem: renderChain(chain), keyPem };
}

/**
 * Whether the key of the second text is that of a leaf read earlier from the first, and signs.
 * False leaves open whether it is that of another certificate there.
 * @throws OssError InvalidArgument.
 */
export async function takesKey(
  leaf: X509Certificate,
  certificateText: string,
  keyText: string,
): Promise<boolean> {
  checkSize(certificateText, keyText);
  const key = parsePrivateKey(keyText);
  if (!isKeyOf(leaf, key)) return false;
  await checkKeySigns(leaf, key);
  return true;
}

function checkSize(certificateText: string, keyText: string): void {
  if (Buffer.byteLength(certificateText) + Buffer.byteLength(keyText) <= materialBytesMax) return;
  throw refuseCertificate(
    'tooLarge',
    'Certificate',
    `Certificate and PrivateKey are longer than ${materialBytesMax} bytes together.`,
  );
}

/**
 * OpenSSL compares public halves only: an RSA key with a damaged private exponent would pass as the
 * certificate's and fail at every handshake. So it signs once: off the event loop, unless that
 * takes less time than the way to another thread and back.
 */
async function checkKeySigns(leaf: X509Certificate, key: KeyObject): Promise<void> {
  const digest = key.asymmetricKeyType === 'ed25519' ? null : 'sha256';
  const probe = Buffer.from('cnamed: does this key sign?');
  try {
    const signature = isQuick(key)
      ? sign(digest, probe, key)
      : await promisify(sign)(digest, probe, key);
    if (verify(digest, probe, leaf.publicKey, signature)) return;
  } catch {
    // Kinds of keys that do not sign at all (X25519) end here, and below.
  }
  throw refuseCertificate(
    'privateKeyUnreadable',
    'PrivateKey',
    'PrivateKey cannot make signatures that the certificate verifies.',
  );
}

/** OpenSSL signs with P-256 in a fortieth of the time that P-384 takes. */
function isQuick({ asymmetricKeyDetails }: KeyObject): boolean {
  return asymmetricKeyDetails?.namedCurve === 'prime256v1';
}
