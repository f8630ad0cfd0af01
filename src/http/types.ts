import type { OssError } from '../errors/index.ts';
import type { Instant } from '../world/index.ts';

/** One parameter of the query string, decoded once. `?acl` and `?acl=` both have the value ''. */
export interface QueryParameter {
  readonly name: string;
  readonly value: string;
}

/** The head of a request, as every room behind http sees it. Immutable. */
export interface HttpRequest {
  /** 24 upper-case hex digits; the first eight are the Unix time (oss-protocol.md 2.2). */
  readonly requestId: string;
  readonly receivedAt: Instant;
  /** As received; methods are case-sensitive (RFC 9110 section 9.1). */
  readonly method: string;
  /** The raw request target in origin form: path and query, nothing resolved or decoded. */
  readonly target: string;
  /** The part of `target` before `?`, still percent-encoded; begins with `/`. */
  readonly rawPath: string;
  /** The part of `target` after the first `?`; empty when there is none. */
  readonly rawQuery: string;
  /** In wire order, names and values percent-decoded, `+` read as a space. */
  readonly query: readonly QueryParameter[];
  /**
   * Null-prototype map from lower-case names to values; repeated headers are joined with `,`.
   * Values are byte strings (latin1): what the client sent, byte for byte.
   */
  readonly headers: Readonly<Record<string, string>>;
  /** The Host header as received; never empty here. */
  readonly host: string;
  readonly remoteAddress: string;
  readonly isSecure: boolean;
  /**
   * The SNI name of this connection's own full handshake; `undefined` when there was none or when
   * it cannot be known (no TLS; a resumed TLS 1.2 session, security.md 5.4).
   */
  readonly serverName: string | undefined;
  /** `TLSv1.2`, `TLSv1.3`; `undefined` without TLS. */
  readonly tlsVersion: string | undefined;
  readonly body: RequestBody;
  /** Aborts when the client has gone or the request was answered. */
  readonly signal: AbortSignal;
}

export interface RequestBody {
  /** Content-Length; `undefined` for a chunked body; 0 when there is none. */
  readonly length: number | undefined;
  /**
   * The bytes as they come, with back-pressure. May be taken once. Fails with OssError
   * RequestTimeout when the client stops half way or falls below the minimum rate.
   */
  stream(): AsyncIterable<Buffer>;
  /** All of it; more than `bytesMax` is refused with EntityTooLarge (connection closes). */
  readAll(bytesMax: number): Promise<Buffer>;
}

/** A body the response writer pulls with positioned reads into its own reused buffers. */
export interface ByteSource {
  /** Fills `target` from `position`; returns the count. Fewer than asked only at the end. */
  read(target: Uint8Array, position: number): Promise<number>;
  close(): Promise<void>;
}

/** A body that is made while it is sent. The writer calls `close` in every case, at the end. */
export interface StreamBody {
  readonly kind: 'stream';
  /** Bytes; `undefined`: only the end will tell, and it goes in chunks (RFC 9112 7.1). */
  readonly length: number | undefined;
  readonly chunks: AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

export type ResponseBody =
  | StreamBody
  | { readonly kind: 'none' }
  /** `isChunked`: their number is not told beforehand; they go in chunks (RFC 9112 7.1). */
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array; readonly isChunked?: boolean }
  /** `length` bytes of the source from `start`. The writer closes the source in every case. */
  | {
      readonly kind: 'source';
      readonly source: ByteSource;
      readonly start: number;
      readonly length: number;
    };

export interface HttpResponse {
  readonly status: number;
  /** Names as they go on the wire; values are byte strings (latin1), checked by the writer. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ResponseBody;
  /**
   * Content-Length of the answer to HEAD; for other methods it follows from the body. `unknown`
   * where the answer to GET has none.
   */
  readonly headLength?: number | 'unknown';
  readonly closeConnection?: boolean;
  /** Set on an answer that everybody gets who asks the same, until something behind it changes. */
  readonly repeatable?: Repeatable;
}

/**
 * An answer with it depends on nothing of its request but the method, Host, target, the server name
 * of the connection, and which codings of the content the client takes.
 */
export interface Repeatable {
  /** Whether the answer would be made the same now. Asked before each repetition; at once. */
  stands(): boolean;
}

/** Answers one request. Never rejects: the pipeline turns every failure into a response. */
export type Handler = (request: HttpRequest) => Promise<HttpResponse>;

/** What an error document says about the request it answers. */
export interface ProblemFacts {
  readonly requestId: string;
  /** Empty when the request had none that could be read; likewise `method`. */
  readonly host: string;
  readonly method: string;
}

/** Renders the refusals of this room: requests that never reach the handler. */
export type ProblemRenderer = (error: OssError, facts: ProblemFacts) => HttpResponse;

/** One answered request, for the access log. */
export interface AnswerRecord {
  readonly requestId: string;
  readonly receivedAt: Instant;
  readonly remoteAddress: string;
  readonly isSecure: boolean;
  /** Empty, like `host` and `target`, when the request could not be parsed. */
  readonly method: string;
  readonly host: string;
  /** Without the signature and token of a presigned URL: a log is no place to borrow them from. */
  readonly target: string;
  readonly userAgent: string;
  readonly status: number;
  /** Bytes of the body handed to the connection. */
  readonly bodyBytes: number;
  readonly durationMs: number;
  /** False when the client did not wait for the end, or the body broke off. */
  readonly isComplete: boolean;
}
