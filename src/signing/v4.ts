import { createSecretKey, type KeyObject } from 'node:crypto';
import {
  type ByteString,
  bytesOfText,
  compareBytes,
  hmacSha256,
  hmacSha256Hex,
  sha256Hex,
} from './bytes.ts';
import { percentEncode, percentEncodePath } from './percent.ts';
import { type QueryPair, type SignableRequest, trimFieldValue } from './request.ts';
import { isSubResource } from './sub-resources.ts';

/** Signature V4: HMAC-SHA256 over the hash of a canonical request (oss-signature.md 4). */

export const algorithmV4 = 'OSS4-HMAC-SHA256';
export const unsignedPayload = 'UNSIGNED-PAYLOAD';
export const requestSuffixV4 = 'aliyun_v4_request';
export const productOss = 'oss';

/**
 * How empty query values are written. `bare`: as the name alone (form A: Go, Python, Java).
 * `mixed`: sub-resources bare, every other one as `name=` (form B: ali-oss; oss-signature.md 4.3).
 * An encoded value never holds `=`, so no form A text equals a form B text of another request.
 */
export type EmptyValues = 'bare' | 'mixed';

export interface CanonicalOptionsV4 {
  /** Lower-case names, in any order. */
  readonly additionalHeaders?: readonly string[];
  readonly emptyValues?: EmptyValues;
  /** Leaves `x-oss-signature` out of the query: the URL form. */
  readonly isPresigned?: boolean;
}

export function canonicalUriV4(bucket: string, key: string): string {
  return percentEncodePath(bucket === '' ? `/${key}` : `/${bucket}/${key}`);
}

export function canonicalQueryV4(query: readonly QueryPair[], empty: EmptyValues): string {
  return query
    .map(({ name, value }) => {
      const isBare = value === '' && (empty === 'bare' || isSubResource(name));
      return { name: percentEncode(name), tail: isBare ? '' : `=${percentEncode(value)}` };
    })
    .sort((left, right) => compareBytes(left.name, right.name))
    .map(({ name, tail }) => name + tail)
    .join('&');
}

function isAlwaysSignedV4(name: string): boolean {
  return name === 'content-type' || name === 'content-md5' || name.startsWith('x-oss-');
}

/** `name:value` and a line feed for each signed header that is there, sorted by name. */
export function canonicalHeadersV4(
  headers: SignableRequest['headers'],
  additionalHeaders: readonly string[],
): ByteString {
  return Object.keys(headers)
    .filter((name) => isAlwaysSignedV4(name) || additionalHeaders.includes(name))
    .sort(compareBytes)
    .map((name) => `${name}:${trimFieldValue(headers[name] ?? '')}\n`)
    .join('');
}

export function canonicalRequestV4(
  request: SignableRequest,
  options: CanonicalOptionsV4 = {},
): ByteString {
  const additional = [...new Set(options.additionalHeaders ?? [])].sort(compareBytes);
  const query = options.isPresigned
    ? request.query.filter(({ name }) => name !== 'x-oss-signature')
    : request.query;
  return [
    request.method.toUpperCase(),
    canonicalUriV4(request.bucket, request.key),
    canonicalQueryV4(query, options.emptyValues ?? 'bare'),
    canonicalHeadersV4(request.headers, additional),
    additional.join(';'),
    request.headers['x-oss-content-sha256'] ?? unsignedPayload,
  ].join('\n');
}

/** What a signing key is good for: one day, one region, one product. */
export interface ScopeV4 {
  /** `yyyymmdd` */
  readonly date: string;
  /** `cn-hangzhou`; no `oss-` in front. */
  readonly region: string;
  readonly product?: string;
}

export function scopeTextV4(scope: ScopeV4): string {
  return `${scope.date}/${scope.region}/${scope.product ?? productOss}/${requestSuffixV4}`;
}

/** `timestamp`: `yyyymmddTHHMMSSZ`. */
export function stringToSignV4(
  timestamp: string,
  scope: ScopeV4,
  canonicalRequest: ByteString,
): ByteString {
  const scopeBytes = bytesOfText(scopeTextV4(scope));
  return [algorithmV4, timestamp, scopeBytes, sha256Hex(canonicalRequest)].join('\n');
}

/** Changes once a day, so it is worth keeping: as a key, which is not set up for each signature. */
export function signingKeyV4(accessKeySecret: string, scope: ScopeV4): KeyObject {
  const dateKey = hmacSha256(`aliyun_v4${accessKeySecret}`, scope.date);
  const regionKey = hmacSha256(dateKey, bytesOfText(scope.region));
  const productKey = hmacSha256(regionKey, scope.product ?? productOss);
  return createSecretKey(hmacSha256(productKey, requestSuffixV4));
}

/** 64 lower-case hex digits. */
export function signatureV4(signingKey: KeyObject, stringToSign: ByteString): string {
  return hmacSha256Hex(signingKey, stringToSign);
}
