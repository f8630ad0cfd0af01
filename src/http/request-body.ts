import type { Readable } from 'node:stream';
import { OssError } from '../errors/index.ts';
import type { RequestBody } from './types.ts';
import type { UploadMeter, UploadRates } from './upload-rate.ts';

/** The body of one request, read from the parser's stream on demand and never ahead of it. */
export class IncomingBody implements RequestBody {
  readonly length: number | undefined;
  readonly #incoming: Readable;
  readonly #rates: UploadRates;
  /** Asks the client to send (100 Continue); set while it has not been asked. */
  #askClient: (() => void) | undefined;
  #isTaken = false;
  /** While it is read. */
  #meter: UploadMeter | undefined;
  #bytes = 0;
  #isEnded = false;
  #failure: OssError | undefined;
  #wake: (() => void) | undefined;

  constructor(options: {
    incoming: Readable;
    length: number | undefined;
    rates: UploadRates;
    askClient: (() => void) | undefined;
  }) {
    this.length = options.length;
    this.#incoming = options.incoming;
    this.#rates = options.rates;
    this.#askClient = options.askClient;
  }

  get bytesRead(): number {
    return this.#bytes;
  }

  /** Whether all of it was read by whoever answers the request. */
  get isComplete(): boolean {
    return this.#isEnded || this.#bytes === this.length;
  }

  /** The client still waits for 100 Continue and has been told nothing. */
  get isUnasked(): boolean {
    return this.#askClient !== undefined;
  }

  /** Ends the reading with `error`: the rest of the body is slow, broken or gone. */
  fail(error: OssError): void {
    this.#failure ??= error;
    this.#wake?.();
  }

  async *stream(): AsyncGenerator<Buffer, void, undefined> {
    const end = this.#begin();
    try {
      for (;;) {
        const chunk = await this.#next();
        if (chunk === undefined) return;
        yield chunk;
      }
    } finally {
      end();
    }
  }

  async readAll(bytesMax: number): Promise<Buffer> {
    if ((this.length ?? 0) > bytesMax) throw tooLarge(bytesMax);
    const chunks: Buffer[] = [];
    let bytes = 0;
    const end = this.#begin();
    try {
      for (;;) {
        const chunk = await this.#next();
        if (chunk === undefined) break;
        bytes += chunk.length;
        if (bytes > bytesMax) throw tooLarge(bytesMax);
        chunks.push(chunk);
      }
    } finally {
      end();
    }
    return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, bytes);
  }

  /** What it gives back ends the reading, and is to be called in every case. */
  #begin(): () => void {
    if (this.#isTaken) throw new Error('The body of a request can be read once only.');
    this.#isTaken = true;
    if (this.length === 0) return () => {};
    this.#askClient?.();
    this.#askClient = undefined;
    const incoming = this.#incoming;
    const wake = (): void => this.#wake?.();
    const gone = (): void => {
      if (!incoming.readableEnded) this.fail(stopped());
    };
    incoming.on('readable', wake).on('end', wake).on('error', gone).on('close', gone);
    const meter = this.#rates.meter(() => this.fail(tooSlow()));
    this.#meter = meter;
    return () => {
      meter.stop();
      incoming.off('readable', wake).off('end', wake).off('close', gone);
      // The error listener stays: an abort after this must not become an uncaught exception.
    };
  }

  /** `undefined` at the end. */
  async #next(): Promise<Buffer | undefined> {
    const incoming = this.#incoming;
    for (;;) {
      // The parser tells of the end later than the last byte is here.
      if (this.#bytes === this.length) return undefined;
      if (this.#failure) throw this.#failure;
      const chunk: Buffer | null = incoming.read();
      if (chunk !== null) {
        this.#meter?.received(chunk.length);
        this.#bytes += chunk.length;
        return chunk;
      }
      if (incoming.readableEnded) {
        this.#isEnded = true;
        return undefined;
      }
      if (incoming.destroyed) throw stopped();
      this.#meter?.waitStarts();
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }
}

function tooLarge(bytesMax: number): OssError {
  return new OssError('EntityTooLarge', {
    message: `The body of this request may not be larger than ${bytesMax} bytes.`,
    closeConnection: true,
  });
}

function stopped(): OssError {
  return new OssError('RequestTimeout', {
    message: 'The client closed the connection before the body of the request was complete.',
    closeConnection: true,
  });
}

function tooSlow(): OssError {
  return new OssError('RequestTimeout', { closeConnection: true });
}
