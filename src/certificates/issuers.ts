import { hash, X509Certificate } from 'node:crypto';
import { Lru } from '../lru/index.ts';

/** Per process; some kilobytes each. Authorities sign with few certificates. */
const keptMax = 256;

/**
 * Certificates that came behind a leaf in a chain that TLS took, the latest of them. Nearly every
 * leaf comes with the same few. What OpenSSL says of one of them (size of its key, digest of its
 * signature) depends on nothing else in the chain (`ssl_security_cert`), so it is asked once.
 */
export class KnownIssuers {
  readonly #kept = new Lru<X509Certificate>({ countMax: keptMax });

  /** The certificate of these bytes: the very one that is kept, or one read now. */
  read(der: Buffer): X509Certificate {
    return this.#kept.find(keyOf(der)) ?? new X509Certificate(der);
  }

  isKnown(certificate: X509Certificate): boolean {
    return this.#kept.peek(keyOf(certificate.raw)) === certificate;
  }

  keep(certificate: X509Certificate): void {
    this.#kept.keep(keyOf(certificate.raw), certificate);
  }
}

function keyOf(der: Buffer): string {
  return hash('sha256', der, 'base64');
}
