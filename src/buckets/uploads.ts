/**
 * Objects that are sent in parts (oss-semantics.md 7.1): begun, sent, made one, or given up.
 * Nothing here checks the caller; the API did. A part that was answered stands until another takes
 * its number or the upload ends.
 */
import { createHash } from 'node:crypto';
import { OssError } from '../errors/index.ts';
import {
  type BlobSpan,
  type BlobStore,
  type Bucket,
  nullVersion,
  type ObjectAcl,
  type ObjectExtras,
  type ObjectIndex,
  type StoredObject,
  type Upload,
  type UploadListing,
  type UploadPart,
  type UploadStore,
} from '../stores/index.ts';
import type { Instant, World } from '../world/index.ts';
import { noSuchBucket } from './buckets.ts';
import {
  type ExpectedContent,
  type IncomingContent,
  type KeptContent,
  keepContent,
} from './content.ts';
import { type BlobCipher, type ContentKeys, encrypt, openDecrypted } from './content-keys.ts';
import { type CopyObject, findSource, noSuchSource } from './copying.ts';
import { type ObjectLimits, objectLimits } from './limits.ts';
import { followLink } from './links.ts';
import { checkObjectFacts, type ObjectFacts } from './metadata.ts';
import {
  checkNextPart,
  checkPartSizes,
  checkSequence,
  chooseParts,
  composeParts,
  type NamedPart,
  partNumberMax,
} from './multipart-rules.ts';
import { checkObjectKey } from './naming.ts';
import { contentOfObject } from './part-copying.ts';
import { refusalOf, type Stored } from './pointing.ts';
import { fromStore } from './store-failure.ts';
import { drawVersionId } from './version-ids.ts';

/** Which upload, as requests name it. */
export interface UploadPlace {
  readonly bucket: Bucket;
  readonly key: string;
  readonly uploadId: string;
}

export interface NewUpload {
  readonly bucket: Bucket;
  readonly key: string;
  readonly facts: ObjectFacts;
  readonly acl: ObjectAcl;
  /** `undefined`: the bucket's. */
  readonly storageClass: string | undefined;
  readonly extras: ObjectExtras;
  readonly isSequential: boolean;
  readonly isOverwriteForbidden: boolean;
}

export interface NewPart extends UploadPlace {
  readonly number: number;
  readonly content: IncomingContent;
  readonly expected: ExpectedContent;
}

export interface CopyPart extends UploadPlace {
  readonly number: number;
  readonly source: CopyObject['source'];
  /** Which bytes of so many. */
  readonly choose: (size: number) => BlobSpan;
  /** Throws unless the caller may read this source and its conditions hold. */
  readonly admit: (source: StoredObject | undefined) => void;
  /** The same of a link; resolves to what admits its target. */
  readonly admitLink: (link: StoredObject) => Promise<(target: StoredObject) => void>;
}

export interface CompleteUpload extends UploadPlace {
  /** In order; `all`: whatever stands, by number. */
  readonly parts: readonly NamedPart[] | 'all';
  readonly isOverwriteForbidden: boolean;
  /** As `NewObject.protectedSince`. */
  readonly protectedSince?: Instant | undefined;
}

export interface ListUploads {
  readonly prefix: string;
  readonly delimiter: string;
  readonly after: string;
  /** An upload of `after`. */
  readonly afterUpload: string | undefined;
  readonly limit: number;
}

export interface PartListing {
  readonly upload: Upload;
  readonly parts: readonly UploadPart[];
  readonly isTruncated: boolean;
}

export interface Uploads {
  /** @throws OssError InvalidObjectName, InvalidArgument, FileAlreadyExists, NoSuchBucket. */
  initiate(input: NewUpload): Promise<Upload>;
  /** `undefined` when there is none, or it has ended. */
  findUpload(place: UploadPlace): Promise<Upload | undefined>;
  /** @throws OssError NoSuchUpload, PartNotSequential, PartAlreadyExist, and those of contents. */
  putPart(input: NewPart): Promise<UploadPart>;
  /** The same of bytes that an object has; NoSuchKey names it. */
  copyPart(input: CopyPart): Promise<{ part: UploadPart; source: StoredObject }>;
  /**
   * The object stands, and the upload is no more.
   * @throws OssError NoSuchUpload, InvalidPartOrder, InvalidPart, EntityTooSmall,
   * FileAlreadyExists, FileImmutable.
   */
  complete(input: CompleteUpload): Promise<Stored & { readonly upload: Upload }>;
  /** @throws OssError NoSuchUpload. */
  abort(place: UploadPlace): Promise<void>;
  /** Parts with numbers greater than `after`. @throws OssError NoSuchUpload. */
  listParts(place: UploadPlace, after: number, limit: number): Promise<PartListing>;
  listUploads(bucket: Bucket, input: ListUploads): Promise<UploadListing>;
}

interface UploadShelves {
  readonly uploads: UploadStore;
  readonly objects: ObjectIndex;
  readonly blobs: BlobStore;
  readonly keys: ContentKeys;
  readonly world: World;
  readonly limits: ObjectLimits;
}

