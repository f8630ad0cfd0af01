import { malformedForm } from './refusals.ts';

/**
 * Reads a stream up to marks that may fall on any boundary of its chunks. Holds one chunk and less
 * than one mark at a time.
 */
export class Scanner {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #held: Buffer = Buffer.alloc(0);

  constructor(stream: AsyncIterable<Uint8Array>) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  /** What comes before `mark`, as it comes; the mark is consumed. @throws OssError without one. */
  async *before(mark: Buffer): AsyncGenerator<Buffer, void, undefined> {
    for (;;) {
      const at = this.#held.indexOf(mark);
      if (at >= 0) {
        const last = this.#take(at);
        this.#held = this.#held.subarray(mark.length);
        if (last.length > 0) yield last;
        return;
      }
      // The end of what is held may be the beginning of the mark.
      const sure = this.#held.length - mark.length + 1;
      if (sure > 0) yield this.#take(sure);
      if (!(await this.#readOn())) throw malformedForm();
    }
  }

  /** The same in one piece of at most `bytesMax`; `refuse` makes the refusal of a longer one. */
  async upTo(mark: Buffer, bytesMax: number, refuse: () => Error): Promise<Buffer> {
    const pieces: Buffer[] = [];
    let bytes = 0;
    for await (const piece of this.before(mark)) {
      bytes += piece.length;
      if (bytes > bytesMax) throw refuse();
      pieces.push(piece);
    }
    return Buffer.concat(pieces, bytes);
  }

  /** The next bytes, which stay; fewer than `count` only at the end. */
  async peek(count: number): Promise<Buffer> {
    while (this.#held.length < count && (await this.#readOn()));
    return this.#held.subarray(0, count);
  }

  /** Reads to the end of the stream and forgets it. */
  async skipRest(bytesMax: number, refuse: () => Error): Promise<void> {
    let bytes = 0;
    do {
      bytes += this.#held.length;
      if (bytes > bytesMax) throw refuse();
      this.#held = Buffer.alloc(0);
    } while (await this.#readOn());
  }

  /** No more will be read. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  #take(count: number): Buffer {
    const taken = this.#held.subarray(0, count);
    this.#held = this.#held.subarray(count);
    return taken;
  }

  async #readOn(): Promise<boolean> {
    const next = await this.#chunks.next();
    if (next.done) return false;
    const { value } = next;
    const chunk = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    return true;
  }
}
