/**
 * Judges the head of a request before anything is routed by it. The parser of the runtime refuses
 * much already (bare CR and LF, folded headers, doubled or conflicting lengths); what it lets pass
 * and must not reach a room behind this one is refused here (security.md 6.1 to 6.5).
 */
import { OssError } from '../errors/index.ts';
import type { HttpLimits } from './limits.ts';
import { readQuery, readTarget } from './request-target.ts';
import type { QueryParameter } from './types.ts';

/** What the parser saw. */
export interface RawHead {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly httpVersion: string;
  /** Names and values in turn, as received. */
  readonly rawHeaders: readonly string[];
  /** Of HTTP/2 only, where frames and no headers say whether a body follows. */
  readonly hasBody?: boolean | undefined;
}

export interface RequestHead {
  readonly method: string;
  readonly target: string;
  readonly rawPath: string;
  readonly rawQuery: string;
  readonly query: readonly QueryParameter[];
  readonly headers: Readonly<Record<string, string>>;
  readonly host: string;
  /** `undefined` for a chunked body, 0 when there is none. */
  readonly bodyLength: number | undefined;
  readonly expectsContinue: boolean;
  /** `OPTIONS *`: about the server, not about anything in it (RFC 9110 9.3.7). */
  readonly isServerOptions: boolean;
}

/** Colon, space, CR and LF of a header line. */
export const separatorBytes = 4;
/** Characters that end a host name for somebody on the way (security.md 6.1). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const badHost = /[\x00-\x20\x7f-\xff/\\@,?#]/;

/** @throws OssError for the first rule the head breaks */
export function readHead(raw: RawHead, limits: HttpLimits): RequestHead {
  const method = raw.method ?? '';
  const url = raw.url ?? '';
  const isFramed = raw.hasBody !== undefined;
  const isVersion11 = raw.httpVersion === '1.1';
  if (!isFramed && !isVersion11 && raw.httpVersion !== '1.0') {
    throw malformed('The request line must end with HTTP/1.1 or HTTP/1.0.');
  }
  if (method === 'CONNECT') throw noTunnels();
  if (url.length > limits.targetBytesMax) throw new OssError('UriTooLong');
  const headers = joinHeaders(raw.rawHeaders, limits);
  const host = readHost(raw.rawHeaders, headers);
  const bodyLength = readBodyLength(headers, isVersion11, raw.hasBody);
  if (headers.upgrade !== undefined) {
    throw new OssError('NotImplemented', {
      message: 'This server speaks HTTP/1.1 on this connection and upgrades to nothing else.',
      fields: { Header: 'Upgrade' },
    });
  }
  const expectsContinue = (isVersion11 || isFramed) && readExpect(headers.expect);
  const isServerOptions = method === 'OPTIONS' && url === '*';
  const { target, rawPath, rawQuery } = isServerOptions
    ? { target: '*', rawPath: '/', rawQuery: '' }
    : readTarget(url, host);
  const query = readQuery(rawQuery, limits.queryParametersMax);
  return {
    method,
    target,
    rawPath,
    rawQuery,
    query,
    headers,
    host,
    bodyLength,
    expectsContinue,
    isServerOptions,
  };
}

/**
 * Headers by lower-case name in a map without prototype, repeated ones joined: a value sent twice
 * is neither lost nor mistaken for one sent once. By a comma alone, which RFC 9110 5.3 allows and
 * which is what signatures cover (oss-signature.md 2).
 */
export function joinHeaders(
  rawHeaders: readonly string[],
  limits: HttpLimits,
): Record<string, string> {
  if (rawHeaders.length > limits.headersMax * 2) throw new OssError('RequestHeaderSectionTooLarge');
  const headers: Record<string, string> = Object.create(null);
  let bytes = 0;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? '').toLowerCase();
    const value = rawHeaders[at + 1] ?? '';
    bytes += name.length + value.length + separatorBytes;
    const before = headers[name];
    headers[name] = before === undefined ? value : `${before},${value}`;
  }
  if (bytes > limits.headerBytesMax) throw new OssError('RequestHeaderSectionTooLarge');
  return headers;
}

/** A doubled Host shows as a joined value, and a comma is no part of a host. */
function readHost(
  rawHeaders: readonly string[],
  headers: Readonly<Record<string, string>>,
): string {
  const host = headers.host;
  if (host === undefined || host === '' || badHost.test(host)) throw new OssError('BadHost');
  let seen = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    if (name.length === 4 && name.toLowerCase() === 'host') seen++;
  }
  if (seen !== 1) throw new OssError('BadHost');
  return host;
}

function readBodyLength(
  headers: Readonly<Record<string, string>>,
  isVersion11: boolean,
  hasBody: boolean | undefined,
): number | undefined {
  const coding = headers['transfer-encoding'];
  const length = headers['content-length'];
  if (coding !== undefined) {
    // RFC 9112 6.1: both at once, or a coding in HTTP/1.0, is how requests are smuggled.
    if (!isVersion11) throw malformed('HTTP/1.0 knows no Transfer-Encoding.');
    if (length !== undefined)
      throw malformed('Content-Length and Transfer-Encoding exclude each other.');
    if (coding.toLowerCase() !== 'chunked') {
      throw new OssError('NotImplemented', {
        message: 'The only Transfer-Encoding this server reads is chunked.',
        fields: { Header: 'Transfer-Encoding' },
      });
    }
    return undefined;
  }
  if (length === undefined) return hasBody ? undefined : 0;
  if (!/^[0-9]+$/.test(length)) throw malformed('Content-Length is not a decimal number.');
  const bytes = Number(length);
  if (!Number.isSafeInteger(bytes)) throw new OssError('EntityTooLarge');
  return bytes;
}

function readExpect(value: string | undefined): boolean {
  if (value === undefined) return false;
  if (value.trim().toLowerCase() !== '100-continue') throw new OssError('ExpectationFailed');
  return true;
}

/** CONNECT asks for a tunnel; there is none (security.md 6.4). */
export function noTunnels(): OssError {
  return new OssError('MethodNotAllowed', {
    message: 'This server opens no tunnels.',
    headers: { Allow: 'GET, HEAD, PUT, POST, DELETE' },
  });
}

function malformed(message: string): OssError {
  return new OssError('MalformedRequest', { message });
}
