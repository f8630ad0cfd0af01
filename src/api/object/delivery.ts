/**
 * How the bytes of an object go out when they do not just go out: compressed for who takes that,
 * paced, or several ranges at once (oss-semantics.md 7.7 to 7.9). Each is a body made while it is
 * sent, and holds a few pieces of the content at a time.
 */
import { pipeline, Readable } from 'node:stream';
import { promisify } from 'node:util';
import { createGzip, gzip as gzipAtOnce } from 'node:zlib';
import type { ObjectContent, StoredObject } from '../../buckets/index.ts';
import type { HttpRequest, ResponseBody } from '../../http/index.ts';
import type { OperationContext } from '../types.ts';
import { paced } from './pace.ts';

export interface Span {
  readonly start: number;
  readonly length: number;
}

const pieceBytes = 64 * 1024;

async function* readPieces(
  content: ObjectContent,
  { start, length }: Span,
  bytesMax = pieceBytes,
): AsyncGenerator<Uint8Array, void, undefined> {
  const end = start + length;
  for (let position = start; position < end; ) {
    const size = Math.min(bytesMax, end - position);
    if (content.kind === 'bytes') {
      yield content.bytes.subarray(position, position + size);
      position += size;
      continue;
    }
    const piece = Buffer.allocUnsafe(size);
    const count = await content.reader.read(piece, position);
    if (count === 0) throw new Error(`The content ended ${end - position} bytes early.`);
    yield piece.subarray(0, count);
    position += count;
  }
}

/** To be called at the end in every case. */
async function closeContent(content: ObjectContent): Promise<void> {
  if (content.kind === 'reader') await content.reader.close();
}

/** Pieces for this many parts of a second: a slow download is a steady one. */
const piecesPerSecond = 8;

export function pacedContent(
  { request, services }: OperationContext,
  content: ObjectContent,
  span: Span,
  bytesPerSecond: number,
): ResponseBody {
  const bytesMax = Math.min(pieceBytes, Math.ceil(bytesPerSecond / piecesPerSecond));
  const pieces = readPieces(content, span, bytesMax);
  return {
    kind: 'stream',
    length: span.length,
    chunks: paced(pieces, bytesPerSecond, services.world, request.signal),
    close: () => closeContent(content),
  };
}

/** Smaller ones gain nothing (oss-object-api.md GetObject). */
const compressedBytesMin = 1024;

/** oss-semantics.md 7.7. */
const compressibleTypes: ReadonlySet<string> = new Set([
  'text/cache-manifest',
  'text/xml',
  'text/css',
  'text/html',
  'text/plain',
  'text/json',
  'application/javascript',
  'application/x-javascript',
  'application/rss+xml',
  'application/json',
]);

/** Whether the answer with the whole object differs by what the client accepts. */
export function isCompressible({ headers, size }: StoredObject): boolean {
  if (size < compressedBytesMin || headers['content-encoding'] !== undefined) return false;
  const type = (headers['content-type'] ?? '').split(';', 1)[0] ?? '';
  return compressibleTypes.has(type.trim().toLowerCase());
}

/** RFC 9110 12.5.3: named, or meant by `*`, and not with a weight of 0. */
export function isGzipAccepted({ headers }: HttpRequest): boolean {
  const weights = new Map<string, boolean>();
  for (const item of (headers['accept-encoding'] ?? '').toLowerCase().split(',')) {
    const [coding = '', ...parameters] = item.split(';').map((part) => part.trim());
    const isZero = parameters.some((parameter) => /^q=0(\.0{0,3})?$/.test(parameter));
    weights.set(coding, !isZero);
  }
  return weights.get('gzip') ?? weights.get('x-gzip') ?? weights.get('*') ?? false;
}

/**
 * Headers of the compressed answer: the ETag is weak, since the bytes are others; checksums are of
 * the object; ranges of it mean nothing here.
 */
