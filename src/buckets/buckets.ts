/**
 * The life of a bucket: made, listed, described, deleted. Nothing here checks the caller; the API
 * did, except that a bucket is made for an account and belongs to it from then on.
 */
import { OssError } from '../errors/index.ts';
import type {
  AuditActor,
  Bucket,
  BucketAcl,
  BucketStat,
  MetadataEngine,
  Versioning,
} from '../stores/index.ts';
import type { World } from '../world/index.ts';
import { checkAclAllowed, isPublicAcl, publicAclRefused } from './access.ts';
import type { SwitchDocument } from './configurations.ts';
import { type BucketLimits, bucketLimits } from './limits.ts';
import { checkBucketName, isBucketName } from './naming.ts';
import { fromStore } from './store-failure.ts';

export interface NewBucket {
  readonly name: string;
  readonly accountId: string;
  /** `undefined`: private for a new bucket, unchanged for one that stands. */
  readonly acl?: BucketAcl | undefined;
  readonly storageClass?: string | undefined;
  readonly redundancy?: string | undefined;
}

export interface BucketPage {
  readonly buckets: readonly Bucket[];
  readonly isTruncated: boolean;
}

export interface Buckets {
  /**
   * The bucket stands and belongs to the account. Repeating it changes nothing but a given ACL.
   * @throws OssError InvalidBucketName, BucketAlreadyExists, TooManyBuckets, and AccessDenied for a
   * public ACL that is blocked.
   */
  putBucket(bucket: NewBucket): Promise<Bucket>;
  /** `undefined` also for names that no bucket can have. */
  findBucket(name: string): Promise<Bucket | undefined>;
  /** By name in byte order, after `marker`. */
  listBuckets(input: {
    accountId: string;
    prefix: string;
    marker: string;
    limit: number;
  }): Promise<BucketPage>;
  /** @throws OssError AccessDenied for a public one that is blocked, NoSuchBucket. */
  setBucketAcl(bucket: Bucket, acl: BucketAcl): Promise<void>;
  /** @throws OssError NoSuchBucket when it has gone meanwhile. */
  setVersioning(bucket: Bucket, versioning: Versioning): Promise<void>;
  /** @throws OssError NoSuchBucket when it has gone meanwhile. */
  setRedundancy(bucket: Bucket, redundancy: string): Promise<void>;
  /** Whether nothing of the account may be public, whatever its ACLs say. */
  isAccountBlocked(accountId: string): Promise<boolean>;
  setAccountBlocked(accountId: string, isBlocked: boolean): Promise<void>;
  /** Every bucket of the account, by name. */
  allBuckets(accountId: string): Promise<readonly Bucket[]>;
  /** @throws OssError NoSuchBucket when it has gone meanwhile. */
  bucketStat(bucket: Bucket): Promise<BucketStat>;
  /**
   * The bucket is gone, with its documents, tokens and mapped domains, which are named.
   * @throws OssError BucketNotEmpty, NoSuchBucket.
   */
  deleteBucket(bucket: Bucket, actor: AuditActor): Promise<{ readonly domains: readonly string[] }>;
}

/** The document `public-access-block` of a bucket that is made with it. */
const blocked = JSON.stringify({ isEnabled: true } satisfies SwitchDocument);

