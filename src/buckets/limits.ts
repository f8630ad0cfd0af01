/** Bounds of this room. Each is the service's own unless it says otherwise. */
export interface BucketLimits {
  /** Buckets an account may have; OSS: 100 in a region (oss-protocol.md 3, TooManyBuckets). */
  readonly bucketsMax: number;
}

export interface ObjectLimits {
  /** Largest object of one upload: 5 GiB (oss-object-api.md PutObject). */
  readonly objectBytesMax: number;
  /** Names and values of x-oss-meta-* together: 8 KiB (oss-object-api.md PutObject). */
  readonly metadataBytesMax: number;
  /** Ours: objects up to this size are kept in memory once read (DESIGN 4). */
  readonly hotObjectBytesMax: number;
  /** Ours: bytes of content kept in memory altogether. */
  readonly hotBytesMax: number;
}

export const bucketLimits: BucketLimits = { bucketsMax: 100 };

export const objectLimits: ObjectLimits = {
  objectBytesMax: 5 * 1024 ** 3,
  metadataBytesMax: 8 * 1024,
  hotObjectBytesMax: 256 * 1024,
  hotBytesMax: 64 * 1024 ** 2,
};
