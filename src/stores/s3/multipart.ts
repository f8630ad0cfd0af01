/** An upload in parts: begun, fed, composed or given up (S3 API, multipart uploads). */
import { isMissing, WrongBytes } from './failures.ts';
import { at, bareTag, type S3Parts } from './parts.ts';
import { longAttemptMs } from './requests.ts';

const partsMax = 10_000;

export interface Part {
  readonly bytes: Uint8Array;
  readonly md5: Buffer;
}

/** The tag of stored bytes is their MD5, unless the server encrypts them under another key. */
export function checkTag(
  answer: { ETag?: string | undefined; ServerSideEncryption?: string | undefined },
  md5: Buffer,
): void {
  const tag = bareTag(answer.ETag).toLowerCase();
  const isComparable = answer.ServerSideEncryption === undefined && /^[0-9a-f]{32}$/.test(tag);
  if (!isComparable || tag === md5.toString('hex')) return;
  throw new WrongBytes(`The store has bytes with the MD5 ${tag}, not those it was sent`);
}

export class MultipartUpload {
  readonly #parts: S3Parts;
  readonly #blobId: string;
  readonly #uploadId: string;
  readonly #signal: AbortSignal | undefined;
  readonly #done: { PartNumber: number; ETag: string }[] = [];
  #size = 0;

  private constructor(
    parts: S3Parts,
    blobId: string,
    uploadId: string,
    signal: AbortSignal | undefined,
  ) {
    this.#parts = parts;
    this.#blobId = blobId;
    this.#uploadId = uploadId;
    this.#signal = signal;
  }

  static async begin(
    parts: S3Parts,
    blobId: string,
    signal?: AbortSignal,
  ): Promise<MultipartUpload> {
    const { sdk, client, requests } = parts;
    const input = { ...at(parts, blobId), ContentType: 'application/octet-stream' };
    const answer = await requests.send(
      (abortSignal) => client.send(new sdk.CreateMultipartUploadCommand(input), { abortSignal }),
      options(signal),
    );
    if (answer.UploadId === undefined) throw new Error('The store began an upload without an id.');
    return new MultipartUpload(parts, blobId, answer.UploadId, signal);
  }

  async put({ bytes, md5 }: Part): Promise<void> {
    const { sdk, client, requests } = this.#parts;
    const PartNumber = this.#done.length + 1;
    if (PartNumber > partsMax) throw new Error('The object has more parts than a store takes.');
    const input = {
      ...this.#target,
      PartNumber,
      Body: bytes,
      ContentLength: bytes.byteLength,
      ContentMD5: md5.toString('base64'),
    };
    const answer = await requests.send(async (abortSignal) => {
      const stored = await client.send(new sdk.UploadPartCommand(input), { abortSignal });
      checkTag(stored, md5);
      return stored;
    }, options(this.#signal));
    this.#done.push({ PartNumber, ETag: answer.ETag ?? '' });
    this.#size += bytes.byteLength;
  }

  /** Lets the server copy `length` bytes from `start` of another object. */
  async putCopy(copySource: string, start: number, length: number): Promise<void> {
    const { sdk, client, requests } = this.#parts;
    const PartNumber = this.#done.length + 1;
    const input = {
      ...this.#target,
      PartNumber,
      CopySource: copySource,
      CopySourceRange: `bytes=${start}-${start + length - 1}`,
    };
    const answer = await requests.send(
      (abortSignal) => client.send(new sdk.UploadPartCopyCommand(input), { abortSignal }),
      { attemptMs: longAttemptMs, ...options(this.#signal) },
    );
    this.#done.push({ PartNumber, ETag: answer.CopyPartResult?.ETag ?? '' });
    this.#size += length;
  }

  /** The object stands, whole. */
  async complete(): Promise<void> {
    const { sdk, client, requests } = this.#parts;
    const input = { ...this.#target, MultipartUpload: { Parts: this.#done } };
    let composing: unknown;
    try {
      await requests.send(
        (abortSignal) =>
          client.send(new sdk.CompleteMultipartUploadCommand(input), { abortSignal }),
        { attemptMs: longAttemptMs, ...options(this.#signal) },
      );
    } catch (error) {
      // An upload that is gone may have been composed by an attempt whose answer got lost.
      if (!isMissing(error)) throw error;
      composing = error;
    }
    const size = await sizeOf(this.#parts, this.#blobId).catch((error) => {
      throw composing ?? error;
    });
    if (size === this.#size) return;
    throw new Error(`The store has ${size} bytes of ${this.#size}.`);
  }

  /** Gives the parts up; what cannot be given up now is swept later. */
  async abort(): Promise<void> {
    const { sdk, client, requests } = this.#parts;
    await requests
      .send((abortSignal) =>
        client.send(new sdk.AbortMultipartUploadCommand(this.#target), { abortSignal }),
      )
      .catch(() => {});
  }

  get #target() {
    return { ...at(this.#parts, this.#blobId), UploadId: this.#uploadId };
  }
}

/** @throws the SDK's error; `isMissing` tells an absent object. */
export async function sizeOf(parts: S3Parts, blobId: string): Promise<number> {
  const { sdk, client, requests } = parts;
  const input = at(parts, blobId);
  const answer = await requests.send((abortSignal) =>
    client.send(new sdk.HeadObjectCommand(input), { abortSignal }),
  );
  if (answer.ContentLength === undefined) throw new Error('The store names no length.');
  return answer.ContentLength;
}

function options(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
