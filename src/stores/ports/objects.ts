import type { Instant } from '../../world/index.ts';
import type { Fence } from './leases.ts';

export type ObjectAcl = 'default' | 'private' | 'public-read' | 'public-read-write';

/** What a key points to. The bytes are immutable: another content is another blob. */
export interface StoredObject {
  /** Name of the bytes in the blob store; server-made. */
  readonly blobId: string;
  readonly size: number;
  /** Without quotes, upper case. */
  readonly etag: string;
  /** Base64 of the 16 bytes; undefined where the API shows none. */
  readonly contentMd5: string | undefined;
  /** Unsigned decimal. */
  readonly crc64: string;
  readonly type: 'Normal';
  readonly acl: ObjectAcl;
  readonly storageClass: string;
  readonly modifiedAt: Instant;
  /**
   * Standard headers to return (lower-case names: content-type, cache-control, ...). Values are
   * strings of bytes (latin1), exactly as received.
   */
  readonly headers: Readonly<Record<string, string>>;
  /** User metadata without the `x-oss-meta-` prefix, lower-case names, latin1 byte strings. */
  readonly metadata: Readonly<Record<string, string>>;
}

export interface ListedObject {
  readonly key: string;
  readonly object: StoredObject;
}

export interface ObjectListing {
  /** Objects and common prefixes in UTF-8 byte order, merged; both count towards the limit. */
  readonly entries: readonly (ListedObject | { readonly commonPrefix: string })[];
  readonly isTruncated: boolean;
}

/**
 * Keys are any valid Unicode text of 1 to 1,023 UTF-8 bytes; order is that of the bytes. An engine
 * keeps every key exactly, whatever characters it holds (NUL and control characters too).
 */
export interface ObjectIndex {
  /**
   * Makes the key point to `object`; the blob it pointed to before becomes garbage in the same
   * step, dated `object.modifiedAt` (the moment of this call). `exists`: `forbidOverwrite` was
   * asked and there is one. `no-bucket`: the bucket went. With `isAnnounced` the announcement of
   * the blob is spent in the same step; `not-announced`: it had expired, and the bytes may be gone.
   */
  putObject(input: {
    bucketId: number;
    key: string;
    object: StoredObject;
    forbidOverwrite: boolean;
    isAnnounced?: boolean;
  }): Promise<
    | { outcome: 'stored' }
    | { outcome: 'exists' }
    | { outcome: 'no-bucket' }
    | { outcome: 'not-announced' }
  >;
  findObject(bucketId: number, key: string): Promise<StoredObject | undefined>;
  /** Missing keys are no error; returns which keys there were. Blobs become garbage. */
  deleteObjects(bucketId: number, keys: readonly string[], now: Instant): Promise<string[]>;
  setObjectAcl(bucketId: number, key: string, acl: ObjectAcl): Promise<'done' | 'none'>;
  /** Replaces everything but the bytes, if the key still points to `blobId` (copy onto itself). */
  setObjectMetadata(input: {
    bucketId: number;
    key: string;
    blobId: string;
    object: StoredObject;
  }): Promise<'done' | 'none' | 'changed'>;
  /**
   * Keys that start with `prefix` and are greater than `after`. Keys with `delimiter` behind the
   * prefix fold into one common prefix; a common prefix not greater than `after` is left out.
   * Cost grows with `limit`, not with the number of keys in the bucket.
   */
  listObjects(input: {
    bucketId: number;
    prefix: string;
    delimiter: string;
    after: string;
    limit: number;
  }): Promise<ObjectListing>;

  /**
   * Bytes will come under this id, before the first of them is sent (security.md 9.1). Until a key
   * points to it or it expires, the blob is known.
   */
  announceBlob(blobId: string, at: Instant): Promise<void>;
  /**
   * Announcements from before `before` expire, at most `limit`: in the same step their blobs become
   * garbage, as old as the announcement (nobody ever could read them), and no key can point to them
   * any more. Returns how many; `fenced`: none, since the fence is not the last one given.
   */
  expireAnnounced(before: Instant, limit: number, fence?: Fence): Promise<number | 'fenced'>;

  /** Blobs no key points to since before `before`, at most `limit`; they stay listed. */
  listGarbage(before: Instant, limit: number): Promise<string[]>;
  /** The blobs are gone from the blob store. */
  forgetGarbage(blobIds: readonly string[]): Promise<void>;
  /** Which of these blobs some key points to, or are announced or listed as garbage. */
  knownBlobs(blobIds: readonly string[]): Promise<Set<string>>;
  /** Pages through every blob some key points to: ids greater than `after`, ascending. */
  listBlobs(after: string, limit: number): Promise<string[]>;
}
