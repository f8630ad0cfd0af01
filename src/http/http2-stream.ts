/** A stream of HTTP/2 in the shape in which an exchange reads requests and writes answers. */
import { constants, type ServerHttp2Stream } from 'node:http2';
import type { Http2Incoming, ResponseWriter } from './wire.ts';

/** Names and values in turn, as received, pseudo headers among them. */
export type RawFields = readonly string[];

/**
 * The head as the judgement of heads reads it (request-head.ts): `:authority` is Host. A Host that
 * says something else stands beside it, and two of them are refused like two of HTTP/1 (RFC 9113
 * 8.3.1). Another scheme than that of the connection is judged like an absolute target.
 */
export function readFields(stream: ServerHttp2Stream, fields: RawFields): Http2Incoming {
  const pseudo = new Map<string, string>();
  const rawHeaders: string[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const name = fields[at] ?? '';
    const value = fields[at + 1] ?? '';
    if (name.startsWith(':')) pseudo.set(name, value);
    else rawHeaders.push(name, value);
  }
  const authority = pseudo.get(':authority');
  if (authority !== undefined) putHost(rawHeaders, authority);
  const path = pseudo.get(':path') ?? '';
  const scheme = pseudo.get(':scheme') ?? 'https';
  const isOwnScheme = scheme === 'https' || path === '*';
  return {
    method: pseudo.get(':method') ?? '',
    url: isOwnScheme ? path : `${scheme}://${authority ?? ''}${path}`,
    httpVersion: '2.0',
    rawHeaders,
    headers: { host: authority },
    hasBody: !stream.endAfterHeaders,
    body: stream,
  };
}

function putHost(rawHeaders: string[], authority: string): void {
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (rawHeaders[at] === 'host' && rawHeaders[at + 1]?.toLowerCase() === authority.toLowerCase())
      return;
  }
  rawHeaders.unshift('host', authority);
}

/** Answers on a stream. The head waits for the first bytes: without any it ends the stream. */
export class Http2Response implements ResponseWriter {
  readonly #stream: ServerHttp2Stream;
  #status = 0;
  #head: string[] | undefined;
  #isBroken = false;

  constructor(stream: ServerHttp2Stream) {
    this.#stream = stream;
  }

  get headersSent(): boolean {
    return this.#status !== 0;
  }

  get statusCode(): number {
    return this.#status;
  }

  get destroyed(): boolean {
    return this.#stream.destroyed || this.#stream.closed;
  }

  /** All of it has left, and the client did not refuse the end. */
  get writableFinished(): boolean {
    const { writableFinished, rstCode } = this.#stream;
    return writableFinished && rstCode === constants.NGHTTP2_NO_ERROR && !this.#isBroken;
  }

  writeContinue(): void {
    if (!this.destroyed) this.#stream.additionalHeaders({ ':status': 100 });
  }

  writeHead(status: number, head: readonly string[]): void {
    this.#status = status;
    this.#head = [':status', String(status)];
    for (let at = 0; at + 1 < head.length; at += 2) {
      this.#head.push((head[at] ?? '').toLowerCase(), head[at + 1] ?? '');
    }
  }

  write(bytes: Uint8Array, done?: (error?: Error | null) => void): boolean {
    this.#sendHead(false);
    return this.#stream.write(bytes, done);
  }

  end(bytes?: Uint8Array | string, done?: () => void): void {
    if (this.destroyed) return;
    const isEmpty = bytes === undefined || bytes.length === 0;
    this.#sendHead(isEmpty);
    // What the client still sends is not wanted any more (RFC 9113 8.1); what it sent is let go.
    this.#stream.once('finish', () => {
      this.#stream.resume();
      if (!this.#stream.endAfterHeaders) this.#stream.close(constants.NGHTTP2_NO_ERROR);
      done?.();
    });
    if (isEmpty) this.#stream.end();
    else this.#stream.end(bytes, 'latin1');
  }

  /** The client must not take what it got for the whole. */
  destroy(): void {
    this.#isBroken = true;
    this.#stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    this.#stream.resume();
  }

  on(event: 'close' | 'drain', listener: () => void): this {
    this.#stream.on(event, listener);
    return this;
  }

  once(event: 'close' | 'drain', listener: () => void): this {
    this.#stream.once(event, listener);
    return this;
  }

  off(event: 'close' | 'drain', listener: () => void): this {
    this.#stream.off(event, listener);
    return this;
  }

  #sendHead(isAll: boolean): void {
    const head = this.#head;
    this.#head = undefined;
    if (head === undefined || this.destroyed) return;
    this.#stream.respond(head as never, { endStream: isAll });
  }
}
