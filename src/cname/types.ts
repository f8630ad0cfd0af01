import type { AuditActor, BindingChange, Bucket, CnameToken, CnameType } from '../stores/index.ts';
import type { Instant } from '../world/index.ts';

export type {
  AuditActor,
  BindingChange,
  Bucket,
  Cname,
  CnameToken,
  CnameType,
  MappedDomain,
} from '../stores/index.ts';

/** Settings of the operator that the life of a domain depends on. */
export interface CnameRules {
  readonly ownership: 'dns' | 'off' | 'allow-list';
  /** Canonical names that need no proof, each with everything below it (ownership `allow-list`). */
  readonly allowList: readonly string[];
  readonly tokenLifetimeMs: number;
  readonly cnamesPerBucketMax: number;
  readonly tokensPerBucketMax: number;
  readonly transfer: 'deny' | 'proof';
  /** Our endpoint names: reserved with everything below them. */
  readonly endpoints: readonly string[];
}

/** Answer of the ownership check; `evidence` goes into the audit record. */
export type OwnershipProof =
  | { readonly outcome: 'proven'; readonly token: string; readonly evidence: ProofEvidence }
  | { readonly outcome: 'waived'; readonly evidence: ProofEvidence }
  | {
      readonly outcome: 'refused';
      /** The three cases a person must be able to tell apart, plus the token's own. */
      readonly what:
        | 'nothing-there'
        | 'something-else-there'
        | 'resolver-failed'
        | 'no-token'
        | 'token-expired';
      /** A sentence for the caller: TXT name expected, what was found, what to do. */
      readonly message: string;
      readonly evidence: ProofEvidence;
    }
  /** More than 600 questions a minute for one account (DESIGN ruling 14). */
  | { readonly outcome: 'too-many-questions'; readonly retryAfterSeconds: number };

export interface ProofEvidence {
  readonly method: 'dns' | 'off' | 'allow-list';
  readonly txtName?: string;
  readonly resolver?: string;
  readonly answer?: string;
  /** SHA-256 of the records seen, hex; the records themselves may be anything. */
  readonly answerHash?: string;
}

export interface OwnershipProofs {
  proveOwnership(input: {
    readonly domain: string;
    readonly bucket: Bucket;
    readonly now: Instant;
  }): Promise<OwnershipProof>;
}

export type Screen =
  | { readonly verdict: 'clear' }
  | { readonly verdict: 'forbidden'; readonly reason: string }
  | { readonly verdict: 'risk'; readonly reason: string }
  | { readonly verdict: 'unlicensed'; readonly registry: string };

/** The operator's screens (DESIGN rulings 4 and 13). Lists are read again when they change. */
export interface Screens {
  /** Reserved and forbidden names: looked at first, for tokens too. */
  screenForbidden(domain: string): Promise<Screen>;
  /** Licence registry, then risk list: looked at after ownership (custom-domain.md 2.6, 9). */
  screenRecord(domain: string): Promise<Screen>;
}

/** The life of a domain. Every method takes the Domain text as the caller wrote it. */
export interface Cnames {
  /** Refuses with InvalidArgument, CnameIsForbidden, NoNeedCreateCnameToken, TooManyCnameToken. */
  issueToken(bucket: Bucket, domainText: string, actor: AuditActor): Promise<CnameToken>;
  /** Refuses with InvalidArgument, CnameTokenNotFound. */
  findToken(bucket: Bucket, domainText: string): Promise<CnameToken>;
  /**
   * PutCname: checks 4 to 9 of custom-domain.md 2.6, then `prepareBinding` (10), then the one
   * transaction (11). Refuses with every error of that list.
   */
  mapDomain(input: MapDomain): Promise<void>;
  /** DeleteCname: always succeeds for a well-formed name, mapped or not. */
  unmapDomain(bucket: Bucket, domainText: string, actor: AuditActor): Promise<void>;
  findMappedDomain(domain: string): Promise<import('../stores/index.ts').MappedDomain | undefined>;
  listDomains(bucket: Bucket): Promise<DomainListing[]>;
}

export interface DomainListing {
  readonly cname: import('../stores/index.ts').Cname;
  readonly certificate: import('../stores/index.ts').StoredCertificate | undefined;
}

export interface MapDomain {
  readonly bucket: Bucket;
  readonly domainText: string;
  readonly type: CnameType | undefined;
  readonly isPurgeCdnCache: boolean | undefined;
  readonly isUnbind: boolean;
  /**
   * Turns the certificate the caller sent into a binding change; called only after ownership, so
   * that a certificate never speaks first. The room certificates makes it.
   */
  readonly prepareBinding: (domain: string) => Promise<BindingChange>;
  /** Renders the refusal of a guard; the room certificates knows how an id is written. */
  readonly formatCertificateId: (number: number) => string;
  readonly actor: AuditActor;
}
