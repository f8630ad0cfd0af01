import type { BindingChange, StoredCertificate } from '../stores/index.ts';

export type { BindingChange, StoredCertificate } from '../stores/index.ts';

/**
 * What PutCname carries under CertificateConfiguration; texts as sent, absent or empty = undefined.
 */
export interface CertificateRequest {
  readonly certId: string | undefined;
  readonly certificatePem: string | undefined;
  readonly privateKeyPem: string | undefined;
  readonly previousCertId: string | undefined;
  readonly isForced: boolean;
  /** Then there is nothing beside but the guard: whoever read the request has seen to it. */
  readonly isUnbind: boolean;
}

/** Key and chain ready for a TLS context. */
export interface UnsealedCertificate {
  readonly number: number;
  readonly fingerprint256: string;
  readonly chainPem: string;
  /** PKCS#8 PEM; the receiver overwrites it with zeros once the context is built. */
  readonly keyPem: Buffer;
  readonly validTo: number;
}

export interface Certificates {
  /**
   * The checks of custom-domain.md 2.4 and 6.2 (combination, id, parse, key match, validity,
   * coverage), then the change for the store's transaction. Refuses with InvalidArgument (and the
   * published ECs) or CertificateInvalidCasId. Stores nothing.
   */
  prepareBinding(
    accountId: string,
    domain: string,
    request: CertificateRequest,
  ): Promise<BindingChange>;
  /** `10457788-cn-hangzhou` */
  formatCertificateId(number: number): string;
  /**
   * The certificate bound to `domain` now; `undefined` when none is. Whether its key can be
   * unsealed is found out by `unseal`: trying here would cost every handshake.
   */
  findBoundCertificate(domain: string): Promise<BoundCertificate | undefined>;
  /**
   * The same at once, where the engine is in this process; `undefined` where it must be waited for.
   *
   * @throws StoreUnavailable
   */
  findBoundCertificateNow(
    domain: string,
  ): { readonly bound: BoundCertificate | undefined } | undefined;
  unseal(certificate: StoredCertificate): UnsealedCertificate;
  /** Whether ListCname shows it as Enabled: not expired and its key can be unsealed. */
  isUsable(certificate: StoredCertificate, now: number): boolean;
  /**
   * What its owner should know although it is served: soon expired, chain incomplete. Sentences.
   */
  warningsOf(certificate: StoredCertificate, now: number): string[];
}

export interface BoundCertificate {
  readonly certificate: StoredCertificate;
  readonly accountId: string;
}
