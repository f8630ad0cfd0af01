/**
 * Bytes on their way into the blob store: hashed as they pass, verified before they are kept
 * (security.md 8.1). Holds one chunk at a time; the store's back-pressure is the client's.
 */
import { createHash } from 'node:crypto';
import { OssError } from '../errors/index.ts';
import type { Announce, BlobStore, BlobWriter } from '../stores/index.ts';
import { type BlobCipher, encryptingWriter } from './content-keys.ts';
import { createCrc64 } from './crc64.ts';
import { toRefusal } from './store-failure.ts';

/** A body as it arrives; `length` is what was announced, `undefined` for a chunked one. */
export interface IncomingContent {
  readonly length: number | undefined;
  stream(): AsyncIterable<Uint8Array>;
}

/** What the client said it would be; each is verified when given. */
export interface ExpectedContent {
  /** Base64 of the 16 bytes, as in Content-MD5. */
  readonly md5?: string | undefined;
  /** Unsigned decimal. */
  readonly crc64?: string | undefined;
}

export interface KeptContent {
  readonly blobId: string;
  readonly size: number;
  readonly md5: Buffer;
  readonly crc64: string;
  /** Whether the store had the blob announced: what points to it must spend that. */
  readonly isAnnounced: boolean;
}

/** Length of an MD5 digest, bytes (RFC 1321). */
const md5Bytes = 16;

/**
 * The content is durable under its new id, encrypted if `cipher` is given. Nothing is left behind
 * otherwise.
 * @throws OssError EntityTooLarge, InvalidDigest, RequestTimeout (shorter than announced),
 * InsufficientStorage, ServiceUnavailable, and whatever the stream fails with.
 */
export async function keepContent(
  blobs: BlobStore,
  content: IncomingContent,
  expected: ExpectedContent,
  bytesMax: number,
  announce: Announce,
  cipher?: BlobCipher,
): Promise<KeptContent> {
  checkExpectation(expected);
  if (content.length !== undefined && content.length > bytesMax) throw tooLarge(bytesMax);
  let writer: BlobWriter | undefined;
  let isAnnounced = false;
  try {
    writer = await blobs.create(content.length, (blobId) => {
      isAnnounced = true;
      return announce(blobId);
    });
    const written = cipher === undefined ? writer : encryptingWriter(writer, cipher);
    const passed = await passThrough(written, content, bytesMax);
    verify(passed, content.length, expected);
    const blobId = await writer.finish();
    return { ...passed, blobId, isAnnounced };
  } catch (problem) {
    // The refusal is what the caller must hear; a writer that cannot even be abandoned leaves a
    // file that the sweep at the next start removes.
    await writer?.abandon().catch(() => {});
    throw toRefusal(problem);
  }
}

type Passed = Omit<KeptContent, 'blobId' | 'isAnnounced'>;

async function passThrough(
  writer: BlobWriter,
  content: IncomingContent,
  bytesMax: number,
): Promise<Passed> {
  const md5 = createHash('md5');
  const crc64 = createCrc64();
  let size = 0;
  for await (const chunk of content.stream()) {
    size += chunk.length;
    if (size > bytesMax) throw tooLarge(bytesMax);
    // Hashed while the disk is at work; the next chunk is asked for when both are done.
    const written = writer.write(chunk);
    md5.update(chunk);
    crc64.update(chunk);
    await written;
  }
  return { size, md5: md5.digest(), crc64: crc64.digest() };
}

function checkExpectation({ md5 }: ExpectedContent): void {
  if (md5 === undefined || Buffer.from(md5, 'base64').length === md5Bytes) return;
  throw new OssError('InvalidDigest', {
    message: 'The Content-MD5 you specified was invalid: it is not the base64 form of 16 bytes.',
    fields: { ExpectedDigest: md5 },
  });
}

function verify(passed: Passed, length: number | undefined, expected: ExpectedContent): void {
  if (length !== undefined && passed.size !== length) {
    throw new OssError('RequestTimeout', { closeConnection: true });
  }
  if (expected.md5 !== undefined && !Buffer.from(expected.md5, 'base64').equals(passed.md5)) {
    throw new OssError('InvalidDigest', {
      fields: { ExpectedDigest: expected.md5, CalculatedDigest: passed.md5.toString('base64') },
    });
  }
  if (expected.crc64 !== undefined && expected.crc64.trim() !== passed.crc64) {
    throw new OssError('InvalidDigest', {
      message: 'The x-oss-hash-crc64ecma you specified did not match what we received.',
      fields: { ExpectedDigest: expected.crc64, CalculatedDigest: passed.crc64 },
    });
  }
}

function tooLarge(bytesMax: number): OssError {
  return new OssError('EntityTooLarge', {
    fields: { MaxSizeAllowed: String(bytesMax) },
    closeConnection: true,
  });
}
