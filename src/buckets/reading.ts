/** Opens what a key points to, while writers may replace it and the sweep remove what they left. */
import { OssError } from '../errors/index.ts';
import type {
  BlobReader,
  BlobSpan,
  BlobStore,
  Bucket,
  ObjectIndex,
  StoredObject,
} from '../stores/index.ts';
import { openComposed } from './composed-content.ts';
import { type ContentKeys, openDecrypted } from './content-keys.ts';
import type { HotContent } from './hot-content.ts';
import type { ObjectLimits } from './limits.ts';
import { fromStore } from './store-failure.ts';

export type ObjectContent =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  /** To be closed by whoever takes it. */
  | { readonly kind: 'reader'; readonly reader: BlobReader };

export interface OpenObject {
  /** The row the content belongs to; a newer one than asked for when that had been swept. */
  readonly object: StoredObject;
  readonly content: ObjectContent;
}

export interface Shelves {
  readonly objects: ObjectIndex;
  readonly blobs: BlobStore;
  readonly hot: HotContent;
  readonly limits: ObjectLimits;
  readonly keys: ContentKeys;
}

/**
 * The content of `object`, found under `key` a moment ago. If it has been replaced and swept
 * meanwhile, the row is looked up again, once, in the store itself: while that cannot be reached,
 * bytes that are missing are a refusal. `span`: the part that will be read, if not all.
 * @throws OssError NoSuchKey, and InternalError when the row stands but its bytes are gone or of
 * another size: damage is never served (security.md 8.5, 8.6).
 */
export async function openObject(
  shelves: Shelves,
  bucket: Bucket,
  key: string,
  object: StoredObject,
  span?: BlobSpan,
): Promise<OpenObject> {
  const content = await openContent(shelves, bucket.id, object, span);
  if (content !== undefined) return { object, content };
  const current = await findAgain(shelves, bucket, key, object);
  if (current === undefined) throw noSuchKey(key);
  const currentContent = await openContent(shelves, bucket.id, current, undefined);
  if (currentContent !== undefined) return { object: current, content: currentContent };
  throw damaged(current, 'is gone');
}

/** A key's newest, or, where there are versions, the one that was asked for. */
async function findAgain(
  { objects }: Shelves,
  bucket: Bucket,
  key: string,
  { versionId }: StoredObject,
): Promise<StoredObject | undefined> {
  if (bucket.versioning === undefined) return await fromStore(objects.findObject(bucket.id, key));
  const found = await fromStore(objects.findVersion(bucket.id, key, versionId));
  return found !== undefined && 'object' in found ? found.object : undefined;
}

export function noSuchKey(key: string, headers: Record<string, string> = {}): OssError {
  return new OssError('NoSuchKey', { fields: { Key: key }, headers });
}

async function openContent(
  shelves: Shelves,
  bucketId: number,
  object: StoredObject,
  span: BlobSpan | undefined,
): Promise<ObjectContent | undefined> {
  if (object.content === 'none') return { kind: 'bytes', bytes: Buffer.alloc(0) };
  const isSmall = object.size <= shelves.limits.hotObjectBytesMax;
  const name = hotName(object);
  const hot = isSmall ? shelves.hot.find(name) : undefined;
  if (hot !== undefined) return { kind: 'bytes', bytes: hot };
  const reader = await fromStore(openReader(shelves, bucketId, object, isSmall ? undefined : span));
  if (reader === undefined) return undefined;
  if (reader.size !== object.size) {
    await reader.close();
    throw damaged(object, `has ${reader.size} bytes instead of ${object.size}`);
  }
  if (!isSmall) return { kind: 'reader', reader };
  const bytes = await readWhole(reader, object);
  shelves.hot.keep(name, bytes);
  return { kind: 'bytes', bytes };
}

/** A content of parts may have grown under its name; what it was is told by its size. */
function hotName({ blobId, content, size }: StoredObject): string {
  return content === 'parts' ? `${blobId}/${size}` : blobId;
}

/**
 * The bytes of a content, of one blob or of many, in the clear; `span`: the part that will be read.
 */
export async function openReader(
  shelves: Pick<Shelves, 'objects' | 'blobs' | 'keys'>,
  bucketId: number,
  object: Pick<StoredObject, 'blobId' | 'content' | 'size' | 'extras'>,
  span: BlobSpan | undefined,
): Promise<BlobReader | undefined> {
  const { objects, blobs, keys } = shelves;
  const sealed = object.extras.encryption?.dataKeySealed;
  const key = sealed === undefined ? undefined : keys.open(bucketId, sealed).key;
  if (object.content === 'parts') {
    const { start, length } = span ?? { start: 0, length: object.size };
    return await openComposed({ objects, blobs, key }, object, start, start + length);
  }
  return key === undefined
    ? await blobs.open(object.blobId, span)
    : await openDecrypted(blobs, object.blobId, { key, iv: undefined }, span);
}

/**
 * All bytes of a content, for whoever has made sure that they are few; closes the reader.
 * @throws OssError InternalError when it is cut off.
 */
export async function readWhole(reader: BlobReader, object: StoredObject): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(object.size);
  try {
    let filled = 0;
    while (filled < bytes.length) {
      const count = await fromStore(reader.read(bytes.subarray(filled), filled));
      if (count === 0) throw damaged(object, `ends after ${filled} of ${object.size} bytes`);
      filled += count;
    }
  } finally {
    await reader.close();
  }
  return bytes;
}

function damaged(object: StoredObject, what: string): OssError {
  return new OssError('InternalError', { cause: new Error(`blob ${object.blobId} ${what}`) });
}
