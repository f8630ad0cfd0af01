/** One request and its answer on the wire. Knows no other request of the connection. */
import type { ServerResponse } from 'node:http';
import { OssError } from '../errors/index.ts';
import type { World } from '../world/index.ts';
import type { BufferPool } from './buffer-pool.ts';
import type { HttpLimits } from './limits.ts';
import { withoutCredentials } from './logged-target.ts';
import type { Repeats } from './repeats.ts';
import { IncomingBody } from './request-body.ts';
import { type RequestHead, readHead } from './request-head.ts';
import { type ConnectionFacts, RequestView } from './request-view.ts';
import { composeHead, composeOwnHead, mayHaveBody } from './response-head.ts';
import { writeSource } from './response-source.ts';
import { writeStream } from './response-stream.ts';
import type { AnswerRecord, Handler, HttpResponse, ProblemRenderer, StreamBody } from './types.ts';
import type { UploadRates } from './upload-rate.ts';
import type { Incoming, ResponseWriter } from './wire.ts';

/** What all exchanges of a listener share. */
export interface ExchangeRules {
  readonly handle: Handler;
  readonly renderProblem: ProblemRenderer;
  readonly limits: HttpLimits;
  readonly world: World;
  readonly nextRequestId: () => string;
  readonly dateText: () => string;
  readonly rates: UploadRates;
  readonly pool: BufferPool;
  readonly repeats: Repeats;
  /** Clients are told with every answer that it is the last of its connection. */
  readonly isEnding: () => boolean;
  /** No connection outlives what runs on it, whatever its client was told. */
  readonly isStopping: () => boolean;
  readonly onAnswered: (record: AnswerRecord) => void;
  readonly onRepeated: ((record: AnswerRecord) => void) | undefined;
  readonly onFault: (problem: unknown, requestId: string) => void;
}

const noBody = { kind: 'none' } as const;
/** RFC 9110 9.3.7: `OPTIONS *` is a ping, no more. */
const serverOptionsAnswer: HttpResponse = { status: 200, headers: {}, body: noBody };
/** Methods whose body means nothing to anybody here; it is read past (security.md 6.5). */
const bodiless = new Set(['GET', 'HEAD', 'DELETE']);

export class Exchange {
  readonly incoming: Incoming;
  readonly response: ResponseWriter;
  readonly #rules: ExchangeRules;
  readonly #connection: ConnectionFacts;
  readonly #startedAt: number;
  readonly #receivedAt: number;
  readonly #requestId: string;
  #head: RequestHead | undefined;
  #body: IncomingBody | undefined;
  #view: RequestView | undefined;
  #bodyProblem: OssError | undefined;
  #closes = false;
  #isBroken = false;
  #isLingering = false;

  constructor(
    incoming: Incoming,
    response: ResponseWriter,
    connection: ConnectionFacts,
    rules: ExchangeRules,
  ) {
    this.incoming = incoming;
    this.response = response;
    this.#connection = connection;
    this.#rules = rules;
    this.#startedAt = rules.world.clock.monotonicMs();
    this.#receivedAt = rules.world.clock.now();
    this.#requestId = rules.nextRequestId();
  }

  /** No further request of this connection may be answered after this one. */
  get closesConnection(): boolean {
    return this.#closes;
  }

  /** The connection closes after this one. */
  makeLast(): void {
    this.#closes = true;
  }

  /** The client has all it will get; only its own bytes are still awaited. */
  get isLingering(): boolean {
    return this.#isLingering;
  }

  /** The request is here to its end. */
  get isReceived(): boolean {
    return this.incoming.hasBody !== undefined || this.incoming.complete;
  }

  get bodyBytesRead(): number {
    return this.#body?.bytesRead ?? 0;
  }

  get isWriting(): boolean {
    return this.response.headersSent;
  }

  /** The rest of the body cannot be read: the parser gave up on the connection. */
  failBody(problem: OssError): void {
    this.#closes = true;
    this.#bodyProblem = problem;
    this.#body?.fail(problem);
  }

  /** Answers; afterwards the response is written, or the connection destroyed. Never rejects. */
  async run(): Promise<void> {
    const answer = await this.#answer();
    try {
      await this.#write(answer);
    } catch (problem) {
      this.#rules.onFault(problem, this.#requestId);
      this.#isBroken = true;
      this.response.destroy();
    }
  }