export function compressedHeaders(headers: Record<string, string>): Record<string, string> {
  const { 'Accept-Ranges': _ranges, ETag, ...kept } = headers;
  return {
    ...kept,
    'Content-Encoding': 'gzip',
    ...(ETag === undefined ? {} : { ETag: `W/${ETag}` }),
  };
}

const compress = promisify<Uint8Array, Buffer>(gzipAtOnce);

/** What is in memory is compressed at once, so that whoever repeats answers has all of it. */
export async function compressedBody(
  { request, services }: OperationContext,
  content: ObjectContent,
  span: Span,
  bytesPerSecond: number | undefined,
): Promise<ResponseBody> {
  if (content.kind === 'bytes' && bytesPerSecond === undefined) {
    const bytes = content.bytes.subarray(span.start, span.start + span.length);
    return { kind: 'bytes', bytes: await compress(bytes), isChunked: true };
  }
  const gzip = createGzip();
  // What fails in between destroys the stream that is read, and so reaches the reader.
  pipeline(Readable.from(readPieces(content, span), { objectMode: false }), gzip, () => {});
  const chunks: AsyncIterable<Uint8Array> = gzip;
  return {
    kind: 'stream',
    length: undefined,
    chunks:
      bytesPerSecond === undefined
        ? chunks
        : paced(chunks, bytesPerSecond, services.world, request.signal),
    async close() {
      gzip.destroy();
      await closeContent(content);
    },
  };
}

/** oss-semantics.md 7.8. */
const rangesMax = 50;

/**
 * The ranges of a request that takes several in one answer; `undefined` where it does not, or where
 * one of them is none: then the whole object is meant.
 */
export function readRanges({ headers }: HttpRequest, size: number): readonly Span[] | undefined {
  if (headers['x-oss-multi-range-behavior'] !== 'multi-range') return undefined;
  const list = /^\s*bytes\s*=(.*)$/i.exec(headers.range ?? '')?.[1];
  const items = list?.split(',') ?? [];
  if (items.length < 2 || items.length > rangesMax) return undefined;
  const spans = items.map((item) => toSpan(item, size));
  return spans.every((span) => span !== undefined) ? spans : undefined;
}

function toSpan(text: string, size: number): Span | undefined {
  const match = /^\s*(\d*)\s*-\s*(\d*)\s*$/.exec(text);
  if (match === null || (match[1] === '' && match[2] === '')) return undefined;
  const last = match[2] === '' ? size - 1 : Number(match[2]);
  if (match[1] === '') {
    const suffix = Number(match[2]);
    return suffix > 0 && suffix <= size ? { start: size - suffix, length: suffix } : undefined;
  }
  const start = Number(match[1]);
  return start <= last && last < size ? { start, length: last - start + 1 } : undefined;
}

/** RFC 9110 14.6; the boundary is in none of the bytes but by a chance of 2^-128. */
export function rangesBody(
  { services }: OperationContext,
  content: ObjectContent,
  spans: readonly Span[],
  facts: { readonly size: number; readonly contentType: string },
): { readonly body: ResponseBody; readonly contentType: string } {
  const boundary = services.world.random.bytes(16).toString('hex');
  const heads = spans.map(({ start, length }) => {
    const range = `bytes ${start}-${start + length - 1}/${facts.size}`;
    const head = `Content-Type: ${facts.contentType}\r\nContent-Range: ${range}`;
    return Buffer.from(`\r\n--${boundary}\r\n${head}\r\n\r\n`, 'latin1');
  });
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`, 'latin1');
  const length =
    spans.reduce((sum, span, index) => sum + span.length + (heads[index]?.length ?? 0), 0) +
    tail.length;
  async function* chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    for (const [index, span] of spans.entries()) {
      yield heads[index] ?? tail;
      yield* readPieces(content, span);
    }
    yield tail;
  }
  return {
    contentType: `multipart/byteranges;boundary=${boundary}`,
    body: { kind: 'stream', length, chunks: chunks(), close: () => closeContent(content) },
  };
}
