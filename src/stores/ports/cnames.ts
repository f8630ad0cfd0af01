import type { Instant } from '../../world/index.ts';
import type { AuditActor } from './audit.ts';
import type { Bucket } from './buckets.ts';
import type { NewCertificate, StoredCertificate } from './certificates.ts';

export type CnameType = 'CNAME_OSS' | 'CNAME_IMG';
export type CnameStatus = 'Enabled' | 'Disabled';

/** The fact that a domain points to a bucket. `domain` is always canonical (room `names`). */
export interface Cname {
  readonly domain: string;
  readonly bucketId: number;
  readonly accountId: string;
  readonly type: CnameType;
  readonly status: CnameStatus;
  readonly isPurgeCdnCache: boolean;
  readonly mappedAt: Instant;
  readonly binding: Binding | undefined;
}

/** The fact that a certificate serves a domain. */
export interface Binding {
  readonly certificateNumber: number;
  /** `CAS` bound by CertId, `Upload` bound inline (custom-domain.md 4.1). */
  readonly type: 'CAS' | 'Upload';
  readonly boundAt: Instant;
}

export interface CnameToken {
  readonly domain: string;
  readonly token: string;
  readonly createdAt: Instant;
  /** At this instant the token is dead; one millisecond before, it lives. */
  readonly expiresAt: Instant;
}

/** The guard of custom-domain.md 2.3; expecting `undefined` is expecting that none is bound. */
export type BindingGuard =
  | { readonly kind: 'forced' }
  | { readonly kind: 'expect'; readonly certificateNumber: number | undefined };

export type BindingChange =
  | { readonly kind: 'keep' }
  /** Only on a domain mapped to this bucket already; never maps. */
  | { readonly kind: 'unbind'; readonly guard: BindingGuard }
  | {
      readonly kind: 'bind';
      readonly guard: BindingGuard;
      readonly certificate:
        | { readonly kind: 'stored'; readonly number: number }
        /** Stored in the same step; one of the account with this fingerprint256 is reused. */
        | { readonly kind: 'new'; readonly certificate: NewCertificate };
    };

export interface MappingChange {
  readonly domain: string;
  readonly bucketId: number;
  /** The account that must own the bucket and, for stored certificates, the certificate. */
  readonly accountId: string;
  /** Of a new mapping; a standing one keeps its type, for most clients never name one. */
  readonly type: CnameType;
  /** `undefined` leaves it as it is; new mappings start with false. */
  readonly isPurgeCdnCache: boolean | undefined;
  /**
   * What allows a NEW mapping: the live token DNS showed, or the operator's waiver
   * (ownership off or allow-list), or nothing (the domain was seen mapped here already).
   */
  readonly proof:
    | { readonly kind: 'token'; readonly token: string }
    | { readonly kind: 'waived' }
    | { readonly kind: 'none' };
  /** Whether a proven claim may take the domain from another account (DESIGN ruling 6). */
  readonly allowTransfer: boolean;
  readonly cnamesMax: number;
  readonly binding: BindingChange;
  readonly now: Instant;
  readonly audit: {
    readonly actor: AuditActor;
    readonly detail: Readonly<Record<string, unknown>>;
  };
}

/**
 * Nothing of a change is visible unless the outcome is `mapped`. Refusals in the order they are
 * looked for.
 */
export type MappingOutcome =
  | {
      readonly outcome: 'mapped';
      /** False when the domain stood on this bucket already. */
      readonly isNew: boolean;
      readonly certificateNumber: number | undefined;
      /** Set when the domain moved here from another account. */
      readonly transferredFrom: string | undefined;
    }
  /** The bucket is gone, or is not the account's any more. */
  | { readonly outcome: 'no-bucket' }
  | { readonly outcome: 'taken-by-own-bucket'; readonly type: CnameType }
  | { readonly outcome: 'too-many' }
  /** The token is spent, expired or replaced, or there was no proof and the mapping is gone. */
  | { readonly outcome: 'not-proven' }
  | { readonly outcome: 'taken-by-other' }
  /** An unbind that would be allowed to map, of a domain that is not mapped to this bucket. */
  | { readonly outcome: 'not-mapped' }
  /** No such stored certificate of this account. */
  | { readonly outcome: 'no-certificate' }
  | { readonly outcome: 'guard-failed'; readonly current: number | undefined };

/** A mapping with the bucket it points to: all that serving needs, in one read. */
export interface MappedDomain {
  readonly cname: Cname;
  readonly bucket: Bucket;
}

export interface CnameStore {
  /**
   * A live token of (bucket, domain) is returned again, unchanged. `mapped`: the domain stands on
   * this bucket. `too-many`: the bucket has `tokensMax` live tokens. Expired ones do not count.
   * Writes an audit record when a token is made.
   */
  takeOrReuseToken(input: {
    domain: string;
    bucketId: number;
    fresh: { readonly token: string; readonly createdAt: Instant; readonly expiresAt: Instant };
    tokensMax: number;
    audit: { readonly actor: AuditActor };
  }): Promise<
    | { outcome: 'issued'; token: CnameToken; isReused: boolean }
    | { outcome: 'mapped' }
    | { outcome: 'too-many' }
    | { outcome: 'no-bucket' }
  >;
  /** The token alive at `now`. */
  findToken(bucketId: number, domain: string, now: Instant): Promise<CnameToken | undefined>;
  /** The token's row whatever its age, for messages that say "expired". */
  findTokenOfAnyAge(bucketId: number, domain: string): Promise<CnameToken | undefined>;

  /**
   * The one way a domain is mapped, moved, bound, replaced or unbound: claim, certificate, binding,
   * spending of the token and audit records commit together or not at all (DESIGN ruling 1).
   * A domain has one owner: a unique constraint holds it. A mapping that moves from another account
   * loses its binding unless this change brings one. Binding the certificate already bound, and
   * unbinding where none is bound, change nothing (after the guard).
   */
  changeMapping(change: MappingChange): Promise<MappingOutcome>;

  /**
   * Removes mapping and binding together, or the notice of a domain that moved away (see
   * `listDomains`); `none` when the bucket has neither.
   */
  releaseDomain(input: {
    domain: string;
    bucketId: number;
    now: Instant;
    audit: { readonly actor: AuditActor };
  }): Promise<'released' | 'none'>;

  findDomain(domain: string): Promise<MappedDomain | undefined>;
  /**
   * By domain in byte order, each with its certificate. A domain that moved to another account is
   * still listed here, as Disabled and without binding, until `releaseDomain` acknowledges it or
   * the bucket maps it again (custom-domain.md 4.3); it counts for nothing else.
   */
  listDomains(
    bucketId: number,
  ): Promise<{ cname: Cname; certificate: StoredCertificate | undefined }[]>;
  /** How many domains the bucket has. */
  countDomains(bucketId: number): Promise<number>;
}
