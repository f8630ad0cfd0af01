/** What the parts of an upload must be to become an object (oss-semantics.md 0, 7.1). Pure. */
import { createHash } from 'node:crypto';
import { OssError } from '../errors/index.ts';
import type { UploadPart } from '../stores/index.ts';
import { combineCrc64 } from './crc64-combine.ts';

/** A part as the client names it to complete the upload. */
export interface NamedPart {
  readonly number: number;
  /** Quotes optional; compared without regard to letter case. */
  readonly etag: string;
}

/** oss-object-api.md, Multipart: every part but the last. */
export const partBytesMin = 100 * 1024;
export const partNumberMax = 10_000;

/**
 * The parts that the client names, in its order.
 * @throws OssError InvalidPartOrder, InvalidPart.
 */
export function chooseParts(
  standing: readonly UploadPart[],
  named: readonly NamedPart[],
): UploadPart[] {
  for (const [index, { number }] of named.entries()) {
    const before = named[index - 1];
    if (before !== undefined && before.number >= number) throw new OssError('InvalidPartOrder');
  }
  const byNumber = new Map(standing.map((part) => [part.number, part]));
  return named.map(({ number, etag }) => {
    const part = byNumber.get(number);
    if (part !== undefined && part.etag === bareEtag(etag)) return part;
    throw new OssError('InvalidPart', { fields: { PartNumber: String(number), ETag: etag } });
  });
}

function bareEtag(etag: string): string {
  return etag
    .trim()
    .replace(/^"(.*)"$/s, '$1')
    .toUpperCase();
}

/** @throws OssError EntityTooSmall. */
export function checkPartSizes(parts: readonly UploadPart[]): void {
  const small = parts.slice(0, -1).find(({ size }) => size < partBytesMin);
  if (small === undefined) return;
  throw new OssError('EntityTooSmall', {
    fields: {
      ProposedSize: String(small.size),
      MinSizeAllowed: String(partBytesMin),
      PartNumber: String(small.number),
      ETag: small.etag,
    },
  });
}

/** What an object of these parts is, but for its name and its facts. */
export function composeParts(parts: readonly UploadPart[]): {
  readonly size: number;
  readonly etag: string;
  readonly crc64: string;
} {
  return {
    size: parts.reduce((sum, part) => sum + part.size, 0),
    etag: multipartEtag(parts.map((part) => part.etag)),
    crc64: combineCrc64(parts),
  };
}

/** MD5 of the texts of the ETags one after the other, and their number (oss-semantics.md 0). */
export function multipartEtag(etags: readonly string[]): string {
  const digest = createHash('md5').update(etags.join('')).digest('hex').toUpperCase();
  return `${digest}-${etags.length}`;
}

/**
 * Parts of an upload in sequence come one after the other, each once. `near` are the standing parts
 * from the one before this on.
 * @throws OssError PartAlreadyExist, PartNotSequential.
 */
export function checkNextPart(near: readonly UploadPart[], number: number): void {
  const same = near.find((part) => part.number === number);
  if (same !== undefined) {
    throw new OssError('PartAlreadyExist', {
      fields: { PartNumber: String(number), PartEtag: same.etag },
    });
  }
  if (number > 1 && near[0]?.number !== number - 1) throw notSequential(number);
}

/** @throws OssError PartNotSequential when one was left out. */
export function checkSequence(parts: readonly UploadPart[]): void {
  const skipping = parts.find(({ number }, index) => number !== index + 1);
  if (skipping !== undefined) throw notSequential(skipping.number);
}

function notSequential(number: number): OssError {
  return new OssError('PartNotSequential', { fields: { PartNumber: String(number) } });
}
