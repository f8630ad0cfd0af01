/** What an exchange reads and writes, whichever the protocol. */
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { RawHead } from './request-head.ts';

/** A request of HTTP/2. Its connection carries others, whatever becomes of this one. */
export interface Http2Incoming extends RawHead {
  readonly headers: { readonly host: string | undefined };
  readonly hasBody: boolean;
  readonly body: Readable;
}

/** `hasBody` tells the protocols apart. */
export type Incoming = (IncomingMessage & { readonly hasBody?: undefined }) | Http2Incoming;

/** What an answer is written to: the runtime's own response, or a stream of HTTP/2. */
export interface ResponseWriter {
  readonly headersSent: boolean;
  readonly statusCode: number;
  readonly destroyed: boolean;
  readonly writableFinished: boolean;
  writeContinue(): void;
  writeHead(status: number, head: string[]): unknown;
  write(bytes: Uint8Array, done?: (error?: Error | null) => void): boolean;
  end(bytes?: Uint8Array, done?: () => void): unknown;
  destroy(): unknown;
  on(event: 'close', listener: () => void): unknown;
  once(event: 'close' | 'drain', listener: () => void): unknown;
  off(event: 'close' | 'drain', listener: () => void): unknown;
}
