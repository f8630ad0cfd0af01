/** Where the objects are kept: one bucket of a store that speaks the S3 API. */
export interface S3Location {
  readonly bucket: string;
  /** `undefined`: the address that AWS gives the region. */
  readonly endpoint: string | undefined;
  readonly region: string;
  /** In front of every name; empty, or ending with a slash. */
  readonly prefix: string;
  /** `endpoint/bucket/key` instead of `bucket.endpoint/key`. */
  readonly isPathStyle: boolean;
}

/** 128 random bits. No name here comes from a client (security.md 7.5). */
const blobIdForm = /^[0-9a-f]{32}$/;

/** `undefined` for whatever is not an id of ours. */
export function blobIdOf(location: S3Location, key: string | undefined): string | undefined {
  if (key === undefined || !key.startsWith(location.prefix)) return undefined;
  const blobId = key.slice(location.prefix.length);
  return isBlobId(blobId) ? blobId : undefined;
}

export function isBlobId(text: string): boolean {
  return blobIdForm.test(text);
}

export function keyOf(location: S3Location, blobId: string): string {
  return location.prefix + blobId;
}
