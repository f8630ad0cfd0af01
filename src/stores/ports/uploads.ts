import type { Instant } from '../../world/index.ts';
import type { PutObject, PutOutcome, StoredObject } from './objects.ts';

/** An object that is sent in parts, before it is one. */
export interface Upload {
  readonly uploadId: string;
  readonly key: string;
  readonly initiatedAt: Instant;
  /** What the object will be, as it was said at the beginning. */
  readonly facts: Pick<StoredObject, 'acl' | 'storageClass' | 'headers' | 'metadata' | 'extras'> & {
    /** Parts must come one after the other; then the object has an MD5. */
    readonly isSequential: boolean;
  };
}

export interface UploadPart {
  /** 1 to 10,000. */
  readonly number: number;
  readonly blobId: string;
  readonly size: number;
  /** MD5 of the part, upper case. */
  readonly etag: string;
  readonly crc64: string;
  readonly modifiedAt: Instant;
  /** As of `ContentPart`. */
  readonly iv?: string;
}

export interface UploadListing {
  readonly entries: readonly (Upload | { readonly commonPrefix: string })[];
  readonly isTruncated: boolean;
}

/** Unfinished uploads. Several of one key may stand beside each other; none is an object yet. */
export interface UploadStore {
  createUpload(bucketId: number, upload: Upload): Promise<'created' | 'no-bucket'>;
  findUpload(bucketId: number, key: string, uploadId: string): Promise<Upload | undefined>;
  /** The part stands in place of one with its number, whose blob becomes garbage. */
  putPart(input: {
    bucketId: number;
    key: string;
    uploadId: string;
    part: UploadPart;
    isAnnounced: boolean;
  }): Promise<'stored' | 'no-upload' | 'not-announced'>;
  /** Numbers greater than `after`, ascending. */
  listParts(uploadId: string, after: number, limit: number): Promise<UploadPart[]>;
  /**
   * The object stands, made of these parts in this order, which the engine compares with what is
   * there: `changed` when a part has gone or been replaced since they were read. The upload and its
   * other parts are gone. `input.object.blobId` names the new content, `content` is `parts` unless
   * there are none.
   */
  completeUpload(
    input: Omit<PutObject, 'isAnnounced'> & {
      uploadId: string;
      parts: readonly Pick<UploadPart, 'number' | 'blobId'>[];
    },
  ): Promise<PutOutcome | { outcome: 'no-upload' } | { outcome: 'changed' }>;
  /** The sealed key of the content to be, in place of `expected`; `none` when that is not it. */
  resealUpload(input: {
    bucketId: number;
    key: string;
    uploadId: string;
    expected: string;
    next: string;
  }): Promise<'done' | 'none'>;
  /** The parts become garbage. */
  abortUpload(input: {
    bucketId: number;
    key: string;
    uploadId: string;
    now: Instant;
  }): Promise<'done' | 'none'>;
  /**
   * By key, and by id within a key, behind every upload of `after`, or, with `afterUpload`, behind
   * that one; folded as in `ObjectIndex.listObjects`.
   */
  listUploads(input: {
    bucketId: number;
    prefix: string;
    delimiter: string;
    after: string;
    afterUpload: string | undefined;
    limit: number;
  }): Promise<UploadListing>;
}
