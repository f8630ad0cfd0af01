import type { BucketCounters } from './buckets.ts';
import type { StoredCertificate } from './certificates.ts';

/**
 * The tables as a check reads them: page by page in the order of their keys, texts as they stand
 * even if nobody can read them, and beside each row what it hangs on, of the same moment. Names of
 * parents are `undefined` when there is no such parent.
 */
export interface Inspection {
  /** After `after` (0 for the first page), ascending by id. */
  inspectBuckets(after: number, limit: number): Promise<InspectedBucket[]>;
  inspectObjects(
    after: ObjectPlace | undefined,
    limit: number,
    bucketId?: number,
  ): Promise<InspectedObject[]>;
  inspectObject(place: ObjectPlace): Promise<InspectedObject | undefined>;
  /** Older versions and delete markers. */
  inspectVersions(
    after: VersionPlace | undefined,
    limit: number,
    bucketId?: number,
  ): Promise<InspectedVersion[]>;
  inspectVersion(place: VersionPlace): Promise<InspectedVersion | undefined>;
  inspectUploads(after: string, limit: number, bucketId?: number): Promise<InspectedUpload[]>;
  /** Parts of unfinished uploads. */
  inspectUploadParts(
    after: PartPlace | undefined,
    limit: number,
    bucketId?: number,
  ): Promise<InspectedPart[]>;
  inspectUploadPart(place: PartPlace): Promise<InspectedPart | undefined>;
  /** Contents made of parts that no object and no version names, ascending. */
  listStrayContents(after: string, limit: number): Promise<string[]>;
  /** If it still is one, its rows are gone and its blobs garbage. */
  discardStrayContent(contentId: string, now: number): Promise<void>;
  inspectMappings(after: string, limit: number, bucketId?: number): Promise<InspectedMapping[]>;
  inspectDepartures(
    after: BucketPlace | undefined,
    limit: number,
    bucketId?: number,
  ): Promise<InspectedDeparture[]>;
  inspectTokens(
    after: BucketPlace | undefined,
    limit: number,
    bucketId?: number,
  ): Promise<InspectedToken[]>;
  inspectDocuments(
    after: BucketPlace | undefined,
    limit: number,
    bucketId?: number,
  ): Promise<InspectedDocument[]>;
  inspectCredentials(after: string, limit: number): Promise<InspectedCredential[]>;
  inspectAudit(after: number, limit: number): Promise<InspectedAuditRecord[]>;

  /** What waits for the sweeper since before these moments. */
  countOverdue(before: { readonly garbage: number; readonly announced: number }): Promise<{
    readonly garbage: number;
    readonly announced: number;
  }>;

  /**
   * What a bucket's counters say and what its rows add up to. While objects of the bucket change
   * between the two, `isOfOneMoment` is false.
   */
  countBucket(bucketId: number): Promise<BucketCount | undefined>;
  /**
   * The same with every change of the bucket's objects kept out meanwhile; `isCorrected`: the
   * counters say afterwards what the rows add up to.
   */
  recountBucket(bucketId: number, isCorrected: boolean): Promise<BucketCount | undefined>;
}

export interface ObjectPlace {
  readonly bucketId: number;
  readonly key: string;
}

/** Of a row that is named within its bucket: by domain, or by the name of a document. */
export interface BucketPlace {
  readonly bucketId: number;
  readonly name: string;
}

export interface InspectedBucket {
  readonly id: number;
  readonly name: string;
  readonly accountId: string;
  readonly hasAccount: boolean;
}

/** Bytes that a row names. */
export interface InspectedContent {
  readonly blobId: string;
  readonly content: string;
  readonly size: number;
  /** Of the bytes in the clear. */
  readonly crc64: string;
  /** JSON that may hold the key of the content, as it stands; null when there is none. */
  readonly extras: string | null;
}

export interface InspectedObject extends ObjectPlace, InspectedContent {
  readonly bucket: string | undefined;
  /** JSON, as it stands. */
  readonly headers: string;
  readonly metadata: string;
}

export interface VersionPlace extends ObjectPlace {
  readonly sequence: number;
}

export interface InspectedVersion extends VersionPlace, Omit<InspectedObject, 'blobId'> {
  readonly versionId: string;
  readonly isMarker: boolean;
  /** Of a marker undefined. */
  readonly blobId: string | undefined;
  readonly noncurrentAt: number | undefined;
  /** Of the row in `objects` of the same key. */
  readonly currentSequence: number | undefined;
  /** No row of the key has a greater sequence. */
  readonly isNewest: boolean;
}

export interface InspectedUpload extends ObjectPlace {
  readonly uploadId: string;
  readonly bucket: string | undefined;
  /** JSON, as it stands. */
  readonly facts: string;
}

export interface PartPlace {
  readonly uploadId: string;
  readonly number: number;
}

/** `extras` are those of the upload. */
export interface InspectedPart extends PartPlace, InspectedContent {
  readonly iv: string | undefined;
  /** `undefined` when there is no such upload, or it has no bucket. */
  readonly bucketId: number | undefined;
  readonly bucket: string | undefined;
  readonly key: string | undefined;
}

export interface InspectedMapping {
  readonly domain: string;
  readonly bucketId: number;
  readonly accountId: string;
  readonly bucket: string | undefined;
  readonly bucketAccountId: string | undefined;
  readonly certificateNumber: number | undefined;
  /** Whether kind and time of the binding stand beside the number, or none of the three does. */
  readonly isBindingWhole: boolean;
  /** The one bound, if it is there. */
  readonly certificate: Pick<StoredCertificate, 'accountId' | 'chainPem'> | undefined;
}

export interface InspectedDeparture {
  readonly bucketId: number;
  readonly domain: string;
  readonly accountId: string;
  readonly bucket: string | undefined;
  readonly bucketAccountId: string | undefined;
  /** The domain is mapped to this very bucket: it cannot have left it. */
  readonly isMappedHere: boolean;
}

export interface InspectedToken {
  readonly bucketId: number;
  readonly domain: string;
  readonly bucket: string | undefined;
  readonly createdAt: number;
  readonly expiresAt: number;
}

export interface InspectedDocument {
  readonly bucketId: number;
  readonly name: string;
  readonly bucket: string | undefined;
  readonly text: string;
}

export interface InspectedCredential {
  readonly accessKeyId: string;
  readonly accountId: string;
  readonly secretSealed: string;
  readonly hasAccount: boolean;
}

export interface InspectedAuditRecord {
  readonly sequence: number;
  /** JSON, as it stands. */
  readonly detail: string;
}

export interface BucketCount {
  readonly noted: BucketCounters;
  readonly counted: BucketCounters;
  readonly isOfOneMoment: boolean;
}
