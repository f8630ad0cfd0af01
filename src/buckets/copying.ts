/**
 * Copies of objects on the server, and the change of an object's facts by copying it onto itself.
 */
import { OssError, refine } from '../errors/index.ts';
import type { Announce, Bucket, ObjectAcl, ObjectExtras, StoredObject } from '../stores/index.ts';
import type { Instant, World } from '../world/index.ts';
import { checkObjectFacts, type ObjectFacts } from './metadata.ts';
import { checkObjectKey } from './naming.ts';
import { pointTo, type Stored } from './pointing.ts';
import { noSuchKey, openReader, type Shelves } from './reading.ts';
import { fromStore } from './store-failure.ts';
import { drawVersionId, noSuchVersion } from './version-ids.ts';

export interface CopyObject {
  readonly source: {
    readonly bucket: Bucket;
    readonly key: string;
    /** `undefined`: the current version. */
    readonly versionId?: string | undefined;
  };
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
  /** Members that replace those of the source. */
  readonly extras?: ObjectExtras;
  readonly protectedSince?: Instant | undefined;
  /** Throws unless the caller may read this source and its conditions hold. */
  readonly admit: (source: StoredObject | undefined) => void;
}

/** How often a copy begins again when its source is replaced and swept under its hands. */
const attemptsMax = 3;

export async function copyObject(
  shelves: Shelves,
  world: World,
  input: CopyObject,
): Promise<Stored> {
  checkObjectKey(input.key);
  checkObjectFacts(input.facts, shelves.limits.metadataBytesMax);
  const { source } = input;
  // Where there are versions, the copy is a new one like any other.
  const isOntoItself =
    source.bucket.id === input.bucket.id &&
    source.key === input.key &&
    input.bucket.versioning === undefined;
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const found = await findSource(shelves, source);
    input.admit(found);
    if (found === undefined) {
      throw source.versionId === undefined
        ? noSuchKey(source.key)
        : noSuchVersion(source.key, source.versionId);
    }
    if (found.type === 'Appendable' && source.bucket.versioning !== undefined) {
      // oss-semantics.md 1.3.
      throw new OssError('OperationNotSupported', { fields: { Detail: 'Appendable' } });
    }
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

/** @throws OssError NoSuchKey when the version is a delete marker (oss-semantics.md 1.3). */
async function findSource(
  { objects }: Shelves,
  { bucket, key, versionId }: CopyObject['source'],
): Promise<StoredObject | undefined> {
  if (versionId === undefined) return await fromStore(objects.findObject(bucket.id, key));
  const version = await fromStore(objects.findVersion(bucket.id, key, versionId));
  if (version === undefined) return undefined;
  if ('marker' in version) throw refine('copyOfMarker', { fields: { Key: key } });
  return version.object;
}

/** `undefined` when the source was swept before its bytes could be copied. */
async function copyContent(
  shelves: Shelves,
  world: World,
  input: CopyObject,
  source: StoredObject,
): Promise<Stored | undefined> {
  const { bucket, key } = input;
  const copied = await fromStore(copyBytes(shelves, world, source));
  if (copied === undefined) return undefined;
  const { isAnnounced } = copied;
  const object: StoredObject = {
    ...source,
    ...(input.isReplacing ? input.facts : {}),
    blobId: copied.blobId,
    content: copied.content,
    versionId: drawVersionId(world.random),
    extras: input.extras ?? {},
    acl: input.acl ?? 'default',
    storageClass: input.storageClass ?? bucket.storageClass,
    modifiedAt: world.clock.now(),
  };
  const { isOverwriteForbidden: forbidOverwrite, protectedSince } = input;
  return await pointTo(shelves, {
    bucket,
    key,
    object,
    forbidOverwrite,
    isAnnounced,
    protectedSince,
  });
}

/** The bytes once more, under a name of their own; of parts, one blob. */
async function copyBytes(
  shelves: Shelves,
  world: World,
  source: StoredObject,
): Promise<(Pick<StoredObject, 'blobId' | 'content'> & { isAnnounced: boolean }) | undefined> {
  let isAnnounced = false;
  const announce = (blobId: string) => {
    isAnnounced = true;
    return shelves.objects.announceBlob(blobId, world.clock.now());
  };
  if (source.content === 'none') {
    const blobId = world.random.bytes(16).toString('hex');
    return { blobId, content: 'none', isAnnounced };
  }
  const blobId =
    source.content === 'blob'
      ? await shelves.blobs.copy(source.blobId, announce)
      : await joinParts(shelves, source, announce);
  return blobId === undefined ? undefined : { blobId, content: 'blob', isAnnounced };
}

/** Read and written in pieces of this size, bytes. */
const pieceBytes = 1024 * 1024;

async function joinParts(
  shelves: Shelves,
  source: StoredObject,
  announce: Announce,
): Promise<string | undefined> {
  const reader = await openReader(shelves, source, undefined);
  if (reader === undefined) return undefined;
  try {
    const writer = await shelves.blobs.create(source.size, announce);
    try {
      const buffer = Buffer.allocUnsafeSlow(Math.min(pieceBytes, source.size));
      let copied = 0;
      while (copied < source.size) {
        const count = await reader.read(buffer, copied);
        if (count === 0) {
          await writer.abandon();
          return undefined;
        }
        // A store may still hold what it was given when it asks for more.
        await writer.write(Buffer.from(buffer.subarray(0, count)));
        copied += count;
      }
      return await writer.finish();
    } catch (problem) {
      await writer.abandon().catch(() => {});
      throw problem;
    }
  } finally {
    await reader.close();
  }
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
): Promise<Stored | undefined> {
  const answer = await fromStore(
    shelves.objects.changeObject({
      bucketId: input.bucket.id,
      key: input.key,
      blobId: source.blobId,
      protectedSince: input.protectedSince,
      change: {
        ...input.facts,
        ...(input.acl === undefined ? {} : { acl: input.acl }),
        ...(input.storageClass === undefined ? {} : { storageClass: input.storageClass }),
        ...(input.extras === undefined ? {} : { extras: input.extras }),
        modifiedAt: world.clock.now(),
      },
    }),
  );
  if (answer.outcome === 'immutable') throw new OssError('FileImmutable');
  return answer.outcome === 'done' ? { object: answer.object, versionId: undefined } : undefined;
}
