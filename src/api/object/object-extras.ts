/**
 * What a writer may say of an object that few say: its tags, headers of its own, its encryption.
 */
import { isHeaderValue, type ObjectExtras } from '../../buckets/index.ts';
import { type OssError, refine } from '../../errors/index.ts';
import type { HttpRequest } from '../../http/index.ts';
import type { OperationContext } from '../types.ts';
import { readEncryption } from './encryption.ts';
import { readTaggingHeader } from './object-tags.ts';

/** @throws OssError InvalidArgument, InvalidTag, BadRequest, and those of encryption. */
export async function readObjectExtras(context: OperationContext): Promise<ObjectExtras> {
  return { ...readWrittenExtras(context.request), ...(await readEncryption(context)) };
}

/** The same of what has no bytes to encrypt. */
export function readWrittenExtras(request: HttpRequest): ObjectExtras {
  const tags = readTaggingHeader(request) ?? [];
  const persistentHeaders = readPersistentHeaders(request);
  return {
    ...(tags.length === 0 ? {} : { tags }),
    ...(persistentHeaders.length === 0 ? {} : { persistentHeaders }),
  };
}

type PersistentHeaders = NonNullable<ObjectExtras['persistentHeaders']>;

/** RFC 9110 section 5.6.2. */
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/**
 * Names that mean something to whoever carries the answer or the request, or to browsers beyond the
 * object: none of them is the object's to choose.
 */
const reservedNames = new Set(
  (
    'accept-ranges age allow authorization clear-site-data connection content-length ' +
    'content-md5 content-range date etag expect host keep-alive last-modified location origin ' +
    'proxy-authenticate proxy-authorization proxy-connection range retry-after server set-cookie ' +
    'strict-transport-security te trailer transfer-encoding upgrade vary www-authenticate ' +
    'x-content-type-options'
  ).split(' '),
);
const reservedPrefixes = ['x-oss-', 'access-control-', 'sec-'];

/**
 * `name:base64(value),...` in x-oss-persistent-headers, returned with the object as they are. The
 * wordings are the service's (oss-semantics.md 7.7).
 */
function readPersistentHeaders({ headers }: HttpRequest): PersistentHeaders {
  const text = headers['x-oss-persistent-headers'];
  if (text === undefined || text.trim() === '') return [];
  const read = text.split(',').map((pair) => parsePair(pair.trim(), headers));
  const names = new Set(read.map(([name]) => name.toLowerCase()));
  if (names.size < read.length) throw refuseFormat(text);
  return read;
}

function parsePair(pair: string, headers: HttpRequest['headers']): [string, string] {
  const colon = pair.indexOf(':');
  if (colon < 1) throw refuseFormat(pair);
  const name = pair.slice(0, colon).trim();
  const encoded = pair.slice(colon + 1).trim();
  if (!token.test(name)) {
    throw refuse(name, 'The header specified by persistent header is not valid HTTP token.');
  }
  const lower = name.toLowerCase();
  if (reservedNames.has(lower) || reservedPrefixes.some((prefix) => lower.startsWith(prefix))) {
    throw refuse(name, 'The header specified by persistent header is reserved.');
  }
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(encoded)) {
    throw refuse(name, 'The header value specified by persistent header is not base64 encoded.');
  }
  const value = decodeValue(name, Buffer.from(encoded, 'base64'));
  if (headers[lower] !== undefined && headers[lower] !== value) {
    const what = 'is not equal to request header value.';
    throw refuse(name, `The header value specified by persistent header ${what}`);
  }
  return [name, value];
}

/** As a string of bytes, which is what headers are made of. */
function decodeValue(name: string, bytes: Buffer): string {
  const value = bytes.toString('latin1');
  if (/[\r\n]/.test(value)) {
    throw refuse(name, 'The header value specified by persistent header contains CR or LF.');
  }
  const isUtf8 = Buffer.from(bytes.toString('utf8'), 'utf8').equals(bytes);
  if (!isUtf8 || !isHeaderValue(value)) {
    throw refuse(name, 'The header value specified by persistent header is not utf-8 encoded.');
  }
  return value;
}

function refuseFormat(value: string): OssError {
  return refuse(
    value,
    'The format of persistent header is invalid, should be "name:Base64Encode(value),name:Base64Encode(value)... ".',
  );
}

function refuse(value: string, message: string): OssError {
  const fields = { ArgumentName: 'x-oss-persistent-headers', ArgumentValue: value };
  return refine('persistentHeaders', { message, fields });
}
