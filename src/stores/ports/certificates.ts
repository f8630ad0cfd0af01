import type { Instant } from '../../world/index.ts';

/** A certificate as kept: public material in clear, the private key sealed. Immutable per id. */
export interface StoredCertificate {
  /** The running number of the CertId; the region is appended by the room `certificates`. */
  readonly number: number;
  readonly accountId: string;
  /** SHA-256 of the DER leaf, upper-case hex with colons: identity within the account. */
  readonly fingerprint256: string;
  /** SHA-1 of the DER leaf, upper-case hex with colons: what ListCname shows. */
  readonly fingerprint: string;
  /** PEM, leaf first, then the chain. */
  readonly chainPem: string;
  /** PKCS#8 PEM sealed by the room `sealing`, bound to account and fingerprint256. */
  readonly keySealed: string;
  readonly validFrom: Instant;
  readonly validTo: Instant;
  readonly createdAt: Instant;
}

/** What a caller brings; the number is given by the store. */
export type NewCertificate = Omit<StoredCertificate, 'number'>;

/** A certificate whose time is over. */
export interface EndedCertificate {
  readonly number: number;
  readonly validTo: Instant;
  readonly isBound: boolean;
}

export interface CertificateStore {
  findCertificate(number: number): Promise<StoredCertificate | undefined>;
  /** Pages through all, ascending by number, after `after`. */
  listCertificates(after: number, limit: number): Promise<StoredCertificate[]>;
  /** Replaces the sealed text if it still is `expected`: re-wrapping under a new master key. */
  resealCertificate(number: number, expected: string, next: string): Promise<'done' | 'changed'>;
  /** Those that ended before a time, bound or not, in the order of end and number. */
  listEndedCertificates(input: {
    readonly before: Instant;
    readonly after: Pick<EndedCertificate, 'number' | 'validTo'> | undefined;
    readonly limit: number;
  }): Promise<EndedCertificate[]>;
  /**
   * Removes those of them that no domain binds in this moment, and leaves those that some change is
   * about to bind; returns how many. Who asks to bind one afterwards is told `no-certificate`.
   */
  removeUnboundCertificates(numbers: readonly number[]): Promise<number>;
}
