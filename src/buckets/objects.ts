/**
 * Objects: written, read, copied, listed, deleted. Nothing here checks the caller; the API did.
 * A write is seen by every read that begins after it was answered.
 */
import { OssError } from '../errors/index.ts';
import type {
  BlobSpan,
  BlobStore,
  Bucket,
  ObjectAcl,
  ObjectIndex,
  ObjectListing,
  ServingReads,
  StoredObject,
} from '../stores/index.ts';
import type { World } from '../world/index.ts';
import { type ExpectedContent, type IncomingContent, keepContent } from './content.ts';
import { type CopyObject, copyObject } from './copying.ts';
import { createHotContent } from './hot-content.ts';
import { type ObjectLimits, objectLimits } from './limits.ts';
import { checkObjectFacts, type ObjectFacts } from './metadata.ts';
import { checkObjectKey } from './naming.ts';
import { pointTo } from './pointing.ts';
import { noSuchKey, type OpenObject, openObject, type Shelves } from './reading.ts';
import { fromStore } from './store-failure.ts';

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
  putObject(input: NewObject): Promise<StoredObject>;
  /** `undefined` also for keys that no object can have. */
  findObject(bucket: Bucket, key: string): Promise<StoredObject | undefined>;
  /**
   * The same for whoever only reads: while the database cannot be reached, from what this node
   * remembers (the law of `ServingReads.findObject`).
   */
  findServedObject(bucket: Bucket, key: string): Promise<StoredObject | undefined>;
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
  /** @throws OssError as putObject; NoSuchKey names the source; and whatever `admit` throws. */
  copyObject(input: CopyObject): Promise<StoredObject>;
  /** Returns the keys there were; missing ones are no error. */
  deleteObjects(bucket: Bucket, keys: readonly string[]): Promise<string[]>;
  /** @throws OssError NoSuchKey. */
  setObjectAcl(bucket: Bucket, key: string, acl: ObjectAcl): Promise<void>;
  listObjects(bucket: Bucket, input: ListObjects): Promise<ObjectListing>;
}

export function createObjects(options: {
  objects: ObjectIndex;
  serving: Pick<ServingReads, 'findObject'>;
  blobs: BlobStore;
  world: World;
  limits?: ObjectLimits;
}): Objects {
  const { objects, serving, blobs, world } = options;
  const limits = options.limits ?? objectLimits;
  const shelves: Shelves = { objects, blobs, limits, hot: createHotContent(limits.hotBytesMax) };
  return {
    putObject: (input) => putObject(shelves, world, input),
    copyObject: (input) => copyObject(shelves, world, input),
    openObject: (bucket, key, object, span) => openObject(shelves, bucket, key, object, span),
    findObject: (bucket, key) => fromStore(objects.findObject(bucket.id, key)),
    findServedObject: (bucket, key) => fromStore(serving.findObject(bucket.id, key)),
    deleteObjects: (bucket, keys) =>
      fromStore(objects.deleteObjects(bucket.id, keys, world.clock.now())),
    async setObjectAcl(bucket, key, acl) {
      const outcome = await fromStore(objects.setObjectAcl(bucket.id, key, acl));
      if (outcome === 'none') throw noSuchKey(key);
    },
    async listObjects(bucket, input) {
      if (input.limit === 0) return { entries: [], isTruncated: false };
      return await fromStore(objects.listObjects({ ...input, bucketId: bucket.id }));
    },
  };
}

async function putObject(shelves: Shelves, world: World, input: NewObject): Promise<StoredObject> {
  const { bucket, key } = input;
  checkObjectKey(key);
  checkObjectFacts(input.facts, shelves.limits.metadataBytesMax);
  if (input.isOverwriteForbidden) {
    // Only to spare the client the upload; the store decides again when it is complete.
    const standing = await fromStore(shelves.objects.findObject(bucket.id, key));
    if (standing !== undefined) throw new OssError('FileAlreadyExists');
  }
  const { objectBytesMax } = shelves.limits;
  const announce = (blobId: string) =>
    fromStore(shelves.objects.announceBlob(blobId, world.clock.now()));
  const { content, expected } = input;
  const kept = await keepContent(shelves.blobs, content, expected, objectBytesMax, announce);
  const object: StoredObject = {
    blobId: kept.blobId,
    size: kept.size,
    etag: kept.md5.toString('hex').toUpperCase(),
    contentMd5: kept.md5.toString('base64'),
    crc64: kept.crc64,
    type: 'Normal',
    acl: input.acl,
    storageClass: input.storageClass ?? bucket.storageClass,
    modifiedAt: world.clock.now(),
    ...input.facts,
  };
  const forbidOverwrite = input.isOverwriteForbidden;
  const { isAnnounced } = kept;
  await pointTo(shelves, { bucket, key, object, forbidOverwrite, isAnnounced });
  return object;
}
