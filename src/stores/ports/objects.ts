import type { Instant } from '../../world/index.ts';
import type { Fence } from './leases.ts';

export type ObjectAcl = 'default' | 'private' | 'public-read' | 'public-read-write';

export type ObjectType = 'Normal' | 'Multipart' | 'Appendable' | 'Symlink';

/** The id of versions written while the bucket had none, or had them suspended. */
export const nullVersion = 'null';

/**
 * What a key points to, or one of its versions. The bytes are immutable: another content is another
 * blob. (An appendable object grows by blobs, and none of them changes.)
 */
export interface StoredObject {
  /**
   * Names the content; server-made. Of `blob` it is the name of the bytes in the blob store. Of
   * `parts` several blobs make the bytes (`listContentParts`). `none` has no bytes: symbolic links,
   * and what was composed of nothing.
   */
  readonly blobId: string;
  readonly content: 'blob' | 'parts' | 'none';
  readonly size: number;
  /** Without quotes, upper case. */
  readonly etag: string;
  /** Base64 of the 16 bytes; undefined where the API shows none. */
  readonly contentMd5: string | undefined;
  /** Unsigned decimal. */
  readonly crc64: string;
  readonly type: ObjectType;
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
  /** `nullVersion`, or what the writer drew for it. */
  readonly versionId: string;
  readonly extras: ObjectExtras;
}

/** What few objects have; plain JSON. */
export interface ObjectExtras {
  /** In the order given; keys are unique. */
  readonly tags?: readonly (readonly [key: string, value: string])[];
  /** Of a symbolic link: the key it leads to, in the same bucket. */
  readonly linkTarget?: string;
  readonly encryption?: ObjectEncryption;
  /** Header names as given, with their values as strings of bytes. */
  readonly persistentHeaders?: readonly (readonly [name: string, value: string])[];
  /** Of an archived object: readable from `readyAt` on, until `expiresAt`. */
  readonly restore?: { readonly readyAt: Instant; readonly expiresAt: Instant };
  /** When the storage class last changed without the object. */
  readonly transitionedAt?: Instant;
  /** Of an appendable object: nothing is appended any more. */
  readonly sealedAt?: Instant;
}

