import type { KeyObject, X509Certificate } from 'node:crypto';
import type { KnownIssuers } from './issuers.ts';
import { type PemBlock, PemProblem, readPemBlocks, toPem } from './pem.ts';
import { refuseCertificate } from './refusals.ts';

/** security.md 4.1. */
const certificatesMax = 10;

const certificateLabels: readonly string[] = ['CERTIFICATE', 'X509 CERTIFICATE'];

/**
 * The certificates of the Certificate element, as sent.
 * @throws OssError InvalidArgument that says what is wrong with the element.
 */
export function parseCertificates(text: string, issuers: KnownIssuers): X509Certificate[] {
  const blocks = readCertificateBlocks(text);
  if (blocks.length === 0) {
    throw unreadable('Certificate holds no PEM block: it begins with a BEGIN CERTIFICATE line.');
  }
  const alien = blocks.find((block) => !certificateLabels.includes(block.label));
  if (alien !== undefined) {
    for (const block of blocks) block.der.fill(0);
    throw unreadable(
      `Certificate holds a ${alien.label} block: only CERTIFICATE blocks belong there.`,
    );
  }
  if (blocks.length > certificatesMax) {
    throw refuseCertificate(
      'tooLarge',
      'Certificate',
      `Certificate holds ${blocks.length} certificates: at most ${certificatesMax} are accepted.`,
    );
  }
  return withoutRepetitions(blocks.map((block, index) => importCertificate(block, index, issuers)));
}

function readCertificateBlocks(text: string): PemBlock[] {
  try {
    return readPemBlocks(text);
  } catch (problem) {
    if (problem instanceof PemProblem) throw unreadable(`Certificate ${problem.message}.`);
    throw problem;
  }
}

function importCertificate(block: PemBlock, index: number, issuers: KnownIssuers): X509Certificate {
  try {
    return issuers.read(block.der);
  } catch {
    throw unreadable(`Certificate number ${index + 1} in Certificate cannot be read as X.509.`);
  }
}

function withoutRepetitions(certificates: readonly X509Certificate[]): X509Certificate[] {
  return [...new Map(certificates.map((each) => [each.fingerprint256, each])).values()];
}

/**
 * The leaf, then each issuer after the one it issued, then what belongs to nobody, in the order
 * sent (a second path to another root ends there). The leaf is the one whose public key fits.
 * @throws OssError InvalidArgument when no certificate fits the key.
 */
export function orderChain(
  certificates: readonly X509Certificate[],
  privateKey: KeyObject,
): [X509Certificate, ...X509Certificate[]] {
  const leaf = certificates.find((certificate) => isKeyOf(certificate, privateKey));
  if (leaf === undefined) {
    throw refuseCertificate(
      'keyMismatch',
      'PrivateKey',
      'PrivateKey does not belong to any certificate in Certificate.',
    );
  }
  const rest = certificates.filter((certificate) => certificate !== leaf);
  const chain: [X509Certificate, ...X509Certificate[]] = [leaf];
  for (let issued = leaf; ; ) {
    const index = rest.findIndex((candidate) => issued.checkIssued(candidate));
    const [issuer] = index === -1 ? [] : rest.splice(index, 1);
    if (issuer === undefined) return [...chain, ...rest];
    chain.push(issuer);
    issued = issuer;
  }
}

/** False too where OpenSSL cannot read the certificate's own key. */
export function isKeyOf(certificate: X509Certificate, privateKey: KeyObject): boolean {
  try {
    return certificate.checkPrivateKey(privateKey);
  } catch {
    return false;
  }
}

/** From the parsed certificates, so that nothing a caller put around them is kept. */
export function renderChain(chain: readonly X509Certificate[]): string {
  return chain.map((certificate) => toPem('CERTIFICATE', certificate.raw)).join('');
}

function unreadable(message: string) {
  return refuseCertificate('certificateUnreadable', 'Certificate', message);
}