export function createBuckets(options: {
  engine: MetadataEngine;
  world: World;
  limits?: BucketLimits;
  /** New buckets block public access until their owner says otherwise. */
  isPublicAccessBlocked?: boolean;
  /** Domains went with a deleted bucket: their TLS sessions must not be resumed any more. */
  onDomainsReleased?: (domains: readonly string[]) => Promise<void>;
}): Buckets {
  const { world } = options;
  const store = options.engine.buckets;
  const limits = options.limits ?? bucketLimits;
  const isAccountBlocked = (accountId: string): Promise<boolean> =>
    fromStore(store.hasAccountAccessBlock(accountId));
  const refuseBlocked = async ({ name, accountId, acl }: NewBucket): Promise<void> => {
    if (await isAccountBlocked(accountId)) throw publicAclRefused('bucket');
    const standing = await fromStore(store.findBucket(name));
    if (standing?.accountId === accountId) checkAclAllowed(standing, 'bucket', acl);
    if (standing === undefined && options.isPublicAccessBlocked) throw publicAclRefused('bucket');
  };
  return {
    async putBucket(bucket) {
      checkBucketName(bucket.name);
      if (isPublicAcl(bucket.acl)) await refuseBlocked(bucket);
      const { bucketsMax } = limits;
      const documents = options.isPublicAccessBlocked ? { 'public-access-block': blocked } : {};
      const answer = await fromStore(
        store.createBucket({ ...bucket, documents, bucketsMax, now: world.clock.now() }),
      );
      switch (answer.outcome) {
        case 'created':
        case 'kept':
          return answer.bucket;
        case 'different':
          throw refuseDifferent(bucket.name, answer.what);
        case 'taken':
          throw new OssError('BucketAlreadyExists', { fields: { BucketName: bucket.name } });
        case 'too-many':
          throw new OssError('TooManyBuckets', { fields: { BucketName: bucket.name } });
      }
    },
    async findBucket(name) {
      return isBucketName(name)
        ? await fromStore(options.engine.serving.findBucket(name))
        : undefined;
    },
    async listBuckets(input) {
      if (input.limit === 0) return { buckets: [], isTruncated: false };
      return await fromStore(store.listBuckets(input));
    },
    async setBucketAcl(bucket, acl) {
      checkAclAllowed(bucket, 'bucket', acl);
      const outcome = await fromStore(store.setBucketAcl(bucket.id, acl));
      if (outcome === 'none') throw noSuchBucket(bucket.name);
    },
    async setVersioning(bucket, versioning) {
      const outcome = await fromStore(store.setBucketVersioning(bucket.id, versioning));
      if (outcome === 'none') throw noSuchBucket(bucket.name);
    },
    async setRedundancy(bucket, redundancy) {
      const outcome = await fromStore(store.setBucketRedundancy(bucket.id, redundancy));
      if (outcome === 'none') throw noSuchBucket(bucket.name);
    },
    isAccountBlocked,
    async setAccountBlocked(accountId, isBlocked) {
      await fromStore(store.setAccountAccessBlock(accountId, isBlocked));
    },
    async allBuckets(accountId) {
      const page = { accountId, prefix: '', marker: '', limit: limits.bucketsMax };
      return (await fromStore(store.listBuckets(page))).buckets;
    },
    async bucketStat(bucket) {
      const stat = await fromStore(store.bucketStat(bucket.id));
      if (stat === undefined) throw noSuchBucket(bucket.name);
      return stat;
    },
    async deleteBucket(bucket, actor) {
      const audit = { actor, at: world.clock.now() };
      const answer = await fromStore(store.deleteBucket(bucket.id, audit));
      if (answer.outcome === 'none') throw noSuchBucket(bucket.name);
      if (answer.outcome === 'not-empty') {
        throw new OssError('BucketNotEmpty', { fields: { BucketName: bucket.name } });
      }
      if (answer.domains.length > 0) await options.onDomainsReleased?.(answer.domains);
      return { domains: answer.domains };
    },
  };
}

export function noSuchBucket(name: string): OssError {
  return new OssError('NoSuchBucket', { fields: { BucketName: name } });
}

/** Wording of the service, spelling included (oss-protocol.md 3). */
function refuseDifferent(name: string, what: 'storageClass' | 'redundancy'): OssError {
  const message =
    what === 'storageClass'
      ? "Cannot modify existing bucket's storage class."
      : "Bucket already exists CAN'T modify data redundancy type.";
  return new OssError('BucketAlreadyExists', { message, fields: { BucketName: name } });
}
