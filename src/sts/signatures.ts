/** The two signatures of the service as pure functions (access-control.md 6.2 and 6.3). */
import { createHash, createHmac } from 'node:crypto';

/** RFC 3986: everything but unreserved characters escaped, in upper case. */
export function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

type Pairs = Iterable<readonly [name: string, value: string]>;

/** Sorted by the bytes of the escaped names, all of which are ASCII. */
function canonicalPairs(pairs: Pairs): string {
  return [...pairs]
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

export function stringToSignRpc(method: string, parameters: Pairs): string {
  const signed = [...parameters].filter(([name]) => name !== 'Signature');
  return `${method}&%2F&${encode(canonicalPairs(signed))}`;
}

export function signatureRpc(secret: string, stringToSign: string): string {
  return createHmac('sha1', `${secret}&`).update(stringToSign, 'utf8').digest('base64');
}

export interface Acs3Request {
  readonly method: string;
  readonly path: string;
  readonly query: Pairs;
  /** By lower-case name; byte strings. */
  readonly headers: Readonly<Record<string, string>>;
  readonly signedHeaders: readonly string[];
  readonly bodyHash: string;
}

export function canonicalRequestAcs3(request: Acs3Request): string {
  const { method, path, query, headers, signedHeaders, bodyHash } = request;
  const lines = signedHeaders.map((name) => `${name}:${(headers[name] ?? '').trim()}\n`);
  return [
    method,
    path,
    canonicalPairs(query),
    lines.join(''),
    signedHeaders.join(';'),
    bodyHash,
  ].join('\n');
}

export function stringToSignAcs3(canonicalRequest: string): string {
  return `ACS3-HMAC-SHA256\n${sha256(Buffer.from(canonicalRequest, 'latin1'))}`;
}

export function signatureAcs3(secret: string, stringToSign: string): string {
  return createHmac('sha256', secret).update(stringToSign, 'latin1').digest('hex');
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
