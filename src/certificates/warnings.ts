import { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import type { Instant } from '../world/index.ts';
import type { StoredCertificate } from './types.ts';

const dayMs = 24 * 60 * 60 * 1000;

/** security.md 4.1, and the advice of the public guide (custom-domain.md 7). */
const renewalNoticeMs = 30 * dayMs;

/** What the owner should know of a certificate that is served all the same; a sentence each. */
export function warningsOf(certificate: StoredCertificate, now: Instant): string[] {
  const warnings: string[] = [];
  const leftMs = certificate.validTo - now;
  if (leftMs < 0) warnings.push('The certificate has expired.');
  else if (leftMs < renewalNoticeMs) {
    warnings.push(`The certificate expires in ${Math.floor(leftMs / dayMs)} days: renew it.`);
  }
  const missing = missingIssuer(certificate.chainPem);
  if (missing !== undefined) {
    warnings.push(`The chain is incomplete: the certificate of ${missing} is missing.`);
  }
  return warnings;
}

/**
 * The issuer that clients will miss, when that is certain: the last certificate says where its
 * issuer can be fetched (RFC 5280 4.2.2.1), as intermediates of public authorities do and private
 * ones rarely, and that issuer is not a root which clients have.
 */
function missingIssuer(chainPem: string): string | undefined {
  const pems = chainPem.split(/(?<=-----END CERTIFICATE-----\n)/);
  const last = new X509Certificate(pems.at(-1) ?? chainPem);
  const isFetchable = last.infoAccess?.includes('CA Issuers - URI:') ?? false;
  if (!isFetchable || last.issuer === last.subject || isRoot(last.issuer)) return undefined;
  return last.issuer.replace(/\s+/g, ' ');
}

let rootSubjects: ReadonlySet<string> | undefined;

/** Read at the first question: the bundle has some 150 certificates. */
function isRoot(subject: string): boolean {
  rootSubjects ??= new Set(rootCertificates.map((pem) => new X509Certificate(pem).subject));
  return rootSubjects.has(subject);
}