export function createUploads(options: {
  uploads: UploadStore;
  objects: ObjectIndex;
  blobs: BlobStore;
  keys: ContentKeys;
  world: World;
  limits?: ObjectLimits;
}): Uploads {
  const { uploads, world } = options;
  const shelves: UploadShelves = { ...options, limits: options.limits ?? objectLimits };
  const find = ({ bucket, key, uploadId }: UploadPlace) =>
    fromStore(uploads.findUpload(bucket.id, key, uploadId));
  return {
    initiate: (input) => initiate(shelves, input),
    findUpload: find,
    putPart: (input) => putPart(shelves, input),
    copyPart: (input) => copyPart(shelves, input),
    complete: (input) => complete(shelves, input),
    async abort({ bucket, key, uploadId }) {
      const now = world.clock.now();
      const input = { bucketId: bucket.id, key, uploadId, now };
      if ((await fromStore(uploads.abortUpload(input))) === 'done') return;
      throw noSuchUpload(uploadId);
    },
    async listParts(place, after, limit) {
      const upload = await find(place);
      if (upload === undefined) throw noSuchUpload(place.uploadId);
      if (limit === 0) return { upload, parts: [], isTruncated: false };
      const found = await fromStore(uploads.listParts(place.uploadId, after, limit + 1));
      return { upload, parts: found.slice(0, limit), isTruncated: found.length > limit };
    },
    async listUploads(bucket, input) {
      if (input.limit === 0) return { entries: [], isTruncated: false };
      return await fromStore(uploads.listUploads({ ...input, bucketId: bucket.id }));
    },
  };
}

export function noSuchUpload(uploadId: string): OssError {
  return new OssError('NoSuchUpload', { fields: { UploadId: uploadId } });
}

/** 32 upper-case hex digits (oss-object-api.md, Multipart). */
const uploadIdBytes = 16;

async function initiate(shelves: UploadShelves, input: NewUpload): Promise<Upload> {
  const { bucket, key, facts, isSequential } = input;
  const { objects, uploads, world, limits } = shelves;
  checkObjectKey(key);
  checkObjectFacts(facts, limits.metadataBytesMax);
  if (input.isOverwriteForbidden && bucket.versioning === undefined) {
    const standing = await fromStore(objects.findObject(bucket.id, key));
    if (standing !== undefined) throw new OssError('FileAlreadyExists');
  }
  const storageClass = input.storageClass ?? bucket.storageClass;
  // The parts are encrypted as they come, under the key of the object to be.
  const { extras } = encrypt(shelves.keys, bucket, input.extras);
  const upload: Upload = {
    uploadId: world.random.bytes(uploadIdBytes).toString('hex').toUpperCase(),
    key,
    initiatedAt: world.clock.now(),
    facts: { ...facts, acl: input.acl, storageClass, extras, isSequential },
  };
  const outcome = await fromStore(uploads.createUpload(bucket.id, upload));
  if (outcome === 'no-bucket') throw noSuchBucket(bucket.name);
  return upload;
}

/** @throws OssError NoSuchUpload, PartNotSequential, PartAlreadyExist. */
async function checkPart(
  { uploads }: UploadShelves,
  { bucket, key, uploadId, number }: UploadPlace & { readonly number: number },
): Promise<Upload> {
  const upload = await fromStore(uploads.findUpload(bucket.id, key, uploadId));
  if (upload === undefined) throw noSuchUpload(uploadId);
  if (upload.facts.isSequential) {
    checkNextPart(await fromStore(uploads.listParts(uploadId, number - 2, 2)), number);
  }
  return upload;
}

async function putPart(shelves: UploadShelves, input: NewPart): Promise<UploadPart> {
  const { bucket, uploadId, number, content, expected } = input;
  const { blobs, uploads, objects, world, limits } = shelves;
  // To spare the client the upload; the store decides again when the part is there.
  const upload = await checkPart(shelves, input);
  const key = keyOf(shelves, bucket, upload);
  const cipher = key === undefined ? undefined : { key, iv: shelves.keys.drawIv() };
  const announce = (blobId: string) => fromStore(objects.announceBlob(blobId, world.clock.now()));
  const kept = await keepContent(blobs, content, expected, limits.objectBytesMax, announce, cipher);
  const part = partOf(number, kept, cipher, world.clock.now());
  const { isAnnounced } = kept;
  const outcome = await fromStore(
    uploads.putPart({ bucketId: bucket.id, key: input.key, uploadId, part, isAnnounced }),
  );
  if (outcome === 'stored') return part;
  // What stays behind if this fails is nobody's: a sweep takes it.
  await blobs.remove([part.blobId]).catch(() => {});
  throw outcome === 'no-upload' ? noSuchUpload(uploadId) : refusalOf(outcome, bucket);
}

