/**
 * Copies of objects on the server, and the change of an object's facts by copying it onto itself.
 */
import { OssError } from '../errors/index.ts';
import type { Bucket, ObjectAcl, StoredObject } from '../stores/index.ts';
import type { World } from '../world/index.ts';
import { checkObjectFacts, type ObjectFacts } from './metadata.ts';
import { checkObjectKey } from './naming.ts';
import { pointTo } from './pointing.ts';
import { noSuchKey, type Shelves } from './reading.ts';
import { fromStore } from './store-failure.ts';

export interface CopyObject {
  readonly source: { readonly bucket: Bucket; readonly key: string };
  readonly bucket: Bucket;
  readonly key: string;
  /** The request's own; they replace the source's or, without `isReplacing`, count only when the
   * object is copied onto itself. */
  readonly facts: ObjectFacts;
  readonly isReplacing: boolean;
  /** `undefined`: `default` for a copy, unchanged for an object copied onto itself. */
  readonly acl: ObjectAcl | undefined;
  /** `undefined`: the bucket's for a copy, unchanged for an object copied onto itself. */
  readonly storageClass: string | undefined;
  readonly isOverwriteForbidden: boolean;
  /** Throws unless the caller may read this source and its conditions hold. */
  readonly admit: (source: StoredObject | undefined) => void;
}

/** How often a copy begins again when its source is replaced and swept under its hands. */
const attemptsMax = 3;

export async function copyObject(
  shelves: Shelves,
  world: World,
  input: CopyObject,
): Promise<StoredObject> {
  checkObjectKey(input.key);
  checkObjectFacts(input.facts, shelves.limits.metadataBytesMax);
  const { source } = input;
  const isOntoItself = source.bucket.id === input.bucket.id && source.key === input.key;
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const found = await fromStore(shelves.objects.findObject(source.bucket.id, source.key));
    input.admit(found);
    if (found === undefined) throw noSuchKey(source.key);
    if (isOntoItself && input.isOverwriteForbidden) throw new OssError('FileAlreadyExists');
    const copy = isOntoItself
      ? await replaceFacts(shelves, world, input, found)
      : await copyContent(shelves, world, input, found);
    if (copy !== undefined) return copy;
  }
  throw new OssError('ServiceUnavailable', {
    message: 'The source object kept changing while it was copied. Please retry.',
  });
}

/** `undefined` when the source was swept before its bytes could be copied. */
async function copyContent(
  shelves: Shelves,
  world: World,
  input: CopyObject,
  source: StoredObject,
): Promise<StoredObject | undefined> {
  const { bucket, key } = input;
  let isAnnounced = false;
  const copying = shelves.blobs.copy(source.blobId, (announced) => {
    isAnnounced = true;
    return shelves.objects.announceBlob(announced, world.clock.now());
  });
  const blobId = await fromStore(copying);
  if (blobId === undefined) return undefined;
  const object: StoredObject = {
    ...source,
    ...(input.isReplacing ? input.facts : {}),
    blobId,
    acl: input.acl ?? 'default',
    storageClass: input.storageClass ?? bucket.storageClass,
    modifiedAt: world.clock.now(),
  };
  const forbidOverwrite = input.isOverwriteForbidden;
  await pointTo(shelves, { bucket, key, object, forbidOverwrite, isAnnounced });
  return object;
}

/**
 * Onto itself, an unversioned object changes its facts only, and the request's always count
 * (oss-object-api.md CopyObject). `undefined` when another writer was faster.
 */
async function replaceFacts(
  shelves: Shelves,
  world: World,
  input: CopyObject,
  source: StoredObject,
): Promise<StoredObject | undefined> {
  const object: StoredObject = {
    ...source,
    ...input.facts,
    acl: input.acl ?? source.acl,
    storageClass: input.storageClass ?? source.storageClass,
    modifiedAt: world.clock.now(),
  };
  const outcome = await fromStore(
    shelves.objects.setObjectMetadata({
      bucketId: input.bucket.id,
      key: input.key,
      blobId: source.blobId,
      object,
    }),
  );
  return outcome === 'done' ? object : undefined;
}