export interface ObjectEncryption {
  /** As the API shows it: AES256, KMS, SM4. */
  readonly algorithm: string;
  readonly keyId?: string;
  readonly dataAlgorithm?: string;
  /** The key of the content, sealed by the master key; without it the bytes lie as they came. */
  readonly dataKeySealed?: string;
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

/** A version as listings show it. The newest of a key comes first. */
export type ListedVersion =
  | {
      readonly key: string;
      readonly isLatest: boolean;
      readonly object: StoredObject;
    }
  | {
      readonly key: string;
      readonly isLatest: boolean;
      readonly marker: DeleteMarker;
    };

export interface DeleteMarker {
  readonly versionId: string;
  readonly modifiedAt: Instant;
}

export interface VersionListing {
  readonly entries: readonly (ListedVersion | { readonly commonPrefix: string })[];
  readonly isTruncated: boolean;
}

/** A version that is not the newest of its key, for rules about the age of those. */
export type NoncurrentVersion = ListedVersion & {
  /** When a newer one came. */
  readonly noncurrentAt: Instant;
  /** Its place among the versions of the key; greater ones are newer. */
  readonly sequence: number;
};

export interface NoncurrentListing {
  readonly versions: readonly NoncurrentVersion[];
  /** Where the next page begins; `undefined` after the last. */
  readonly next: Pick<NoncurrentVersion, 'key' | 'sequence'> | undefined;
}

/**
 * A version as it was when somebody decided about it: a rule that read it a moment ago must not hit
 * what came meanwhile, under whatever id.
 */
export interface StandingVersion {
  /** `undefined` of a delete marker. */
  readonly blobId: string | undefined;
  readonly modifiedAt: Instant;
  /** `undefined`: it was the newest. */
  readonly noncurrentAt?: Instant | undefined;
  /** With its tags and all; left out: they do not matter. */
  readonly extras?: ObjectExtras | undefined;
}

export interface Deletion {
  readonly key: string;
  /** `undefined`: whatever is current, which stays as a version where the bucket keeps those. */
  readonly versionId: string | undefined;
  /** The id of the delete marker, should one be made. */
  readonly markerId: string;
  /** Only while this is what is there; else nothing happens. */
  readonly standing?: StandingVersion | undefined;
}

export interface DeletionResult {
  readonly key: string;
  /** What was there under the key or the version and is gone for good. */
  readonly removed: 'object' | 'marker' | undefined;
  /** The delete marker that now stands on top. */
  readonly markerId: string | undefined;
  /** Nothing happened: the object may not go yet (`protectedSince`). */
  readonly isProtected: boolean;
}

/** What may change about an object while its bytes stay; members that are left out stay, too. */
export interface ObjectChange {
  readonly acl?: ObjectAcl;
  readonly storageClass?: string;
  readonly modifiedAt?: Instant;
  readonly headers?: StoredObject['headers'];
  readonly metadata?: StoredObject['metadata'];
  /** `null` takes a member away. */
  readonly extras?: { readonly [Name in keyof ObjectExtras]?: ObjectExtras[Name] | null };
}

/** A piece of a content that is made of several blobs. */
export interface ContentPart {
  /** Bytes before it. */
  readonly start: number;
  readonly size: number;
  readonly blobId: string;
  /** Of encrypted contents: where the key stream of this blob begins, hexadecimal. */
  readonly iv?: string;
}

export type PutOutcome =
  /** `versionId` where the bucket has or had versions. */
  | { outcome: 'stored'; versionId?: string }
  | { outcome: 'exists' }
  | { outcome: 'immutable' }
  | { outcome: 'no-bucket' }
  | { outcome: 'not-announced' };

export interface PutObject {
  readonly bucketId: number;
  readonly key: string;
  /** Its `versionId` counts only in a bucket with versions enabled. */
  readonly object: StoredObject;
  /** Asked for by the caller; without effect where versions are enabled or suspended. */
  readonly forbidOverwrite: boolean;
  /** `exists` whenever the key points to something, versions or not. */
  readonly onlyIfNone?: boolean;
  readonly isAnnounced?: boolean;
  /** What was last changed at or after this moment is neither replaced nor deleted for good. */
  readonly protectedSince?: Instant | undefined;
}

/**
 * Keys are any valid Unicode text of 1 to 1,023 UTF-8 bytes; order is that of the bytes. An engine
 * keeps every key exactly, whatever characters it holds (NUL and control characters too).
 *
 * A key has versions in the order in which they were made. The newest is what the key points to,
 * unless it is a delete marker: then the key points to nothing. In a bucket that never had versions
 * there is one, called `nullVersion`, and no marker; while they are suspended, writers replace that
 * one and leave the others (oss-semantics.md 1.1, 1.2).
 */
export interface ObjectIndex {
  /**
   * Makes the key point to `object`; the content it replaces becomes garbage in the same step,
   * dated `object.modifiedAt` (the moment of this call), or stays as a version. `exists`:
   * `forbidOverwrite` or `onlyIfNone` was asked and there is one. `immutable`: the replaced one is
   * protected. `no-bucket`: the bucket went. With `isAnnounced` the announcement of the blob is
   * spent in the same step; `not-announced`: it had expired, and the bytes may be gone.
   */
  putObject(input: PutObject): Promise<PutOutcome>;
  findObject(bucketId: number, key: string): Promise<StoredObject | undefined>;
  /** A version by its id, the current one or not. */
  findVersion(bucketId: number, key: string, versionId: string): Promise<ListedVersion | undefined>;
  /** The delete marker because of which the key points to nothing. */
  findMarker(bucketId: number, key: string): Promise<DeleteMarker | undefined>;
  /**
   * Each deletion in turn, all in one step; missing keys and versions are no error. When the newest
   * version goes, the next older one is what the key points to. Contents become garbage.
   */
  deleteObjects(input: {
    bucketId: number;
    deletions: readonly Deletion[];
    now: Instant;
    protectedSince?: Instant | undefined;
  }): Promise<DeletionResult[]>;
  /**
   * Changes an object but for its bytes: the current one, or the version named; with `blobId` only
   * while it is that content, with `extras` only while it has these, with `standing` only while it
   * is as it was. `marker`: the version is a delete marker. `immutable`: with `protectedSince`, as
   * above.
   */
  changeObject(input: {
    bucketId: number;
    key: string;
    versionId?: string | undefined;
    blobId?: string | undefined;
    extras?: ObjectExtras | undefined;
    standing?: StandingVersion | undefined;
    change: ObjectChange;
    protectedSince?: Instant | undefined;
  }): Promise<
    | { outcome: 'done'; object: StoredObject }
    | { outcome: 'none' }
    | { outcome: 'changed' }
    | { outcome: 'marker' }
    | { outcome: 'immutable' }
  >;
  /**
   * The current object grows by one blob, if it still is the content `standing.blobId` with
   * `standing.size` bytes. Where that is no content of parts yet, it becomes one, under the name
   * `contentId`. `immutable`: with `protectedSince`, as above; nothing is spent.
   */
  appendToObject(input: {
    bucketId: number;
    key: string;
    standing: Pick<StoredObject, 'blobId' | 'size'>;
    contentId: string;
    piece: Omit<ContentPart, 'start'>;
    grown: Pick<StoredObject, 'etag' | 'crc64' | 'modifiedAt'>;
    isAnnounced: boolean;
    protectedSince?: Instant | undefined;
  }): Promise<'done' | 'changed' | 'immutable' | 'not-announced'>;
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
   * The same of all versions and delete markers, by key, and the newest first. It begins behind
   * every version of `after`, or, with `afterVersion`, behind that one; if there is no such
   * version, behind all of the key.
   */
  listVersions(input: {
    bucketId: number;
    prefix: string;
    delimiter: string;
    after: string;
    afterVersion: string | undefined;
    limit: number;
  }): Promise<VersionListing>;
  /**
   * Versions that are not the newest, by key, the newest first; behind the place given. Looks at
   * `limit` rows and no more, so that a page may hold fewer, or none, and not be the last.
   */
  listNoncurrent(input: {
    bucketId: number;
    prefix: string;
    after: Pick<NoncurrentVersion, 'key' | 'sequence'> | undefined;
    limit: number;
  }): Promise<NoncurrentListing>;

  /** From the part that holds the byte `from` on, at most `limit`; none behind the end. */
  listContentParts(contentId: string, from: number, limit: number): Promise<ContentPart[]>;

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

  /** Blobs nothing points to since before `before`, at most `limit`; they stay listed. */
  listGarbage(before: Instant, limit: number): Promise<string[]>;
  /** The blobs are gone from the blob store. */
  forgetGarbage(blobIds: readonly string[]): Promise<void>;
  /**
   * Which of these blobs belong to an object, a version or an unfinished upload, or are announced
   * or listed as garbage.
   */
  knownBlobs(blobIds: readonly string[]): Promise<Set<string>>;
  /**
   * Pages through every blob of objects, versions and unfinished uploads: ids greater than `after`,
   * ascending.
   */
  listBlobs(after: string, limit: number): Promise<string[]>;
}
