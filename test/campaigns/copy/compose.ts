/** Objects made of several blobs, and uploads that are not finished: through the ports. */
import { createCipheriv, randomBytes } from 'node:crypto';
import { createCrc64 } from '../../../src/buckets/index.ts';
import type { BlobStore, MetadataEngine, ObjectExtras } from '../../../src/stores/index.ts';

export interface Engines {
  readonly metadata: Pick<MetadataEngine, 'objects' | 'uploads'>;
  readonly blobs: BlobStore;
}

export interface NewUpload {
  readonly bucketId: number;
  readonly key: string;
  readonly pieces: readonly Buffer[];
  /** Of an encrypted content: its key, and the same as it was sealed. */
  readonly secret?: { readonly key: Buffer; readonly sealed: string };
}

/** Of the service's length. */
export const newVersionId = (): string => randomBytes(32).toString('hex');

const newId = (): string => randomBytes(16).toString('hex');

export function crcOf(...pieces: readonly Uint8Array[]): string {
  const crc = createCrc64();
  for (const piece of pieces) crc.update(piece);
  return crc.digest();
}

export async function keepBlob({ blobs }: Engines, bytes: Buffer): Promise<string> {
  const writer = await blobs.create(bytes.length);
  await writer.write(bytes);
  return await writer.finish();
}

const described = {
  acl: 'default',
  storageClass: 'IA',
  headers: { 'content-type': 'text/plain' },
  metadata: {},
} as const;

function extrasOf({ secret }: NewUpload): ObjectExtras {
  if (secret === undefined) return {};
  return { encryption: { algorithm: 'AES256', dataKeySealed: secret.sealed } };
}

/** The bytes as they lie in the store, each piece from a point of its own of the key stream. */
function veiled({ secret }: NewUpload, bytes: Buffer): { bytes: Buffer; iv?: string } {
  if (secret === undefined) return { bytes };
  const iv = randomBytes(16);
  const cipher = createCipheriv('aes-256-ctr', secret.key, iv);
  return { bytes: cipher.update(bytes), iv: iv.toString('hex') };
}

/** Leaves an upload with its parts, numbered from 1; returns its id. */
export async function leaveUpload(engines: Engines, input: NewUpload): Promise<string> {
  const { bucketId, key, pieces } = input;
  const { uploads } = engines.metadata;
  const uploadId = newId();
  const facts = { ...described, extras: extrasOf(input), isSequential: false };
  await uploads.createUpload(bucketId, { uploadId, key, initiatedAt: Date.now(), facts });
  for (const [index, bytes] of pieces.entries()) {
    const { bytes: kept, ...start } = veiled(input, bytes);
    const part = {
      ...start,
      number: index + 1,
      blobId: await keepBlob(engines, kept),
      size: bytes.length,
      etag: 'E'.repeat(32),
      crc64: crcOf(bytes),
      modifiedAt: Date.now(),
    };
    await uploads.putPart({ bucketId, key, uploadId, part, isAnnounced: false });
  }
  return uploadId;
}

/** An object of these pieces; returns the name of its content. */
export async function putComposed(engines: Engines, input: NewUpload): Promise<string> {
  const { bucketId, key, pieces } = input;
  const { uploads } = engines.metadata;
  const uploadId = await leaveUpload(engines, input);
  const parts = await uploads.listParts(uploadId, 0, pieces.length);
  const object = {
    ...described,
    extras: extrasOf(input),
    blobId: newId(),
    content: pieces.length === 0 ? 'none' : 'parts',
    size: pieces.reduce((sum, piece) => sum + piece.length, 0),
    etag: `${'E'.repeat(32)}-${pieces.length}`,
    contentMd5: undefined,
    crc64: crcOf(...pieces),
    type: 'Multipart',
    modifiedAt: Date.now(),
    versionId: newVersionId(),
  } as const;
  const put = { bucketId, key, object, forbidOverwrite: false };
  const { outcome } = await uploads.completeUpload({ ...put, uploadId, parts });
  if (outcome !== 'stored') throw new Error(outcome);
  return object.blobId;
}

/** The object grows by these bytes. */
export async function append(
  engines: Engines,
  place: { readonly bucketId: number; readonly key: string },
  bytes: Buffer,
  whole: Buffer,
): Promise<void> {
  const { objects } = engines.metadata;
  const standing = await objects.findObject(place.bucketId, place.key);
  if (standing === undefined) throw new Error('nothing to append to');
  const outcome = await objects.appendToObject({
    ...place,
    standing,
    contentId: newId(),
    piece: { blobId: await keepBlob(engines, bytes), size: bytes.length },
    grown: { etag: 'F'.repeat(32), crc64: crcOf(whole), modifiedAt: Date.now() },
    isAnnounced: false,
  });
  if (outcome !== 'done') throw new Error(outcome);
}
