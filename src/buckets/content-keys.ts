/**
 * Contents encrypted at rest: AES-256 in counter mode, so that any range is read by itself. Every
 * content has a key of its own, sealed by the master key. A blob begins at the beginning of the key
 * stream, or, where a content has several, at a point drawn for it. What a store changes is found
 * by the checksum of the content, as without encryption.
 */
import { type Cipheriv, createCipheriv, createDecipheriv } from 'node:crypto';
import { moveSealed, type Sealer, type SealerPair } from '../sealing/index.ts';
import type {
  BlobReader,
  BlobSpan,
  BlobStore,
  BlobWriter,
  Bucket,
  ObjectExtras,
} from '../stores/index.ts';
import type { World } from '../world/index.ts';

const algorithm = 'aes-256-ctr';
const keyBytes = 32;
const blockBytes = 16;

/** How a content is encrypted; the key is for this process only. */
export interface ContentKey {
  readonly key: Buffer;
  readonly sealed: string;
}

export interface ContentKeys {
  /** A fresh key for a content of this bucket. */
  draw(bucketId: number): ContentKey;
  /** @throws SealingError when the master key file has not the key it was sealed by. */
  open(bucketId: number, sealed: string): ContentKey;
  /** Where the key stream of one of several blobs begins. */
  drawIv(): string;
}

/** A sealed key must not open in another bucket. The 1 is the version of what lies inside. */
function context(bucketId: number): string {
  return `content-key:1:${bucketId}`;
}

export function createContentKeys(sealer: Sealer, random: World['random']): ContentKeys {
  return {
    draw(bucketId) {
      const key = Buffer.from(random.bytes(keyBytes));
      return { key, sealed: sealer.seal(key, context(bucketId)) };
    },
    open: (bucketId, sealed) => ({ key: sealer.unseal(sealed, context(bucketId)), sealed }),
    drawIv: () => random.bytes(blockBytes).toString('hex'),
  };
}

/** The sealed key under the current master key; the same text when it is already. */
export function rewrapContentKey(sealer: Sealer, bucketId: number, sealed: string): string {
  return sealer.rewrap(sealed, context(bucketId));
}

/**
 * The sealed key of a content as another installation keeps it; `standing` is what that one has for
 * it. @throws SealingError
 */
export function moveContentKey(
  sealers: SealerPair,
  bucketId: number,
  sealed: string,
  standing: string | undefined,
): string {
  return moveSealed(sealers, sealed, context(bucketId), standing);
}

/**
 * What a new content of one blob needs to be encrypted, if `extras` say that it shall be: they come
 * back with its sealed key.
 */
export function encrypt(
  keys: ContentKeys,
  bucket: Pick<Bucket, 'id'>,
  extras: ObjectExtras,
): { readonly extras: ObjectExtras; readonly cipher: BlobCipher | undefined } {
  if (extras.encryption === undefined) return { extras, cipher: undefined };
  const { key, sealed } = keys.draw(bucket.id);
  const encryption = { ...extras.encryption, dataKeySealed: sealed };
  return { extras: { ...extras, encryption }, cipher: { key, iv: undefined } };
}

/** Key and beginning of the key stream of one blob. */
export interface BlobCipher {
  readonly key: Buffer;
  /** Hexadecimal; `undefined`: the very beginning. */
  readonly iv: string | undefined;
}

/** What is written in the clear and kept encrypted. */
export function encryptingWriter(writer: BlobWriter, cipher: BlobCipher): BlobWriter {
  const stream = createCipheriv(algorithm, cipher.key, counterAt(cipher, 0));
  return {
    write: (bytes) => writer.write(stream.update(bytes)),
    finish: () => writer.finish(),
    abandon: () => writer.abandon(),
  };
}

/** Decrypts a blob from its beginning on, piece by piece, for whoever needs both texts. */
export function createDecryptor(cipher: BlobCipher): (bytes: Uint8Array) => Uint8Array {
  const stream = createDecipheriv(algorithm, cipher.key, counterAt(cipher, 0));
  return (bytes) => stream.update(bytes);
}

/** What is kept encrypted and read in the clear. */
export async function openDecrypted(
  blobs: Pick<BlobStore, 'open'>,
  blobId: string,
  cipher: BlobCipher,
  span: BlobSpan | undefined,
): Promise<BlobReader | undefined> {
  const reader = await blobs.open(blobId, span);
  return reader === undefined ? undefined : new DecryptingReader(reader, cipher);
}

class DecryptingReader implements BlobReader {
  readonly size: number;
  readonly #reader: BlobReader;
  readonly #cipher: BlobCipher;
  #stream: Cipheriv | undefined;
  /** Where `#stream` stands. */
  #position = 0;

  constructor(reader: BlobReader, cipher: BlobCipher) {
    this.size = reader.size;
    this.#reader = reader;
    this.#cipher = cipher;
  }

  async read(target: Uint8Array, position: number): Promise<number> {
    const count = await this.#reader.read(target, position);
    if (count === 0) return 0;
    const bytes = target.subarray(0, count);
    bytes.set(this.#streamAt(position).update(bytes));
    this.#position = position + count;
    return count;
  }

  close(): Promise<void> {
    return this.#reader.close();
  }

  #streamAt(position: number): Cipheriv {
    if (this.#stream !== undefined && this.#position === position) return this.#stream;
    const block = Math.floor(position / blockBytes);
    const stream = createDecipheriv(
      algorithm,
      this.#cipher.key,
      counterAt(this.#cipher, block),
    ) as unknown as Cipheriv;
    stream.update(Buffer.alloc(position - block * blockBytes));
    this.#stream = stream;
    return stream;
  }
}

/** The counter block of the given block of the stream: the IV is a number of 128 bits. */
function counterAt({ iv }: BlobCipher, block: number): Buffer {
  const first = iv === undefined ? 0n : BigInt(`0x${iv}`);
  const counter = (first + BigInt(block)) & ((1n << 128n) - 1n);
  return Buffer.from(counter.toString(16).padStart(2 * blockBytes, '0'), 'hex');
}
