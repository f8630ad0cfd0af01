/**
 * Percent-encoding of V4 (oss-signature.md 4.1): unreserved is `A-Z a-z 0-9 - . _ ~`, everything
 * else `%XX` in upper case (RFC 3986 section 2).
 */
const unreserved = /^[A-Za-z0-9._~-]*$/;
const unreservedPath = /^[A-Za-z0-9._~/-]*$/;
const reservedByRfc3986 = /[!'()*]/g;

export function percentEncode(text: string): string {
  if (unreserved.test(text)) return text;
  // Lone surrogates have no UTF-8 form; encodeURIComponent would throw on them.
  return encodeURIComponent(text.toWellFormed()).replace(
    reservedByRfc3986,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** As `percentEncode`, with `/` kept. */
export function percentEncodePath(path: string): string {
  if (unreservedPath.test(path)) return path;
  return percentEncode(path).replaceAll('%2F', '/');
}