async function copyPart(
  shelves: UploadShelves,
  input: CopyPart,
): Promise<{ part: UploadPart; source: StoredObject }> {
  const { bucket, key, uploadId, number } = input;
  const found = await findBytes(shelves, input);
  const content = contentOfObject(shelves, input.source.bucket.id, found, input.choose(found.size));
  const part = await putPart(shelves, {
    bucket,
    key,
    uploadId,
    number,
    content,
    expected: {},
  });
  return { part, source: found };
}

/** What a part copies is bytes: those a link leads to. */
async function findBytes(
  { objects }: UploadShelves,
  { source, admit, admitLink }: CopyPart,
): Promise<StoredObject> {
  const found = await findSource({ objects }, source);
  if (found?.extras.linkTarget === undefined) {
    admit(found);
    if (found === undefined) throw noSuchSource(source);
    return found;
  }
  const admitTarget = await admitLink(found);
  const find = (key: string) => fromStore(objects.findObject(source.bucket.id, key));
  const { object } = await followLink({ key: source.key, object: found }, find);
  admitTarget(object);
  return object;
}

/** What the object to be is encrypted under, if it is. */
function keyOf({ keys }: UploadShelves, bucket: Bucket, { facts }: Upload): Buffer | undefined {
  const sealed = facts.extras.encryption?.dataKeySealed;
  return sealed === undefined ? undefined : keys.open(bucket.id, sealed).key;
}

function partOf(
  number: number,
  { blobId, size, md5, crc64 }: KeptContent,
  cipher: BlobCipher | undefined,
  modifiedAt: Instant,
): UploadPart {
  const etag = md5.toString('hex').toUpperCase();
  const part = { number, blobId, size, etag, crc64, modifiedAt };
  return cipher?.iv === undefined ? part : { ...part, iv: cipher.iv };
}

/** How often the parts are looked at again when others take their places meanwhile. */
const attemptsMax = 3;

async function complete(
  shelves: UploadShelves,
  input: CompleteUpload,
): Promise<Stored & { readonly upload: Upload }> {
  const { bucket, key, uploadId, protectedSince } = input;
  const { uploads, world } = shelves;
  const upload = await fromStore(uploads.findUpload(bucket.id, key, uploadId));
  if (upload === undefined) throw noSuchUpload(uploadId);
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const standing = await fromStore(uploads.listParts(uploadId, 0, partNumberMax));
    const parts = input.parts === 'all' ? standing : chooseParts(standing, input.parts);
    checkPartSizes(parts);
    if (upload.facts.isSequential) checkSequence(parts);
    const md5 = upload.facts.isSequential
      ? await hashParts(shelves, parts, keyOf(shelves, bucket, upload))
      : undefined;
    if (md5 === 'gone') continue;
    const object = objectOf(upload, parts, md5, world);
    const forbidOverwrite = input.isOverwriteForbidden;
    const answer = await fromStore(
      uploads.completeUpload({
        bucketId: bucket.id,
        key,
        uploadId,
        object,
        parts,
        forbidOverwrite,
        protectedSince,
      }),
    );
    switch (answer.outcome) {
      case 'stored': {
        const versionId = answer.versionId ?? nullVersion;
        return { object: { ...object, versionId }, versionId: answer.versionId, upload };
      }
      case 'no-upload':
        throw noSuchUpload(uploadId);
      case 'changed':
        continue;
      default:
        throw refusalOf(answer.outcome, bucket);
    }
  }
  throw new OssError('ServiceUnavailable', {
    message: 'The parts kept changing while the upload was completed. Please retry.',
  });
}

function objectOf(
  { facts }: Upload,
  parts: readonly UploadPart[],
  contentMd5: string | undefined,
  world: World,
): StoredObject {
  const { isSequential: _, ...described } = facts;
  const composed = composeParts(parts);
  return {
    ...described,
    ...composed,
    blobId: world.random.bytes(16).toString('hex'),
    content: composed.size === 0 ? 'none' : 'parts',
    contentMd5,
    type: 'Multipart',
    modifiedAt: world.clock.now(),
    versionId: drawVersionId(world.random),
  };
}

/** Read in pieces of this size, bytes. */
const pieceBytes = 1024 * 1024;

/**
 * The MD5 of the parts one after the other, which only uploads in sequence promise
 * (oss-semantics.md 7.1). It cannot be put together from those of the parts, so they are read.
 */
async function hashParts(
  { blobs }: UploadShelves,
  parts: readonly UploadPart[],
  key: Buffer | undefined,
): Promise<string | 'gone'> {
  const md5 = createHash('md5');
  const buffer = Buffer.allocUnsafeSlow(pieceBytes);
  for (const { blobId, size, iv } of parts) {
    const opening =
      key === undefined ? blobs.open(blobId) : openDecrypted(blobs, blobId, { key, iv }, undefined);
    const reader = await fromStore(opening);
    if (reader === undefined) return 'gone';
    try {
      for (let done = 0; done < size; ) {
        const count = await fromStore(reader.read(buffer, done));
        if (count === 0) return 'gone';
        md5.update(buffer.subarray(0, count));
        done += count;
      }
    } finally {
      await reader.close();
    }
  }
  return md5.digest('base64');
}
