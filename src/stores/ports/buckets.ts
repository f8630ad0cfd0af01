import type { Instant } from '../../world/index.ts';
import type { AuditActor } from './audit.ts';

export type BucketAcl = 'private' | 'public-read' | 'public-read-write';

export interface Bucket {
  /** Never reused: a bucket made again under the same name is another bucket. */
  readonly id: number;
  readonly name: string;
  readonly accountId: string;
  readonly acl: BucketAcl;
  readonly storageClass: string;
  readonly redundancy: string;
  /** Which configuration documents it has, ascending: for the others nobody needs to ask. */
  readonly documents: readonly BucketDocumentName[];
  /** `undefined`: its objects never had versions. Once they have, it is one of the two for good. */
  readonly versioning: Versioning | undefined;
  readonly createdAt: Instant;
}

export type Versioning = 'Enabled' | 'Suspended';

/** What a bucket holds, exactly. `objectCount` and `storageBytes` are of all classes together. */
export interface BucketCounters {
  /** Objects and their older versions, without delete markers. */
  readonly objectCount: number;
  readonly storageBytes: number;
  readonly markerCount: number;
  /** Unfinished uploads and their parts. */
  readonly uploadCount: number;
  readonly partCount: number;
  readonly iaCount: number;
  readonly iaBytes: number;
  readonly archiveCount: number;
  readonly archiveBytes: number;
  readonly coldArchiveCount: number;
  readonly coldArchiveBytes: number;
  readonly deepColdArchiveCount: number;
  readonly deepColdArchiveBytes: number;
}

export interface BucketStat extends BucketCounters {
  /** Time of the last change to an object, or of the bucket's creation. */
  readonly modifiedAt: Instant;
}

/** Configuration documents kept per bucket, as JSON text of the rules' own making. */
export type BucketDocumentName =
  | 'access-monitor'
  /** The bucket's mark of `setAccountAccessBlock`. */
  | 'account-access-block'
  | 'archive-direct-read'
  | 'callback-policy'
  | 'cors'
  | 'encryption'
  | 'https'
  | 'inventories'
  | 'lifecycle'
  | 'log-fields'
  | 'logging'
  | 'overwrite'
  | 'payment'
  | 'policy'
  | 'public-access-block'
  | 'qos'
  | 'redundancy-transitions'
  | 'referer'
  | 'requester-qos'
  | 'resource-group'
  | 'styles'
  | 'tags'
  | 'transfer-acceleration'
  | 'website'
  | 'worm';

export interface BucketStore {
  /**
   * Creates the bucket. `kept`: the caller owns one of that name; a given `acl` was applied.
   * `different`: the caller owns it, but with another storage class or redundancy.
   * `taken`: somebody else does. `too-many`: the account has `bucketsMax` already.
   */
  createBucket(input: {
    name: string;
    accountId: string;
    acl?: BucketAcl | undefined;
    storageClass?: string | undefined;
    redundancy?: string | undefined;
    /** Documents that a new bucket has from its first moment. */
    documents?: Readonly<Partial<Record<BucketDocumentName, string>>>;
    bucketsMax: number;
    now: Instant;
  }): Promise<
    | { outcome: 'created' | 'kept'; bucket: Bucket }
    | { outcome: 'different'; what: 'storageClass' | 'redundancy' }
    | { outcome: 'taken' }
    | { outcome: 'too-many' }
  >;
  findBucket(name: string): Promise<Bucket | undefined>;
  /** By name in byte order, after `marker`, with `prefix`; at most `limit`. */
  listBuckets(input: {
    accountId: string;
    prefix: string;
    marker: string;
    limit: number;
  }): Promise<{ buckets: Bucket[]; isTruncated: boolean }>;
  /** Of all accounts, those that have the document: ids greater than `afterId`, ascending. */
  listBucketsWith(name: BucketDocumentName, afterId: number, limit: number): Promise<Bucket[]>;
  setBucketAcl(bucketId: number, acl: BucketAcl): Promise<'done' | 'none'>;
  setBucketRedundancy(bucketId: number, redundancy: string): Promise<'done' | 'none'>;
  /**
   * While it is on, every bucket of the account has the document `account-access-block`, also those
   * made meanwhile: so whoever looks at a bucket need not ask for its account.
   */
  setAccountAccessBlock(accountId: string, isBlocked: boolean): Promise<void>;
  hasAccountAccessBlock(accountId: string): Promise<boolean>;
  /** Exact, and as cheap for a million objects as for one. */
  bucketStat(bucketId: number): Promise<BucketStat | undefined>;
  findBucketDocument(bucketId: number, name: BucketDocumentName): Promise<string | undefined>;
  /**
   * `undefined` removes it. With `expected`, only while the document is that very text: else
   * `changed`.
   */
  setBucketDocument(
    bucketId: number,
    name: BucketDocumentName,
    text: string | undefined,
    expected?: { readonly text: string | undefined },
  ): Promise<'done' | 'none' | 'changed'>;
  setBucketVersioning(bucketId: number, versioning: Versioning): Promise<'done' | 'none'>;
  /**
   * Deletes an empty bucket with its documents, tokens and mappings, and writes one audit record
   * for each mapping that went with it (security.md 3.4). `domains` names them. Versions, delete
   * markers and unfinished uploads are something in it, too; `what` says which.
   */
  deleteBucket(
    bucketId: number,
    audit: { actor: AuditActor; at: Instant },
  ): Promise<
    | { outcome: 'deleted'; domains: string[] }
    | { outcome: 'not-empty'; what: 'objects' | 'uploads' }
    | { outcome: 'none' }
  >;
}
