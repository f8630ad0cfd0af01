import { type ByteString, bytesOfText, compareBytes, hmacSha1 } from './bytes.ts';
import { type SignableRequest, trimFieldValue } from './request.ts';
import { isSubResource } from './sub-resources.ts';

/** Signature V1: HMAC-SHA1 over a text of lines (oss-signature.md 2 and 2.1). */

/** `/`, `/bucket/` or `/bucket/key`; the key decoded, as UTF-8 bytes. */
export function resourcePathV1(bucket: string, key: string): ByteString {
  return bytesOfText(bucket === '' ? `/${key}` : `/${bucket}/${key}`);
}

/**
 * Resource path and signed sub-resources, in byte order. A key that holds `?`, or a value that
 * holds `&`, can spell what another request's parameters spell: V1 has no escape for them. This is
 * the scheme's own weakness; V4 does not have it.
 */
export function canonicalResourceV1(
  request: SignableRequest,
  isSigned: (name: string) => boolean = isSubResource,
): ByteString {
  const signed = request.query
    .filter(({ name }) => isSigned(name))
    .map(({ name, value }) => ({ name: bytesOfText(name), value: bytesOfText(value) }))
    .sort((left, right) => compareBytes(left.name, right.name))
    .map(({ name, value }) => (value === '' ? name : `${name}=${value}`));
  const path = resourcePathV1(request.bucket, request.key);
  return signed.length === 0 ? path : `${path}?${signed.join('&')}`;
}

/** Every `x-oss-` header as `name:value` and a line feed, sorted by name. */
export function canonicalHeadersV1(headers: SignableRequest['headers']): ByteString {
  return Object.keys(headers)
    .filter((name) => name.startsWith('x-oss-'))
    .sort(compareBytes)
    .map((name) => `${name}:${trimFieldValue(headers[name] ?? '')}\n`)
    .join('');
}

/**
 * `date`: in the header form the value of `x-oss-date`, else of `Date`; in the URL form the decimal
 * text of `Expires`.
 */
export function stringToSignV1(
  request: SignableRequest,
  date: ByteString,
  isSigned?: (name: string) => boolean,
): ByteString {
  const lines = [
    request.method.toUpperCase(),
    request.headers['content-md5'] ?? '',
    request.headers['content-type'] ?? '',
    date,
  ].join('\n');
  const headers = canonicalHeadersV1(request.headers);
  return `${lines}\n${headers}${canonicalResourceV1(request, isSigned)}`;
}

/** Base64, 28 characters. */
export function signatureV1(accessKeySecret: string, stringToSign: ByteString): string {
  return hmacSha1(accessKeySecret, stringToSign).toString('base64');
}
