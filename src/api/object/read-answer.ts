/**
 * An object as the answer to GET and HEAD: headers, conditions, ranges, `response-*` overrides
 * (oss-object-api.md GetObject; oss-semantics.md 7.8). Order: conditions, then range.
 */
import {
  checkConditions,
  isHeaderValue,
  isRangeWanted,
  type ObjectContent,
  type OpenObject,
  type Range,
  resolveRange,
  restoreHeader,
  type StoredObject,
} from '../../buckets/index.ts';
import { OssError } from '../../errors/index.ts';
import type { HttpRequest, HttpResponse, ResponseBody } from '../../http/index.ts';
import { actionOnVersion } from '../actions.ts';
import { formatHttpDate } from '../answers.ts';
import { bucketOf } from '../context.ts';
import { invalidArgument } from '../document.ts';
import type { OperationContext } from '../types.ts';
import {
  compressedBody,
  compressedHeaders,
  isCompressible,
  isGzipAccepted,
  pacedContent,
  rangesBody,
  readRanges,
  type Span,
} from './delivery.ts';
import { encryptionHeaders } from './encryption.ts';
import { lifecycleHeaders } from './lifecycle-headers.ts';
import { readTrafficLimit } from './pace.ts';
import { checkRestored, follow } from './readable.ts';
import { readVersionId, versionHeader } from './version-id.ts';

type Headers = Record<string, string>;

/** What `response-*` parameters may replace (oss-object-api.md GetObject). */
const overridable = [
  ['response-content-type', 'Content-Type'],
  ['response-content-language', 'Content-Language'],
  ['response-expires', 'Expires'],
  ['response-cache-control', 'Cache-Control'],
  ['response-content-disposition', 'Content-Disposition'],
  ['response-content-encoding', 'Content-Encoding'],
] as const;

/** Stored names (lower case) as they go on the wire. */
const wireNames: Readonly<Record<string, string>> = {
  'cache-control': 'Cache-Control',
  'content-disposition': 'Content-Disposition',
  'content-encoding': 'Content-Encoding',
  'content-language': 'Content-Language',
  'content-type': 'Content-Type',
  expires: 'Expires',
};

/** The headers that were stored with the object, user metadata included. */
export function storedHeaders(
  object: Pick<StoredObject, 'extras' | 'headers' | 'metadata'>,
): Headers {
  // A browser must take the stored type as it is and guess no other (security.md 7.6).
  const headers: Headers = { 'X-Content-Type-Options': 'nosniff' };
  for (const [name, value] of object.extras.persistentHeaders ?? []) {
    headers[wireNames[name.toLowerCase()] ?? name] = value;
  }
  for (const name in object.headers) headers[wireNames[name] ?? name] = object.headers[name] ?? '';
  for (const name in object.metadata) headers[`x-oss-meta-${name}`] = object.metadata[name] ?? '';
  return headers;
}

/** All headers of an object's answer but Content-Length, which follows from the body. */
export function objectHeaders(object: StoredObject): Headers {
  const headers: Headers = {
    ...storedHeaders(object),
    ETag: `"${object.etag}"`,
    'Last-Modified': formatHttpDate(object.modifiedAt),
    'Accept-Ranges': 'bytes',
    'x-oss-object-type': object.type,
    'x-oss-storage-class': object.storageClass,
    'x-oss-hash-crc64ecma': object.crc64,
  };
  if (object.contentMd5 !== undefined) headers['Content-MD5'] = object.contentMd5;
  if (object.type === 'Appendable') headers['x-oss-next-append-position'] = String(object.size);
  // Caches must not give the compressed answer to who cannot read it.
  if (isCompressible(object)) headers.Vary = 'Accept-Encoding';
  return { ...headers, ...encryptionHeaders(object) };
}

/**
 * The overrides the request asks for. Only a signed request may: who can make a browser open a link
 * must not choose how its content is taken (security.md 7.7).
 * @throws OssError InvalidRequest for anonymous callers, InvalidArgument for values no header
 * takes.
 */
export function readOverrides(context: OperationContext): Headers {
  const headers: Headers = {};
  for (const { name, value } of context.request.query) {
    if (!name.startsWith('response-')) continue;
    const header = overridable.find(([parameter]) => parameter === name)?.[1];
    if (header === undefined) continue;
    if (context.caller.kind === 'anonymous') {
      throw new OssError('InvalidRequest', {
        message: 'Request specific response headers cannot be used for anonymous GET requests.',
      });
    }
    if (!isHeaderValue(value)) {
      const why = 'holds a character no header may hold; encode it as RFC 8187 describes.';
      throw invalidArgument(name, value, `The parameter ${name} ${why}`);
    }
    headers[header] ??= value;
  }
  return headers;
}

/**
 * The answer for `object`, which stands under `key`. GET opens the content; HEAD only tells.
 * @throws OssError NotModified, PreconditionFailed, InvalidRange, and those of opening.
 */
