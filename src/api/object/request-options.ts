/**
 * Request headers that ask for more than bytes: each is honoured, or checked and harmless, or
 * refused by name; none is ignored silently (DESIGN ruling 11).
 */
import type { ExpectedContent, ObjectAcl, ObjectFacts } from '../../buckets/index.ts';
import { OssError } from '../../errors/index.ts';
import type { HttpRequest } from '../../http/index.ts';
import { queryValue } from '../context.ts';
import { invalidArgument } from '../document.ts';
import { readTrafficLimit } from './pace.ts';

/** Features of writes that this server does not have yet. */
const unsupportedOnWrite = [
  'x-oss-callback',
  'x-oss-callback-var',
  'x-oss-object-worm-mode',
  'x-oss-object-worm-retain-until-date',
  'x-oss-object-worm-legal-hold',
];

/**
 * `honoured`: headers that this write knows what to do with.
 * @throws OssError NotImplemented, InvalidArgument.
 */
export function checkWriteRequest(request: HttpRequest, honoured: readonly string[] = []): void {
  refuseHeaders(
    request,
    unsupportedOnWrite.filter((name) => !honoured.includes(name)),
  );
  refuseVersion(request);
  readTrafficLimit(request);
}

/** A version is nothing to write to. */
export function refuseVersion(request: HttpRequest): void {
  if (queryValue(request, 'versionId') !== undefined) throw notImplemented('versionId');
}

function refuseHeaders({ headers }: HttpRequest, names: readonly string[]): void {
  for (const name of names) {
    if (headers[name] !== undefined) throw notImplemented(name);
  }
}

function notImplemented(name: string): OssError {
  return new OssError('NotImplemented', { fields: { Header: name } });
}

/**
 * Without either header HTTP/1.1 means an empty body; an upload must say so (oss-protocol.md 2.1).
 * HTTP/2 frames its bodies, and needs none.
 */
export function checkLengthGiven({ headers, body }: HttpRequest): void {
  if (headers['content-length'] !== undefined) return;
  if (headers['transfer-encoding'] !== undefined || body.length === undefined) return;
  throw new OssError('MissingContentLength');
}

export function readExpectedContent({ headers }: HttpRequest): ExpectedContent {
  return { md5: headers['content-md5'], crc64: headers['x-oss-hash-crc64ecma'] };
}

/** oss-object-api.md PutObject. */
const storedHeaderNames = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'expires',
];

const defaultContentType = 'application/octet-stream';
const metadataPrefix = 'x-oss-meta-';

/** What a writer says about the object in headers, byte for byte; the room buckets checks it. */
export function readObjectFacts({ headers }: HttpRequest): ObjectFacts {
  const stored: Record<string, string> = {
    'content-type': headers['content-type'] || defaultContentType,
  };
  for (const name of storedHeaderNames) {
    const value = headers[name];
    if (value !== undefined) stored[name] = value;
  }
  // No prototype: `__proto__` is a name of metadata like any other.
  const metadata: Record<string, string> = Object.create(null);
  for (const name in headers) {
    if (!name.startsWith(metadataPrefix)) continue;
    metadata[name.slice(metadataPrefix.length)] = headers[name] ?? '';
  }
  return { headers: stored, metadata };
}

const objectAcls: readonly string[] = ['default', 'private', 'public-read', 'public-read-write'];

/**
 * The header x-oss-object-acl; `undefined` when it is not there. @throws OssError InvalidArgument.
 */
export function readObjectAcl({ headers }: HttpRequest): ObjectAcl | undefined {
  const value = headers['x-oss-object-acl'];
  if (value === undefined) return undefined;
  if (objectAcls.includes(value)) return value as ObjectAcl;
  throw invalidArgument('x-oss-object-acl', value, 'no such object access control exists');
}

const storageClasses = ['Standard', 'IA', 'Archive', 'ColdArchive', 'DeepColdArchive'];

/** Accepted and shown again; every class is kept and read alike. */
export function checkStorageClass(name: string, value: string): void {
  if (storageClasses.includes(value)) return;
  throw invalidArgument(
    name,
    value,
    `The storage class must be one of ${storageClasses.join(', ')}.`,
  );
}

export function readStorageClass({ headers }: HttpRequest): string | undefined {
  const value = headers['x-oss-storage-class'];
  if (value !== undefined) checkStorageClass('x-oss-storage-class', value);
  return value;
}

export function readForbidOverwrite({ headers }: HttpRequest): boolean {
  const value = headers['x-oss-forbid-overwrite'] ?? 'false';
  const lower = value.toLowerCase();
  if (lower === 'true') return true;
  if (lower === 'false') return false;
  throw invalidArgument('x-oss-forbid-overwrite', value, 'The header must be true or false.');
}
