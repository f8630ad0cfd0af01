import type { Sealer } from '../sealing/index.ts';
import type { BlobStore, Bucket, MetadataEngine } from '../stores/index.ts';
import type { World } from '../world/index.ts';

/** What a finding is about, as far as it is about one of these. */
export interface Subject {
  readonly bucket?: string | undefined;
  readonly key?: string | undefined;
  readonly version?: string | undefined;
  readonly upload?: string | undefined;
  readonly part?: number | undefined;
  readonly domain?: string | undefined;
  readonly certificate?: number | undefined;
  readonly account?: string | undefined;
  readonly accessKey?: string | undefined;
  /** A policy of an account, by its name, or a role with its trust policy. */
  readonly policy?: string | undefined;
  readonly role?: string | undefined;
  readonly blob?: string | undefined;
  readonly auditRecord?: number | undefined;
}

/** One thing that is not as it must be. */
export interface Finding extends Subject {
  readonly kind: FindingKind;
  /**
   * `damage` loses something or serves something wrong; a `left-over` is what a process that was
   * cut off leaves by design, and takes room only.
   */
  readonly weight: 'damage' | 'left-over';
  /** What is wrong: a clause without a subject. */
  readonly what: string;
  /** What to do about it. */
  readonly advice: string;
  readonly isRepaired: boolean;
}

export type FindingKind =
  | 'bytes-missing'
  | 'bytes-of-another-size'
  | 'bytes-changed'
  | 'bytes-unreadable'
  | 'parts-incomplete'
  | 'content-sealed-away'
  | 'object-unreadable'
  | 'versions-disordered'
  | 'upload-without-bucket'
  | 'upload-unreadable'
  | 'part-without-upload'
  | 'object-without-bucket'
  | 'counters-wrong'
  | 'bucket-without-account'
  | 'policy-unreadable'
  | 'document-unreadable'
  | 'document-without-bucket'
  | 'credential-sealed-away'
  | 'credential-without-account'
  | 'callback-key-broken'
  | 'certificate-broken'
  | 'mapping-without-bucket'
  | 'mapping-of-another-account'
  | 'binding-broken'
  | 'binding-of-another-account'
  | 'domain-not-covered'
  | 'token-without-bucket'
  | 'token-broken'
  | 'departure-without-bucket'
  | 'departure-broken'
  | 'audit-unreadable'
  | 'parts-without-object'
  | 'bytes-without-row'
  | 'garbage-left'
  | 'announcements-left';

export interface CheckInput {
  /** How long the bytes of deleted and replaced objects are kept; a minute when left out. */
  readonly garbageAgeMs?: number;
  readonly metadata: MetadataEngine;
  readonly blobs: BlobStore;
  readonly sealer: Sealer;
  readonly world: World;
  /** Sizes are looked at, contents are not read. */
  readonly isQuick: boolean;
  readonly isRepairing: boolean;
  /** Only what belongs to this bucket. */
  readonly bucket?: Pick<Bucket, 'id' | 'name'> | undefined;
  /** At most so many bytes a second are read from the objects; undefined: as fast as it goes. */
  readonly bytesPerSecond?: number | undefined;
  /** Told before the first object is looked at. */
  readonly onPlan: (plan: Plan) => void;
  readonly onFinding: (finding: Finding) => void;
  readonly onProgress: (progress: CheckProgress) => void;
}

/** What the check is going to look at. */
export interface Plan {
  readonly buckets: number;
  readonly objects: number;
  /** Of the contents that will be read; 0 when only sizes are looked at. */
  readonly bytes: number;
  /** With a limit to the rate it cannot be faster. */
  readonly leastMs: number | undefined;
}

export interface CheckProgress {
  readonly step: string;
  readonly objects: number;
  readonly bytes: number;
  /** Since the first object was looked at. */
  readonly elapsedMs: number;
  readonly plan: Plan | undefined;
}

export interface CheckReport {
  readonly objects: number;
  readonly bytes: number;
  readonly damage: number;
  /** Of the damage, what is put right. */
  readonly damageRepaired: number;
  readonly leftOvers: number;
  readonly leftOversRepaired: number;
  readonly elapsedMs: number;
}
