import type { ByteString } from './bytes.ts';

/** One query parameter, decoded once. `?acl` and `?acl=` both have the value ''. */
export interface QueryPair {
  readonly name: string;
  readonly value: string;
}

/** What the signature schemes see of a request. */
export interface SignableRequest {
  readonly method: string;
  /**
   * Always the bucket the request is about, also in path style and through a mapped domain; empty
   * at service level.
   */
  readonly bucket: string;
  /** Decoded; empty for bucket and service level. */
  readonly key: string;
  readonly query: readonly QueryPair[];
  /** Lower-case names; repeated headers already joined. */
  readonly headers: Readonly<Record<string, ByteString>>;
}

const edges = /^[ \t]|[ \t]$/;

/**
 * Removes the white space HTTP allows around a field value (RFC 9110 section 5.6.3). Not `trim()`:
 * that would also eat the byte A0, which ends many UTF-8 characters.
 */
export function trimFieldValue(value: ByteString): ByteString {
  return edges.test(value) ? value.replace(/^[ \t]+|[ \t]+$/g, '') : value;
}
