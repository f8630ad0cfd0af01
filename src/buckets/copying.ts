/**
 * Copies of objects on the server, and the change of an object's facts by copying it onto itself.
 */
import { OssError, refine } from '../errors/index.ts';
import type { Announce, Bucket, ObjectAcl, ObjectExtras, StoredObject } from '../stores/index.ts';
import type { Instant, World } from '../world/index.ts';
import { type BlobCipher, encrypt, encryptingWriter } from './content-keys.ts';
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
  /** The request's tags replace the source's, which come along otherwise. */
  readonly isReplacingTags: boolean;
  /** `undefined`: `default` for a copy, unchanged for an object copied onto itself. */
  readonly acl: ObjectAcl | undefined;
  /** `undefined`: the bucket's for a copy, unchanged for an object copied onto itself. */
  readonly storageClass: string | undefined;
  readonly isOverwriteForbidden: boolean;
  /** The request's own. */
  readonly extras: ObjectExtras;
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
    if (found === undefined) throw noSuchSource(source);
    if (found.type === 'Appendable' && source.bucket.versioning !== undefined) {
      // oss-semantics.md 1.3.
      throw new OssError('OperationNotSupported', { fields: { Detail: 'Appendable' } });
    }
    if (isOntoItself && input.isOverwriteForbidden) throw new OssError('FileAlreadyExists');
    const isInPlace = isOntoItself && isLeftInTheClear(input, found);
    const copy = isInPlace
      ? await replaceFacts(shelves, world, input, found)
      : await copyContent(shelves, world, isOntoItself ? ontoItself(input, found) : input, found);
    if (copy !== undefined) return copy;
  }
  throw new OssError('ServiceUnavailable', {
    message: 'The source object kept changing while it was copied. Please retry.',
  });
}

/** Else the bytes change with the encryption, whatever key they lie under. */
function isLeftInTheClear(input: CopyObject, source: StoredObject): boolean {
  if (source.content === 'none') return true;
  return (input.extras.encryption ?? source.extras.encryption) === undefined;
}

/** A copy onto itself keeps what the request does not say, and takes the request's metadata. */
function ontoItself(input: CopyObject, source: StoredObject): CopyObject {
  const { acl = source.acl, storageClass = source.storageClass } = input;
  return { ...input, acl, storageClass, isReplacing: true };
}

export function noSuchSource({ key, versionId }: CopyObject['source']): OssError {
  return versionId === undefined ? noSuchKey(key) : noSuchVersion(key, versionId);
}

/** @throws OssError NoSuchKey when the version is a delete marker (oss-semantics.md 1.3). */
export async function findSource(
  { objects }: Pick<Shelves, 'objects'>,
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
  const copied = await fromStore(copyBytes(shelves, world, input, source));
  if (copied === undefined) return undefined;
  const { isAnnounced } = copied;
  const object: StoredObject = {
    ...source,
    ...(input.isReplacing ? input.facts : {}),
    blobId: copied.blobId,
    content: copied.content,
    versionId: drawVersionId(world.random),
    extras: copied.extras,
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

/** Tags and headers each by their directive; how it is encrypted or restored is not copied. */
function extrasOfCopy(
  { extras, isReplacing, isReplacingTags }: CopyObject,
  { extras: source }: StoredObject,
): ObjectExtras {
  const { tags } = isReplacingTags ? extras : source;
  const { persistentHeaders } = isReplacing ? extras : source;
  const { encryption } = extras;
  const { linkTarget } = source;
  return {
    ...(tags === undefined ? {} : { tags }),
    ...(persistentHeaders === undefined ? {} : { persistentHeaders }),
    ...(linkTarget === undefined ? {} : { linkTarget }),
    // A link has no bytes.
    ...(encryption === undefined || linkTarget !== undefined ? {} : { encryption }),
  };
}

type CopiedBytes = Pick<StoredObject, 'blobId' | 'content' | 'extras'> & { isAnnounced: boolean };

/** The bytes once more, under a name of their own and encrypted as the copy shall be. */
async function copyBytes(
  shelves: Shelves,
  world: World,
  input: CopyObject,
  source: StoredObject,
): Promise<CopiedBytes | undefined> {
  let isAnnounced = false;
  const announce = (blobId: string) => {
    isAnnounced = true;
    return shelves.objects.announceBlob(blobId, world.clock.now());
  };
  const { extras, cipher } = encrypt(shelves.keys, input.bucket, extrasOfCopy(input, source));
  if (source.content === 'none') {
    const blobId = world.random.bytes(16).toString('hex');
    return { blobId, content: 'none', extras, isAnnounced };
  }
  const isPlain = cipher === undefined && source.extras.encryption?.dataKeySealed === undefined;
  const blobId =
    source.content === 'blob' && isPlain
      ? await shelves.blobs.copy(source.blobId, announce)
      : await rewrite(shelves, input.source.bucket.id, source, announce, cipher);
  return blobId === undefined ? undefined : { blobId, content: 'blob', extras, isAnnounced };
}

/** Read and written in pieces of this size, bytes. */
const pieceBytes = 1024 * 1024;

/** One blob of what the source is in the clear. */
async function rewrite(
  shelves: Shelves,
  bucketId: number,
  source: StoredObject,
  announce: Announce,
  cipher: BlobCipher | undefined,
): Promise<string | undefined> {
  const reader = await openReader(shelves, bucketId, source, undefined);
  if (reader === undefined) return undefined;
  try {
    const plain = await shelves.blobs.create(source.size, announce);
    const writer = cipher === undefined ? plain : encryptingWriter(plain, cipher);
    try {
      for (let copied = 0; copied < source.size; ) {
        // A store may still hold a piece when it asks for the next: each has a buffer of its own.
        const piece = Buffer.allocUnsafeSlow(Math.min(pieceBytes, source.size - copied));
        const count = await reader.read(piece, copied);
        if (count === 0) {
          await writer.abandon();
          return undefined;
        }
        await writer.write(piece.subarray(0, count));
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
  const isMoved = (input.storageClass ?? source.storageClass) !== source.storageClass;
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
        extras: {
          persistentHeaders: input.extras.persistentHeaders ?? null,
          ...(input.isReplacingTags ? { tags: input.extras.tags ?? null } : {}),
          ...(isMoved ? { restore: null } : {}),
        },
        modifiedAt: world.clock.now(),
      },
    }),
  );
  if (answer.outcome === 'immutable') throw new OssError('FileImmutable');
  return answer.outcome === 'done' ? { object: answer.object, versionId: undefined } : undefined;
}
