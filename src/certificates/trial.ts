/**
 * The proof that TLS can use a certificate: one that would fail at the first handshake is refused.
 * Nothing bad may ever replace a good certificate (security.md 4.6), and only OpenSSL knows all it
 * will not serve.
 */
import { createSecureContext, type SecureContext } from 'node:tls';
import { renderChain } from './chain.ts';
import type { KnownIssuers } from './issuers.ts';
import { exchangeLeaf } from './leaf-exchange.ts';
import type { CertificateMaterial } from './material.ts';
import { refuseCertificate } from './refusals.ts';

/**
 * What a certificate may be does not depend on the suites. To read the runtime's own list of them
 * takes longer than to read chain and key.
 */
const anySuite = 'TLS_AES_128_GCM_SHA256';

/** Tries certificates in contexts that serve nobody. */
export class Trial {
  readonly #known: KnownIssuers;
  /**
   * Takes one leaf after the other, with its key: to make a context takes longer than to try. It
   * has the last key until the next one comes, as contexts that serve have theirs.
   */
  #context: SecureContext | undefined;

  constructor(known: KnownIssuers) {
    this.#known = known;
  }

  /**
   * Tries the pair without the issuers that TLS is known to take; knows them all afterwards.
   * @throws OssError InvalidArgument
   */
  tryMaterial({ leaf, issuers, keyPem }: CertificateMaterial): void {
    const asked = issuers.filter((issuer) => !this.#known.isKnown(issuer));
    if (asked.length > 0) this.tryChain(renderChain([leaf, ...asked]), keyPem);
    else this.#tryLeaf(renderChain([leaf]), keyPem);
    for (const issuer of issuers) this.#known.keep(issuer);
  }

  /** @throws OssError InvalidArgument */
  tryChain(chainPem: string, keyPem: Buffer): void {
    refusing(() => createSecureContext({ cert: chainPem, key: keyPem, ciphers: anySuite }));
  }

  #tryLeaf(leafPem: string, keyPem: Buffer): void {
    const context = this.#context ?? createSecureContext({ ciphers: anySuite });
    // One that was left half way is not used again. None was seen to judge the next pair wrong;
    // but nobody promises it.
    this.#context = undefined;
    refusing(() => exchangeLeaf(context, leafPem, keyPem));
    this.#context = context;
  }
}

function refusing(attempt: () => void): void {
  try {
    attempt();
  } catch (problem) {
    const reason = problem instanceof Error ? problem.message : 'unknown';
    throw refuseCertificate(
      'certificateUnreadable',
      'Certificate',
      `TLS cannot serve this certificate: ${reason.replace(/^error:[0-9A-F]*:/, '')}.`,
    );
  }
}
