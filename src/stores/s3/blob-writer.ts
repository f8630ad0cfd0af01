import { createHash, type Hash } from 'node:crypto';
import type { Announce, BlobWriter } from '../ports/blobs.ts';
import { StoreUnavailable } from '../ports/engine.ts';
import { unavailable } from './failures.ts';
import { checkTag, MultipartUpload } from './multipart.ts';
import { at, type S3Parts } from './parts.ts';

const firstBufferBytes = 64 * 1024;

/**
 * Less than the lease of an announcement (24 h) and than the age of uploads that are given up as
 * left behind (24 h), by more than clocks differ.
 */
const lifeMaxMs = 20 * 60 * 60_000;

/**
 * One blob on its way to the store: small ones in one request, others in parts. Each part is
 * gathered whole, so that it can be sent again; while one is sent the next is gathered if there is
 * memory for it. The first failure is final.
 */
export class S3BlobWriter implements BlobWriter {
  readonly #parts: S3Parts;
  readonly #blobId: string;
  readonly #announce: Announce | undefined;
  readonly #partBytes: number;
  readonly #abandoned = new AbortController();
  readonly #begunAt: number;
  #state: 'open' | 'finished' | 'abandoned' = 'open';
  #reserved: number;
  #isExact: boolean;
  #buffer: Buffer = Buffer.alloc(0);
  #filled = 0;
  #md5: Hash = createHash('md5');
  #upload: MultipartUpload | undefined;
  /** A part on its way, and its buffer, which is free again afterwards. */
  #flying: Promise<unknown> | undefined;
  #spare: Buffer | undefined;
  /** Something of this name may stand in the store. */
  #isSent = false;

  /** `reserved`: bytes of the upload memory this writer was given; it gives them back. */
  constructor(
    parts: S3Parts,
    blobId: string,
    input: { announce: Announce | undefined; partBytes: number; reserved: number },
  ) {
    this.#parts = parts;
    this.#blobId = blobId;
    this.#announce = input.announce;
    this.#partBytes = input.partBytes;
    this.#reserved = input.reserved;
    this.#isExact = input.reserved < input.partBytes;
    this.#begunAt = parts.world.clock.monotonicMs();
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#expectOpen();
    try {
      for (let taken = 0; taken < bytes.byteLength; ) {
        if (this.#filled === this.#partBytes) await this.#sendPart();
        const piece = bytes.subarray(taken, taken + this.#partBytes - this.#filled);
        await this.#makeRoom(this.#filled + piece.byteLength);
        this.#buffer.set(piece, this.#filled);
        this.#md5.update(piece);
        this.#filled += piece.byteLength;
        taken += piece.byteLength;
      }
    } catch (error) {
      await this.abandon();
      throw unavailable(error, 'The object could not be written');
    }
  }

  async finish(): Promise<string> {
    this.#expectOpen();
    try {
      if (this.#upload === undefined) await this.#putAtOnce();
      else {
        await this.#landed();
        if (this.#filled > 0) await this.#upload.put(this.#takePart());
        await this.#upload.complete();
      }
    } catch (error) {
      await this.abandon();
      throw unavailable(error, 'The object could not be made durable');
    }
    this.#state = 'finished';
    this.#letGo();
    return this.#blobId;
  }

  async abandon(): Promise<void> {
    if (this.#state !== 'open') return;
    this.#state = 'abandoned';
    this.#abandoned.abort(new Error('The blob was abandoned.'));
    await this.#flying?.catch(() => {});
    this.#letGo();
    const { sdk, client, requests } = this.#parts;
    await this.#upload?.abort();
    if (!this.#isSent) return;
    // Its answer may have been lost. What this does not remove goes when the announcement expires.
    const input = at(this.#parts, this.#blobId);
    await requests
      .send((abortSignal) => client.send(new sdk.DeleteObjectCommand(input), { abortSignal }))
      .catch(() => {});
  }

  #expectOpen(): void {
    if (this.#state !== 'open') {
      throw new StoreUnavailable('failed', `The blob was ${this.#state} already.`);
    }
  }

  /** The buffer grows with what has come: who sends little or slowly holds little. */
  async #makeRoom(needed: number): Promise<void> {
    if (needed <= this.#buffer.length) return;
    if (needed > this.#reserved && this.#isExact) {
      // More than was announced: a body that lies about its length ends elsewhere.
      this.#isExact = false;
      this.#parts.memory.release(this.#reserved);
      this.#reserved = 0;
      await this.#parts.memory.reserve(this.#partBytes);
      this.#reserved = this.#partBytes;
    }
    const doubled = Math.max(needed, this.#buffer.length * 2, firstBufferBytes);
    const grown = Buffer.allocUnsafeSlow(Math.min(doubled, this.#reserved, this.#partBytes));
    this.#buffer.copy(grown, 0, 0, this.#filled);
    this.#buffer = grown;
  }

  async #sendPart(): Promise<void> {
    await this.#landed();
    if (this.#parts.world.clock.monotonicMs() - this.#begunAt > lifeMaxMs) {
      throw new StoreUnavailable('failed', 'The upload took longer than any may take.');
    }
    const upload = this.#upload ?? (await this.#begin());
    const part = this.#takePart();
    const sending = upload.put(part);
    if (this.#spare === undefined && !this.#parts.memory.tryReserve(this.#partBytes)) {
      await sending;
      return;
    }
    if (this.#spare === undefined) this.#reserved += this.#partBytes;
    const sent = this.#buffer;
    this.#buffer = this.#spare ?? Buffer.alloc(0);
    this.#spare = undefined;
    this.#flying = sending.then(() => {
      this.#spare = sent;
    });
    // Whoever waits for it hears of its failure; until then nobody may be listening.
    this.#flying.catch(() => {});
  }

  async #begin(): Promise<MultipartUpload> {
    await this.#announce?.(this.#blobId);
    this.#isSent = true;
    this.#upload = await MultipartUpload.begin(this.#parts, this.#blobId, this.#abandoned.signal);
    return this.#upload;
  }

  async #landed(): Promise<void> {
    await this.#flying;
    this.#flying = undefined;
  }

  #takePart() {
    const part = { bytes: this.#buffer.subarray(0, this.#filled), md5: this.#md5.digest() };
    this.#filled = 0;
    this.#md5 = createHash('md5');
    return part;
  }

  async #putAtOnce(): Promise<void> {
    const { sdk, client, requests } = this.#parts;
    await this.#announce?.(this.#blobId);
    this.#isSent = true;
    const { bytes, md5 } = this.#takePart();
    const input = {
      ...at(this.#parts, this.#blobId),
      Body: bytes,
      ContentLength: bytes.byteLength,
      ContentMD5: md5.toString('base64'),
      ContentType: 'application/octet-stream',
    };
    await requests.send(
      async (abortSignal) => {
        const stored = await client.send(new sdk.PutObjectCommand(input), { abortSignal });
        checkTag(stored, md5);
      },
      { signal: this.#abandoned.signal },
    );
  }

  #letGo(): void {
    this.#parts.memory.release(this.#reserved);
    this.#reserved = 0;
    this.#buffer = Buffer.alloc(0);
    this.#spare = undefined;
  }
}
