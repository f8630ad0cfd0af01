/**
 * Objects: written, read, copied, listed, deleted. Nothing here checks the caller; the API did.
 * A write is seen by every read that begins after it was answered.
 */
import { OssError } from '../errors/index.ts';
import type {
  BlobSpan,
  BlobStore,
  Bucket,
  DeleteMarker,
  Deletion,
  DeletionResult,
  ListedVersion,
  ObjectAcl,
  ObjectChange,
  ObjectExtras,
  ObjectIndex,
  ObjectListing,
  ServingReads,
  StoredObject,
  VersionListing,
} from '../stores/index.ts';
import type { Instant, World } from '../world/index.ts';
import { type AppendObject, appendObject } from './appending.ts';
import { type ExpectedContent, type IncomingContent, keepContent } from './content.ts';
import { type ContentKeys, encrypt } from './content-keys.ts';
import { type CopyObject, copyObject } from './copying.ts';
import { createHotContent } from './hot-content.ts';
import { type ObjectLimits, objectLimits } from './limits.ts';
import { type NewLink, putLink } from './links.ts';
import { checkObjectFacts, type ObjectFacts } from './metadata.ts';
import { checkObjectKey } from './naming.ts';
import { pointTo, type Stored } from './pointing.ts';
import { noSuchKey, type OpenObject, openObject, type Shelves } from './reading.ts';
import { type RestoreObject, restoreObject } from './restoring.ts';
import { fromStore } from './store-failure.ts';
import { drawVersionId, noSuchVersion, refuseMarker } from './version-ids.ts';

export interface NewObject {
  readonly bucket: Bucket;
  readonly key: string;
  readonly content: IncomingContent;
  readonly expected: ExpectedContent;
  readonly facts: ObjectFacts;
  readonly acl: ObjectAcl;
  /** `undefined`: the bucket's. */
  readonly storageClass: string | undefined;
  readonly isOverwriteForbidden: boolean;
  readonly extras?: ObjectExtras;
  /** Objects last changed since then may be neither replaced nor deleted. */
  readonly protectedSince?: Instant | undefined;
}

/** What to change, of the current object or of a version. */
export interface ChangeObject {
  readonly versionId?: string | undefined;
  readonly change: ObjectChange;
  readonly protectedSince?: Instant | undefined;
}

export interface ListObjects {
  readonly prefix: string;
  readonly delimiter: string;
  /** Exclusive; need not exist. */
  readonly after: string;
  readonly limit: number;
}

export interface Objects {
  /**
   * Content and facts stand under the key, both or neither.
   * @throws OssError InvalidObjectName, InvalidArgument, FileAlreadyExists, NoSuchBucket, and those
   * of the content: EntityTooLarge, InvalidDigest, RequestTimeout, InsufficientStorage,
   * ServiceUnavailable.
   */
  putObject(input: NewObject): Promise<Stored>;
  /** `undefined` also for keys that no object can have. */
  findObject(bucket: Bucket, key: string): Promise<StoredObject | undefined>;
  /**
   * The same for whoever only reads: while the database cannot be reached, from what this node
   * remembers (the law of `ServingReads.findObject`).
   */
  findServedObject(bucket: Bucket, key: string): Promise<StoredObject | undefined>;
  /** A version by its id, whether it is the current one or not. */
  findVersion(bucket: Bucket, key: string, versionId: string): Promise<ListedVersion | undefined>;
  /** The delete marker because of which there is no object under the key. */
  findMarker(bucket: Bucket, key: string): Promise<DeleteMarker | undefined>;
  /**
   * The content of a row found a moment ago; `span` if only that is read.
   * @throws OssError NoSuchKey, InternalError.
   */
  openObject(
    bucket: Bucket,
    key: string,
    object: StoredObject,
    span?: BlobSpan,
  ): Promise<OpenObject>;
  /**
   * @throws OssError as putObject; ObjectNotAppendable, PositionNotEqualToLength.
   */
  appendObject(input: AppendObject): Promise<Stored>;
  /** @throws OssError InvalidObjectName, InvalidArgument, FileAlreadyExists, NoSuchBucket. */
  putLink(input: NewLink): Promise<Stored>;
  /** @throws OssError as putObject; NoSuchKey names the source; and whatever `admit` throws. */
  copyObject(input: CopyObject): Promise<Stored>;
  /**
   * One result for each, in their order; what is missing is no error. Many go in several steps, and
   * a failure leaves undone what came behind it.
   */
  deleteObjects(
    bucket: Bucket,
    deletions: readonly Omit<Deletion, 'markerId'>[],
    protectedSince?: Instant,
  ): Promise<DeletionResult[]>;
  /** @throws OssError NoSuchKey, NoSuchVersion, FileImmutable, MethodNotAllowed of a marker. */
  changeObject(bucket: Bucket, key: string, input: ChangeObject): Promise<StoredObject>;
  /**
   * Begins the restoring of an archived object, or moves its end; whether it began.
   * @throws OssError NoSuchKey, OperationNotSupported, RestoreAlreadyInProgress.
   */
  restoreObject(input: RestoreObject): Promise<boolean>;
  listObjects(bucket: Bucket, input: ListObjects): Promise<ObjectListing>;
  /** All versions; `afterVersion` is a version of `after`. */
  listVersions(
    bucket: Bucket,
    input: ListObjects & { readonly afterVersion: string | undefined },
  ): Promise<VersionListing>;
}

