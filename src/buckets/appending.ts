/**
 * Appendable objects (oss-semantics.md 1.3, 7.2): begun at position 0, grown by whoever names the
 * length that it has.
 */
import { createHash } from 'node:crypto';
import { OssError } from '../errors/index.ts';
import type { Bucket, ObjectAcl, ObjectExtras, StoredObject } from '../stores/index.ts';
import type { Instant, World } from '../world/index.ts';
import {
  type ExpectedContent,
  type IncomingContent,
  type KeptContent,
  keepContent,
} from './content.ts';
import { type BlobCipher, encrypt } from './content-keys.ts';
import { combineCrc64 } from './crc64-combine.ts';
import { checkObjectFacts, type ObjectFacts } from './metadata.ts';
import { checkObjectKey } from './naming.ts';
import { pointTo, refusalOf, type Stored } from './pointing.ts';
import type { Shelves } from './reading.ts';
import { fromStore } from './store-failure.ts';
import { drawVersionId } from './version-ids.ts';

export interface AppendObject {
  readonly bucket: Bucket;
  readonly key: string;
  /** The length that the caller takes the object to have. */
  readonly position: number;
  readonly content: IncomingContent;
  /** Of these bytes alone. */
  readonly expected: ExpectedContent;
  /** These, and what follows, count at the beginning only. */
  readonly facts: ObjectFacts;
  readonly acl: ObjectAcl;
  /** `undefined`: the bucket's. */
  readonly storageClass: string | undefined;
  readonly extras: ObjectExtras;
  /** As `NewObject.protectedSince`. */
  readonly protectedSince?: Instant | undefined;
}

export async function appendObject(
  shelves: Shelves,
  world: World,
  input: AppendObject,
): Promise<Stored> {
  const { bucket, key, position } = input;
  checkObjectKey(key);
  checkObjectFacts(input.facts, shelves.limits.metadataBytesMax);
  // To spare the client the upload; the store decides again when the bytes are there.
  const standing = await fromStore(shelves.objects.findObject(bucket.id, key));
  checkAppendable(standing, position);
  if (standing !== undefined && standing.modifiedAt >= (input.protectedSince ?? Infinity)) {
    throw new OssError('FileImmutable');
  }
  const bytesMax = shelves.limits.objectBytesMax - position;
  const announce = (blobId: string) =>
    fromStore(shelves.objects.announceBlob(blobId, world.clock.now()));
  const { content, expected } = input;
  const { extras, cipher } = encryptionOf(shelves, input, standing);
  const kept = await keepContent(shelves.blobs, content, expected, bytesMax, announce, cipher);
  return standing === undefined
    ? await begin(shelves, world, { ...input, extras }, kept)
    : await grow(shelves, world, input, standing, { ...kept, iv: cipher?.iv });
}

/** A new object has a key of its own; another piece of one has its own place in the key stream. */
function encryptionOf(
  { keys }: Shelves,
  { bucket, extras }: AppendObject,
  standing: StoredObject | undefined,
): { extras: ObjectExtras; cipher: BlobCipher | undefined } {
  if (standing === undefined) return encrypt(keys, bucket, extras);
  const sealed = standing.extras.encryption?.dataKeySealed;
  if (sealed === undefined) return { extras: standing.extras, cipher: undefined };
  const { key } = keys.open(bucket.id, sealed);
  return { extras: standing.extras, cipher: { key, iv: keys.drawIv() } };
}

/** @throws OssError ObjectNotAppendable, PositionNotEqualToLength. */
function checkAppendable(standing: StoredObject | undefined, position: number): void {
  if (standing !== undefined && standing.type !== 'Appendable') {
    throw new OssError('ObjectNotAppendable');
  }
  const length = standing?.size ?? 0;
  if (position !== length) throw positionIs(length);
}

function positionIs(length: number): OssError {
  return new OssError('PositionNotEqualToLength', {
    headers: { 'x-oss-next-append-position': String(length) },
  });
}

async function begin(
  shelves: Shelves,
  world: World,
  input: AppendObject,
  kept: KeptContent,
): Promise<Stored> {
  const { bucket, key } = input;
  const object: StoredObject = {
    blobId: kept.blobId,
    content: 'blob',
    size: kept.size,
    etag: nextEtag('', kept),
    contentMd5: undefined,
    crc64: kept.crc64,
    type: 'Appendable',
    acl: input.acl,
    storageClass: input.storageClass ?? bucket.storageClass,
    modifiedAt: world.clock.now(),
    ...input.facts,
    versionId: drawVersionId(world.random),
    extras: input.extras,
  };
  try {
    return await pointTo(shelves, {
      bucket,
      key,
      object,
      forbidOverwrite: false,
      onlyIfNone: true,
      isAnnounced: kept.isAnnounced,
      protectedSince: input.protectedSince,
    });
  } catch (problem) {
    if (!(problem instanceof OssError) || problem.code !== 'FileAlreadyExists') throw problem;
    throw await refuseRival(shelves, input);
  }
}

/** Of no bytes nothing changes. */
async function grow(
  shelves: Shelves,
  world: World,
  input: AppendObject,
  standing: StoredObject,
  kept: KeptContent & { readonly iv: string | undefined },
): Promise<Stored> {
  const { bucket, key } = input;
  const { blobId, size, isAnnounced, iv } = kept;
  const versionId = bucket.versioning === undefined ? undefined : standing.versionId;
  // What stays behind when a removal fails is nobody's: a sweep takes it.
  const discard = () => shelves.blobs.remove([blobId]).catch(() => {});
  if (size === 0) {
    await discard();
    return { object: standing, versionId };
  }
  const grown = {
    etag: nextEtag(standing.etag, kept),
    crc64: combineCrc64([standing, kept]),
    modifiedAt: world.clock.now(),
  };
  const outcome = await fromStore(
    shelves.objects.appendToObject({
      bucketId: bucket.id,
      key,
      standing,
      contentId: world.random.bytes(16).toString('hex'),
      piece: iv === undefined ? { blobId, size } : { blobId, size, iv },
      grown,
      isAnnounced,
      protectedSince: input.protectedSince,
    }),
  );
  if (outcome === 'done') {
    return { object: { ...standing, ...grown, size: standing.size + size }, versionId };
  }
  await discard();
  throw outcome === 'changed' ? await refuseRival(shelves, input) : refusalOf(outcome, bucket);
}

/** Another was faster: what stands now tells the caller where to go on. */
async function refuseRival(
  { objects }: Shelves,
  { bucket, key, position }: AppendObject,
): Promise<OssError> {
  const standing = await fromStore(objects.findObject(bucket.id, key));
  checkAppendable(standing, position);
  return positionIs(standing?.size ?? 0);
}

/** Opaque, another after each append, and told from an MD5 by its end (oss-semantics.md 7.2). */
function nextEtag(before: string, { md5 }: KeptContent): string {
  const digest = createHash('md5').update(before).update(md5).digest('hex');
  return `${digest.slice(0, 24).toUpperCase()}00000000`;
}
