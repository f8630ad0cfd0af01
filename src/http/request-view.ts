import type { RequestHead } from './request-head.ts';
import type { HttpRequest, QueryParameter, RequestBody } from './types.ts';

/** Facts of the connection a request came on, the same for all of its requests. */
export interface ConnectionFacts {
  readonly remoteAddress: string;
  readonly isSecure: boolean;
  readonly serverName: string | undefined;
  readonly tlsVersion: string | undefined;
}

/** The request as every room behind this one sees it. */
export class RequestView implements HttpRequest {
  readonly requestId: string;
  readonly receivedAt: number;
  readonly method: string;
  readonly target: string;
  readonly rawPath: string;
  readonly rawQuery: string;
  readonly query: readonly QueryParameter[];
  readonly headers: Readonly<Record<string, string>>;
  readonly host: string;
  readonly remoteAddress: string;
  readonly isSecure: boolean;
  readonly serverName: string | undefined;
  readonly tlsVersion: string | undefined;
  readonly body: RequestBody;
  #controller: AbortController | undefined;
  #isOver = false;

  constructor(
    head: RequestHead,
    connection: ConnectionFacts,
    own: { requestId: string; receivedAt: number; body: RequestBody },
  ) {
    this.requestId = own.requestId;
    this.receivedAt = own.receivedAt;
    this.method = head.method;
    this.target = head.target;
    this.rawPath = head.rawPath;
    this.rawQuery = head.rawQuery;
    this.query = head.query;
    this.headers = head.headers;
    this.host = head.host;
    this.remoteAddress = connection.remoteAddress;
    this.isSecure = connection.isSecure;
    this.serverName = connection.serverName;
    this.tlsVersion = connection.tlsVersion;
    this.body = own.body;
  }

  /** Made when first asked for: most requests are over before anybody cares. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#isOver) this.#controller.abort();
    return this.#controller.signal;
  }

  /** The request was answered, or its client is gone. */
  finish(): void {
    this.#isOver = true;
    this.#controller?.abort();
  }
}