/**
 * Of those a request names, in one step of the store. Eight requests of a thousand keys at once
 * kept everybody else waiting for a second; in such steps they do for an eighth of that (measured).
 */
const deletedAtOnce = 100;

export function createObjects(options: {
  objects: ObjectIndex;
  serving: Pick<ServingReads, 'findObject'>;
  blobs: BlobStore;
  world: World;
  keys: ContentKeys;
  limits?: ObjectLimits;
}): Objects {
  const { objects, serving, blobs, world, keys } = options;
  const limits = options.limits ?? objectLimits;
  const hot = createHotContent(limits.hotBytesMax);
  const shelves: Shelves = { objects, blobs, limits, hot, keys };
  return {
    putObject: (input) => putObject(shelves, world, input),
    appendObject: (input) => appendObject(shelves, world, input),
    putLink: (input) => putLink(shelves, world, input),
    copyObject: (input) => copyObject(shelves, world, input),
    restoreObject: (input) => restoreObject(objects, input),
    openObject: (bucket, key, object, span) => openObject(shelves, bucket, key, object, span),
    findObject: (bucket, key) => fromStore(objects.findObject(bucket.id, key)),
    findServedObject: (bucket, key) => fromStore(serving.findObject(bucket.id, key)),
    findVersion: (bucket, key, versionId) =>
      fromStore(objects.findVersion(bucket.id, key, versionId)),
    findMarker: (bucket, key) => fromStore(objects.findMarker(bucket.id, key)),
    async deleteObjects(bucket, deletions, protectedSince) {
      const results: DeletionResult[] = [];
      const now = world.clock.now();
      for (let start = 0; start < deletions.length; start += deletedAtOnce) {
        const some = deletions.slice(start, start + deletedAtOnce).map((deletion) => {
          return { ...deletion, markerId: drawVersionId(world.random) };
        });
        const step = { bucketId: bucket.id, deletions: some, now, protectedSince };
        results.push(...(await fromStore(objects.deleteObjects(step))));
      }
      return results;
    },
    async changeObject(bucket, key, input) {
      const answer = await fromStore(objects.changeObject({ bucketId: bucket.id, key, ...input }));
      if (answer.outcome === 'done') return answer.object;
      throw refuseChange(answer.outcome, key, input.versionId);
    },
    async listVersions(bucket, input) {
      if (input.limit === 0) return { entries: [], isTruncated: false };
      return await fromStore(objects.listVersions({ ...input, bucketId: bucket.id }));
    },
    async listObjects(bucket, input) {
      if (input.limit === 0) return { entries: [], isTruncated: false };
      return await fromStore(objects.listObjects({ ...input, bucketId: bucket.id }));
    },
  };
}

function refuseChange(
  outcome: 'none' | 'changed' | 'marker' | 'immutable',
  key: string,
  versionId: string | undefined,
): OssError {
  if (outcome === 'immutable') return new OssError('FileImmutable');
  if (outcome === 'marker') return refuseMarker('GET');
  return versionId === undefined ? noSuchKey(key) : noSuchVersion(key, versionId);
}

/** Only to spare the client the upload; the store decides again when it is complete. */
async function refuseEarly(shelves: Shelves, input: NewObject): Promise<void> {
  const { bucket, key, isOverwriteForbidden, protectedSince } = input;
  if (!isOverwriteForbidden && protectedSince === undefined) return;
  const standing = await fromStore(shelves.objects.findObject(bucket.id, key));
  if (standing === undefined) return;
  if (isOverwriteForbidden) throw new OssError('FileAlreadyExists');
  if (standing.modifiedAt >= (protectedSince ?? Number.POSITIVE_INFINITY)) {
    throw new OssError('FileImmutable');
  }
}

async function putObject(shelves: Shelves, world: World, input: NewObject): Promise<Stored> {
  const { bucket, key } = input;
  checkObjectKey(key);
  checkObjectFacts(input.facts, shelves.limits.metadataBytesMax);
  if (bucket.versioning === undefined) await refuseEarly(shelves, input);
  const { objectBytesMax } = shelves.limits;
  const announce = (blobId: string) =>
    fromStore(shelves.objects.announceBlob(blobId, world.clock.now()));
  const { content, expected } = input;
  const sealed = encrypt(shelves.keys, bucket, input.extras ?? {});
  const kept = await keepContent(
    shelves.blobs,
    content,
    expected,
    objectBytesMax,
    announce,
    sealed.cipher,
  );
  const object: StoredObject = {
    blobId: kept.blobId,
    content: 'blob',
    size: kept.size,
    etag: kept.md5.toString('hex').toUpperCase(),
    contentMd5: kept.md5.toString('base64'),
    crc64: kept.crc64,
    type: 'Normal',
    acl: input.acl,
    storageClass: input.storageClass ?? bucket.storageClass,
    modifiedAt: world.clock.now(),
    ...input.facts,
    versionId: drawVersionId(world.random),
    extras: sealed.extras,
  };
  const { isOverwriteForbidden: forbidOverwrite, protectedSince } = input;
  const { isAnnounced } = kept;
  return await pointTo(shelves, {
    bucket,
    key,
    object,
    forbidOverwrite,
    isAnnounced,
    protectedSince,
  });
}