export async function answerWithObject(
  context: OperationContext,
  key: string,
  named: StoredObject,
): Promise<HttpResponse> {
  const { request, services } = context;
  const overrides = {
    ...versionHeader(context, named.versionId),
    ...(await taggingCount(context, key, named)),
    ...(await lifecycleHeaders(context, key, named)),
    ...readOverrides(context),
  };
  const bytes = await follow(context, key, named);
  const object = bytes.seen(bytes.object);
  checkReadConditions(request, object);
  const facts = { ...restoreFacts(context, bytes.object), ...overrides };
  if (bytes.object === named) context.notes.served = { key, object: named };
  if (request.method === 'HEAD') {
    const headers = { ...objectHeaders(object), ...facts };
    const isGzip = isCompressible(object) && isGzipAccepted(request);
    return {
      status: 200,
      headers: isGzip ? compressedHeaders(headers) : headers,
      body: { kind: 'none' },
      headLength: isGzip ? 'unknown' : object.size,
    };
  }
  await checkRestored(context, bucketOf(context), bytes.object);
  const range = readRange(request, object);
  const opened = await services.objects.openObject(
    bucketOf(context),
    bytes.key,
    bytes.object,
    range.kind === 'part' ? range : undefined,
  );
  const { content } = opened;
  if (opened.object === bytes.object)
    return await render(context, { object, content }, range, facts);
  // The object was replaced under our hands: what was asked is asked of the new one.
  delete context.notes.served;
  try {
    const newer = bytes.seen(opened.object);
    checkReadConditions(request, newer);
    return await render(context, { object: newer, content }, readRange(request, newer), facts);
  } catch (problem) {
    if (content.kind === 'reader') await content.reader.close();
    throw problem;
  }
}

/** Of an archived object, through a link as well. */
function restoreFacts({ services }: OperationContext, object: StoredObject): Headers {
  const restore = restoreHeader(object, services.world.clock.now());
  return restore === undefined ? {} : { 'x-oss-restore': restore };
}

/** For those only who may read the tags (oss-semantics.md 7.4). */
async function taggingCount(
  context: OperationContext,
  key: string,
  { extras }: StoredObject,
): Promise<Headers> {
  const count = extras.tags?.length ?? 0;
  if (count === 0) return {};
  const action = actionOnVersion(
    'oss:GetObjectTagging',
    readVersionId(context.request) !== undefined,
  );
  const bucket = bucketOf(context);
  const judgement = await context.rights.judge({ action, bucket, key, accessClass: 'none' });
  return judgement(undefined).isAllowed ? { 'x-oss-tagging-count': String(count) } : {};
}

/** @throws OssError NotModified, PreconditionFailed */
export function checkReadConditions(request: HttpRequest, object: StoredObject): void {
  const { headers } = request;
  const checked = checkConditions(
    {
      ifMatch: headers['if-match'],
      ifNoneMatch: headers['if-none-match'],
      ifModifiedSince: headers['if-modified-since'],
      ifUnmodifiedSince: headers['if-unmodified-since'],
    },
    object,
  );
  if (checked.verdict === 'holds') return;
  if (checked.verdict === 'failed') {
    throw new OssError('PreconditionFailed', { fields: { Condition: checked.condition } });
  }
  // RFC 9110 15.4.5: what a cache needs to go on with what it has.
  const { 'cache-control': cacheControl, expires } = object.headers;
  throw new OssError('NotModified', {
    headers: {
      ETag: `"${object.etag}"`,
      'Last-Modified': formatHttpDate(object.modifiedAt),
      ...(cacheControl === undefined ? {} : { 'Cache-Control': cacheControl }),
      ...(expires === undefined ? {} : { Expires: expires }),
    },
  });
}

type SatisfiableRange =
  | Exclude<Range, { kind: 'unsatisfiable' }>
  | { readonly kind: 'several'; readonly spans: readonly Span[] };

function readRange(request: HttpRequest, object: StoredObject): SatisfiableRange {
  const { headers } = request;
  if (!isRangeWanted(headers['if-range'], object)) return { kind: 'whole' };
  const spans = readRanges(request, object.size);
  if (spans !== undefined) return { kind: 'several', spans };
  if (headers['x-oss-multi-range-behavior'] === 'multi-range' && headers.range?.includes(',')) {
    return { kind: 'whole' };
  }
  const behavior = headers['x-oss-range-behavior'] === 'standard' ? 'standard' : 'lenient';
  const range = resolveRange(headers.range, object.size, behavior);
  if (range.kind !== 'unsatisfiable') return range;
  throw new OssError('InvalidRange', { headers: { 'Content-Range': `bytes */${object.size}` } });
}

async function render(
  context: OperationContext,
  { object, content }: OpenObject,
  range: SatisfiableRange,
  overrides: Headers,
): Promise<HttpResponse> {
  const { request } = context;
  const headers = { ...objectHeaders(object), ...overrides };
  const bytesPerSecond = readTrafficLimit(request);
  if (range.kind === 'several') {
    const facts = { size: object.size, contentType: headers['Content-Type'] ?? '' };
    const made = rangesBody(context, content, range.spans, facts);
    return {
      status: 206,
      headers: { ...headers, 'Content-Type': made.contentType },
      body: made.body,
    };
  }
  const span = range.kind === 'whole' ? { start: 0, length: object.size } : range;
  // Whether the request has a Range decides, not whether it could be served (RFC 9110 14.2).
  const isPlain = range.kind === 'part' || request.headers.range !== undefined;
  if (!isPlain && isCompressible(object) && isGzipAccepted(request)) {
    const body = await compressedBody(context, content, span, bytesPerSecond);
    return { status: 200, headers: compressedHeaders(headers), body };
  }
  const { start, length } = span;
  const body =
    bytesPerSecond === undefined
      ? contentBody(content, start, length)
      : pacedContent(context, content, span, bytesPerSecond);
  if (range.kind === 'whole') return { status: 200, headers, body };
  headers['Content-Range'] = `bytes ${start}-${start + length - 1}/${object.size}`;
  return { status: 206, headers, body };
}

/** The writer of the response closes the reader in every case. */
export function contentBody(content: ObjectContent, start: number, length: number): ResponseBody {
  if (content.kind === 'bytes') {
    return { kind: 'bytes', bytes: content.bytes.subarray(start, start + length) };
  }
  return { kind: 'source', source: content.reader, start, length };
}
