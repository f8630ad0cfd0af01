import type { BlobReader, BlobSpan } from '../ports/blobs.ts';
import { StoreUnavailable } from '../ports/engine.ts';
import { unavailable } from './failures.ts';
import { at, bareTag, type S3Parts } from './parts.ts';
import { type SilenceWatch, watchSilence } from './silence.ts';

/** Without a byte for so long, the answer is given up and asked for again. */
const silenceMaxMs = 30_000;
/** Answers that broke off in a row without a single byte. */
const brokenMax = 4;

interface OpenBody {
  readonly pieces: AsyncIterator<Uint8Array>;
  /** Ends the connection unless all was read. */
  readonly drop: () => void;
  readonly silence: SilenceWatch;
  left: Uint8Array | undefined;
  /** Where the next byte of the body stands in the blob. */
  position: number;
  /** Behind the last byte that this body must have. */
  readonly end: number;
}

interface Facts {
  readonly size: number;
  readonly tag: string;
}

/**
 * Reads that follow each other share one answer of the store, which runs a little ahead of them; a
 * read from elsewhere asks anew. A body that breaks off or ends early is asked for again from where
 * it stopped; a short one never looks whole.
 */
export class S3BlobReader implements BlobReader {
  readonly #parts: S3Parts;
  readonly #blobId: string;
  readonly #facts: Facts;
  readonly #span: BlobSpan | undefined;
  #body: OpenBody | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  private constructor(
    parts: S3Parts,
    blobId: string,
    span: BlobSpan | undefined,
    first: { facts: Facts; body: OpenBody | undefined },
  ) {
    this.#parts = parts;
    this.#blobId = blobId;
    this.#span = span;
    this.#facts = first.facts;
    this.#body = first.body;
  }

  /** @throws the SDK's error; `isMissing` tells an absent object. */
  static async open(
    parts: S3Parts,
    blobId: string,
    span: BlobSpan | undefined,
  ): Promise<S3BlobReader> {
    if (span?.length !== 0) {
      return new S3BlobReader(parts, blobId, span, await openBody(parts, blobId, span));
    }
    const { sdk, client, requests } = parts;
    const answer = await requests.send((abortSignal) =>
      client.send(new sdk.HeadObjectCommand(at(parts, blobId)), { abortSignal }),
    );
    const facts = { size: answer.ContentLength ?? 0, tag: bareTag(answer.ETag) };
    return new S3BlobReader(parts, blobId, undefined, { facts, body: undefined });
  }

  get size(): number {
    return this.#facts.size;
  }

  read(target: Uint8Array, position: number): Promise<number> {
    const turn = this.#turn.then(() => this.#fill(target, position));
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#drop();
  }

  async #fill(target: Uint8Array, position: number): Promise<number> {
    const wanted = Math.min(target.byteLength, this.size - position);
    if (wanted <= 0) return 0;
    let filled = 0;
    let broken = 0;
    while (filled < wanted) {
      if (this.#isClosed) throw new StoreUnavailable('closed', 'The reader is closed.');
      try {
        const body = await this.#bodyAt(position + filled, broken > 0);
        const bytes = await this.#next(body);
        const taken = Math.min(bytes.byteLength, wanted - filled);
        target.set(bytes.subarray(0, taken), filled);
        body.left = taken < bytes.byteLength ? bytes.subarray(taken) : undefined;
        body.position += taken;
        filled += taken;
        broken = 0;
        if (body.position === body.end) this.#finish(body);
      } catch (error) {
        this.#drop();
        broken += 1;
        const isOver = this.#isClosed || !(error instanceof BrokenBody) || broken > brokenMax;
        if (isOver || !this.#parts.requests.mayRetry()) {
          throw unavailable(error, 'The object cannot be read');
        }
        await this.#parts.requests.pause(broken);
      }
    }
    return filled;
  }

  async #bodyAt(position: number, isRepeat: boolean): Promise<OpenBody> {
    if (this.#body?.position === position) return this.#body;
    this.#drop();
    const spanEnd = this.#span ? this.#span.start + this.#span.length : this.size;
    const end = position < spanEnd ? Math.min(spanEnd, this.size) : this.size;
    const span = { start: position, length: end - position };
    const { facts, body } = await openBody(this.#parts, this.#blobId, span, isRepeat);
    if (facts.size !== this.size || facts.tag !== this.#facts.tag) {
      body?.drop();
      throw new Error('The object is not the one that was opened.');
    }
    if (body === undefined) throw new BrokenBody('The store answered without a body.');
    this.#body = body;
    return body;
  }

  async #next(body: OpenBody): Promise<Uint8Array> {
    if (body.left !== undefined) return body.left;
    let next: IteratorResult<Uint8Array>;
    try {
      next = await body.silence.whileWaiting(() => body.pieces.next());
    } catch (cause) {
      throw new BrokenBody('The answer broke off', { cause });
    }
    if (next.done === true || body.position + next.value.byteLength > body.end) {
      throw new BrokenBody(`The answer has another length: ${body.position} of ${body.end} bytes`);
    }
    return next.value;
  }

  /** Hears the end, so that the connection serves again. */
  #finish(body: OpenBody): void {
    this.#body = undefined;
    body.silence.stop();
    body.pieces.next().catch(() => {});
  }

  #drop(): void {
    this.#body?.drop();
    this.#body = undefined;
  }
}

class BrokenBody extends Error {
  override readonly name = 'BrokenBody';
}

async function openBody(
  parts: S3Parts,
  blobId: string,
  span: BlobSpan | undefined,
  isRepeat = false,
): Promise<{ facts: Facts; body: OpenBody | undefined }> {
  const { sdk, client, requests } = parts;
  const Range = span && `bytes=${span.start}-${span.start + span.length - 1}`;
  const input = { ...at(parts, blobId), ...(Range === undefined ? {} : { Range }) };
  const answer = await requests.send(
    (abortSignal) => client.send(new sdk.GetObjectCommand(input), { abortSignal }),
    { isRepeat },
  );
  const body = answer.Body as (AsyncIterable<Uint8Array> & { destroy(): void }) | undefined;
  const destroy = () => body?.destroy();
  const range = span && readContentRange(answer.ContentRange);
  const isAsked =
    span === undefined ||
    (range?.start === span.start && range.end === Math.min(span.start + span.length, range.size));
  const size = span === undefined ? answer.ContentLength : range?.size;
  if (!isAsked || size === undefined) {
    destroy();
    throw new Error(`The store answered another range: ${answer.ContentRange ?? 'none'}.`);
  }
  const facts = { size, tag: bareTag(answer.ETag) };
  const [position, end] = [span?.start ?? 0, range?.end ?? size];
  if (body === undefined || position === end) {
    destroy();
    return { facts, body: undefined };
  }
  const pieces = body[Symbol.asyncIterator]();
  const silence = watchSilence(parts.world, silenceMaxMs, destroy);
  const drop = () => {
    silence.stop();
    destroy();
  };
  return { facts, body: { pieces, drop, silence, left: undefined, position, end } };
}

/** `bytes 0-99/1000`, the end made exclusive. */
function readContentRange(text: string | undefined) {
  const found = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(text ?? '');
  if (found === null) return undefined;
  return { start: Number(found[1]), end: Number(found[2]) + 1, size: Number(found[3]) };
}
