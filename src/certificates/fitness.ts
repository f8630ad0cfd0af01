/**
 * Whether a leaf may serve a domain (custom-domain.md 6.2, security.md 4.1, DESIGN ruling 23). Who
 * signed it is not asked: self-signed certificates and unknown authorities are accepted.
 */
import type { KeyObject, X509Certificate } from 'node:crypto';
import type { Instant } from '../world/index.ts';
import { refuseCertificate } from './refusals.ts';
import { isWeakSignature } from './signature.ts';

/** Bits. Below it public authorities issue nothing and OpenSSL refuses to serve. */
const rsaBitsMin = 2048;
/** Bits. A handshake with a longer key costs so much that it would be a weapon against its host. */
const rsaBitsMax = 8192;

/** OpenSSL's names of P-256 and P-384. */
const curves: readonly string[] = ['prime256v1', 'secp384r1'];

/** @throws OssError InvalidArgument with the first thing that is wrong. */
export function checkFitness(leaf: X509Certificate, domain: string, now: Instant): void {
  checkStillFit(leaf, domain, now);
  checkKeyKind(leaf.publicKey);
  if (isWeakSignature(leaf.raw)) {
    throw refuseCertificate(
      'signatureUnsupported',
      'Certificate',
      'The certificate is signed with MD5 or SHA-1, which no browser accepts: have it issued again.',
    );
  }
}

/** What is left to look at in a leaf that was fit before, for whatever domain. */
export function checkStillFit(leaf: X509Certificate, domain: string, now: Instant): void {
  checkValidity(leaf, now);
  checkCoverage(leaf, domain);
}

function checkValidity(leaf: X509Certificate, now: Instant): void {
  const from = leaf.validFromDate.getTime();
  const to = leaf.validToDate.getTime();
  // Written so that a date OpenSSL could not read counts as invalid.
  if (from <= now && now <= to) return;
  const message =
    now > to
      ? `The certificate expired at ${leaf.validTo}.`
      : `The certificate is not valid before ${leaf.validFrom}.`;
  throw refuseCertificate('notValidNow', 'Certificate', message);
}

/**
 * Subject alternative names decide; the common name counts only where a certificate has none at
 * all. security.md 4.1 would ignore it even then, but custom-domain.md 6.2 outranks it: such
 * certificates come from private authorities of the kind that self-hosters run.
 */
function checkCoverage(leaf: X509Certificate, domain: string): void {
  if (isCovered(leaf, domain)) return;
  throw refuseCertificate(
    'domainNotCovered',
    'Certificate',
    `The certificate does not cover ${domain}: it names ${namesOf(leaf)}. ` +
      'A wildcard covers one label only.',
  );
}

export function isCovered(leaf: X509Certificate, domain: string): boolean {
  const subject = leaf.subjectAltName === undefined ? 'always' : 'never';
  return leaf.checkHost(domain, { subject, partialWildcards: false }) !== undefined;
}

/** Characters of a certificate's names that are worth showing. */
const namesShownMax = 200;

function namesOf(leaf: X509Certificate): string {
  const names = leaf.subjectAltName ?? leaf.subject ?? 'nothing';
  const line = names.replace(/\s+/g, ' ');
  return line.length > namesShownMax ? `${line.slice(0, namesShownMax)}...` : line;
}

function checkKeyKind(key: KeyObject): void {
  const { modulusLength = 0, namedCurve = 'a curve without a name' } =
    key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case 'rsa':
      if (modulusLength >= rsaBitsMin && modulusLength <= rsaBitsMax) return;
      throw unsupportedKey(
        `RSA with ${modulusLength} bits; between ${rsaBitsMin} and ${rsaBitsMax} are accepted`,
      );
    case 'ec':
      if (curves.includes(namedCurve)) return;
      throw unsupportedKey(`on the curve ${namedCurve}; P-256 and P-384 are accepted`);
    case 'ed25519':
      return;
    default:
      throw unsupportedKey(
        `of the kind ${key.asymmetricKeyType}; RSA, ECDSA on P-256 or P-384, Ed25519 are accepted`,
      );
  }
}

function unsupportedKey(what: string) {
  return refuseCertificate('keyUnsupported', 'Certificate', `The certificate's key is ${what}.`);
}