  /** The response is over, one way or the other: tells the handler and the access log. */
  finish(): void {
    this.#view?.finish();
    const { response } = this;
    this.#rules.onAnswered({
      requestId: this.#requestId,
      receivedAt: this.#receivedAt,
      remoteAddress: this.#connection.remoteAddress,
      isSecure: this.#connection.isSecure,
      method: this.incoming.method ?? '',
      host: this.#head?.host ?? '',
      target: withoutCredentials(this.incoming.url ?? ''),
      userAgent: this.#head?.headers['user-agent'] ?? '',
      status: response.headersSent ? response.statusCode : 0,
      bodyBytes: this.#sentBytes,
      durationMs: this.#rules.world.clock.monotonicMs() - this.#startedAt,
      isComplete: response.writableFinished && !this.#isBroken,
    });
  }

  #sentBytes = 0;

  async #answer(): Promise<HttpResponse> {
    const { incoming } = this;
    try {
      const head = readHead(incoming, this.#rules.limits);
      this.#head = head;
      this.#body = new IncomingBody({
        incoming: incoming.hasBody === undefined ? incoming : incoming.body,
        length: head.bodyLength,
        rates: this.#rules.rates,
        askClient: head.expectsContinue ? () => this.response.writeContinue() : undefined,
      });
      if (this.#bodyProblem) this.#body.fail(this.#bodyProblem);
      if (head.isServerOptions) return serverOptionsAnswer;
      this.#view = new RequestView(head, this.#connection, {
        requestId: this.#requestId,
        receivedAt: this.#receivedAt,
        body: this.#body,
      });
      return await this.#rules.handle(this.#view);
    } catch (problem) {
      // Refused before routing: where the request ends is not certain enough to read another.
      if (!this.#view) this.#closes = true;
      return this.#refusal(problem);
    }
  }

  #refusal(problem: unknown): HttpResponse {
    const isOurs = problem instanceof OssError;
    if (!isOurs) this.#rules.onFault(problem, this.#requestId);
    return this.#rules.renderProblem(isOurs ? problem : new OssError('InternalError'), {
      requestId: this.#requestId,
      host: this.#head?.host ?? this.incoming.headers.host ?? '',
      method: this.incoming.method ?? '',
    });
  }

  async #write(answer: HttpResponse): Promise<void> {
    try {
      // Lets the parser reach the end of what it already has: most refused requests have no body.
      if (!this.#view) await undefined;
      if (this.response.destroyed) return;
      await this.#send(answer);
    } finally {
      if (answer.body.kind === 'source') await this.#close(answer.body.source);
      if (answer.body.kind === 'stream') await this.#close(answer.body);
    }
  }

  async #close(source: { close(): Promise<void> }): Promise<void> {
    try {
      await source.close();
    } catch (problem) {
      this.#rules.onFault(problem, this.#requestId);
    }
  }

  async #send(answer: HttpResponse): Promise<void> {
    const { response, incoming } = this;
    const rest = this.#restOfBody();
    if (rest === 'too-much') this.#closes = true;
    if (answer.closeConnection || this.#rules.isEnding()) this.#closes = true;
    let head: string[];
    try {
      head = this.#composeHead(answer);
    } catch (problem) {
      return this.#sendInstead(problem);
    }
    if (rest === 'little') this.#readPast();
    const hasBody = incoming.method !== 'HEAD' && mayHaveBody(answer.status);
    const sendHead = (): void => void response.writeHead(answer.status, head);
    if (answer.body.kind === 'stream' && hasBody) return this.#sendStream(answer.body, sendHead);
    if (answer.body.kind === 'source' && hasBody && answer.body.length > 0) {
      return this.#sendSource(answer.body, sendHead);
    }
    sendHead();
    const bytes = hasBody && answer.body.kind === 'bytes' ? answer.body.bytes : undefined;
    this.#sentBytes = bytes?.length ?? 0;
    if (rest === 'too-much') return await this.#linger(bytes);
    if (bytes) response.end(bytes);
    else response.end();
    if (answer.repeatable !== undefined) this.#keep(answer);
  }

  /** Its next like is answered without a handler. */
  #keep(answer: HttpResponse): void {
    const head = composeOwnHead(answer, this.incoming.method ?? '');
    this.#rules.repeats.keep(this.incoming, this.#connection, answer, head);
  }

  #composeHead(answer: HttpResponse): string[] {
    return composeHead(answer, {
      method: this.incoming.method ?? '',
      requestId: this.#requestId,
      date: this.#rules.dateText(),
      serverTimeMs: this.#rules.world.clock.monotonicMs() - this.#startedAt,
      // HTTP/2 has no such header; its connections end otherwise.
      closesConnection: this.#closes && this.incoming.hasBody === undefined,
    });
  }

  /** Instead of an answer that cannot be sent: the server's own fault, said as such. */
  async #sendInstead(problem: unknown): Promise<void> {
    await this.#send(this.#refusal(problem));
  }

  async #sendSource(
    body: Extract<HttpResponse['body'], { kind: 'source' }>,
    sendHead: () => void,
  ): Promise<void> {
    try {
      const outcome = await writeSource(this.response, body, this.#rules.pool, sendHead);
      if (outcome === 'sent') this.#sentBytes = body.length;
    } catch (problem) {
      // Before the head there is still time to say so; afterwards a cut is the only honest end.
      if (this.response.headersSent) throw problem;
      await this.#sendInstead(problem);
    }
  }

  async #sendStream(body: StreamBody, sendHead: () => void): Promise<void> {
    try {
      const { sent, isComplete } = await writeStream(this.response, body, sendHead);
      if (isComplete) this.#sentBytes = sent;
    } catch (problem) {
      if (this.response.headersSent) throw problem;
      await this.#sendInstead(problem);
    }
  }

  /**
   * What is still to come of the request's body: nothing, a `little` that is read past so that the
   * connection can go on, or `too-much` (security.md 6.5 and 6.8).
   */
  #restOfBody(): 'none' | 'little' | 'too-much' {
    const body = this.#body;
    // A stream is ended without its connection.
    if (this.incoming.hasBody !== undefined) return 'none';
    if (this.#bodyProblem) return 'too-much';
    // Not judged by what the parser has: whether the end is there yet would be a matter of chance.
    if (body ? body.isComplete : this.incoming.complete) return 'none';
    const isSmall = (body?.length ?? 0) <= this.#rules.limits.drainBytesMax;
    const isReadPast = body && !body.isUnasked && bodiless.has(this.incoming.method ?? '');
    return isReadPast && isSmall ? 'little' : 'too-much';
  }

  /** Reads and forgets the rest, as long as it is small and comes at the minimum rate. */
  #readPast(): void {
    const { incoming } = this;
    if (incoming.hasBody !== undefined) return;
    const meter = this.#rules.rates.meter(() => incoming.socket.destroy());
    let bytes = 0;
    meter.waitStarts();
    incoming.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      meter.received(chunk.length);
      meter.waitStarts();
      if (bytes > this.#rules.limits.drainBytesMax) incoming.socket.destroy();
    });
    incoming.once('close', () => meter.stop()).once('end', () => meter.stop());
    incoming.on('error', () => meter.stop());
  }

  /**
   * Sends the answer and the end of the stream, then reads on for a while: closing at once would
   * reset the connection, and a client in the middle of an upload would never see the answer
   * (RFC 9112 9.6).
   */
  async #linger(bytes: Uint8Array | undefined): Promise<void> {
    const { response, incoming } = this;
    if (bytes) response.write(bytes);
    if (incoming.hasBody !== undefined) return void response.end();
    if (!bytes) (response as ServerResponse).flushHeaders();
    if (this.#body?.isUnasked || incoming.complete || response.destroyed) {
      response.end();
      return;
    }
    this.#isLingering = true;
    incoming.socket.end();
    const over = new AbortController();
    const end = (): void => over.abort();
    incoming.on('error', end).once('end', end).once('close', end).resume();
    response.once('close', end);
    try {
      await this.#rules.world.timers.delay(this.#rules.limits.lingerMs, over.signal);
    } catch {
      // The upload ended, or its client left: nothing to wait for.
    }
    response.end();
  }
}
