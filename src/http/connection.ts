/**
 * One connection: its requests are answered one after the other, in the order they came, whatever a
 * client sends ahead (RFC 9112 9.3.2 allows it, and a PUT followed by a GET means that order).
 * After an answer that closes the connection nothing more of it is read, run or written.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { OssError } from '../errors/index.ts';
import { Exchange, type ExchangeRules } from './exchange.ts';
import { repeat } from './repetition.ts';
import { noTunnels } from './request-head.ts';
import type { ConnectionFacts } from './request-view.ts';
import { bodyBytes, renderWhole } from './response-head.ts';

/** Why the runtime's parser, or a deadline, gave up on a connection. */
interface ParserError extends Error {
  readonly code?: string;
}

export class Connection {
  readonly #socket: Socket;
  readonly #facts: ConnectionFacts;
  readonly #rules: ExchangeRules;
  #active: Exchange | undefined;
  #waiting: Exchange[] = [];
  /** Nothing more is answered. */
  #isOver = false;
  /** Answered once everything before it is. */
  #problem: OssError | undefined;
  #hasFailed = false;
  #received = 0;

  constructor(socket: Socket, facts: ConnectionFacts, rules: ExchangeRules) {
    this.#socket = socket;
    this.#facts = facts;
    this.#rules = rules;
  }

  /** Nobody waits for anything of it. */
  get isIdle(): boolean {
    // An answer that was given again is on its way without anybody who waits for it here.
    if (this.#active === undefined) return this.#socket.writableLength === 0;
    return this.#active.isLingering;
  }

  receive(incoming: IncomingMessage, response: ServerResponse): void {
    if (this.#isOver) return;
    const isLast = ++this.#received >= this.#rules.limits.requestsPerConnectionMax;
    if (!isLast && this.#active === undefined && this.#repeat(incoming, response)) return;
    // We say when it is: one text a second, from the clock of this world.
    response.sendDate = false;
    const exchange = new Exchange(incoming, response, this.#facts, this.#rules);
    if (isLast) exchange.makeLast();
    if (this.#active === undefined) this.#begin(exchange);
    else if (this.#waiting.length < this.#rules.limits.pipelinedMax) this.#waiting.push(exchange);
    else this.destroy();
  }

  /** Whether it was answered with what a request like it was answered with before. */
  #repeat(incoming: IncomingMessage, response: ServerResponse): boolean {
    const rules = this.#rules;
    if (rules.isEnding()) return false;
    const answer = rules.repeats.find(incoming, this.#facts);
    if (answer === undefined) return false;
    const isLast = !response.shouldKeepAlive;
    if (isLast) this.#isOver = true;
    repeat(answer, isLast, { incoming, response, connection: this.#facts }, rules);
    return true;
  }

  #begin(exchange: Exchange): void {
    this.#active = exchange;
    exchange.response.on('close', () => this.#ended(exchange));
    void exchange.run();
  }

  #ended(exchange: Exchange): void {
    if (this.#active !== exchange) return;
    this.#active = undefined;
    exchange.finish();
    if (this.#socket.destroyed || exchange.closesConnection || this.#rules.isStopping()) {
      this.#isOver = true;
      this.#waiting = [];
      // A body that broke after the head had promised more requests.
      if (!this.#socket.destroyed) this.#socket.destroySoon();
      return;
    }
    const next = this.#waiting.shift();
    if (next) this.#begin(next);
    else if (this.#problem) this.#refuse(this.#problem, '');
  }

  /** The parser cannot go on, or the headers did not come in time. */
  fail(error: ParserError): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    // Bytes after a request that announced to be the last: they are nobody's (RFC 9112 9.6).
    if (error.code === 'HPE_CLOSED_CONNECTION' && (this.#active || this.#isOver)) return;
    // The answer is on its way, and cutting the connection now would take it back.
    if (this.#active?.isLingering) return;
    const problem = this.#socket.writable ? problemOf(error, this.#socket) : undefined;
    if (!problem) {
      this.destroy();
      return;
    }
    const last = this.#waiting.at(-1) ?? this.#active;
    if (last && !last.isReceived) last.failBody(bodyProblemOf(error, problem));
    else if (last) this.#problem = problem;
    else this.#refuse(problem, '');
  }

  /** CONNECT asks for a tunnel; there is none (security.md 6.4). */
  refuseTunnel(host: string): void {
    if (this.#active) {
      this.destroy();
      return;
    }
    this.#refuse(noTunnels(), 'CONNECT', host);
  }

  /** Nothing moved for as long as the socket's timer allows. */
  stall(): void {
    if (this.#active && !this.#active.isWriting) {
      // Ours to answer, or an upload, which has its own clock.
      this.#socket.setTimeout(this.#rules.limits.writeStallMs);
      return;
    }
    this.destroy();
  }

  destroy(): void {
    this.#isOver = true;
    this.#waiting = [];
    this.#socket.destroy();
  }

  /** Writes an answer where the runtime has no response for it, and closes. */
  #refuse(problem: OssError, method: string, host = ''): void {
    this.#isOver = true;
    const { nextRequestId, renderProblem, dateText, onAnswered, world, limits } = this.#rules;
    const requestId = nextRequestId();
    const answer = renderProblem(problem, { requestId, host, method });
    const facts = { method, requestId, date: dateText(), serverTimeMs: 0, closesConnection: true };
    const socket = this.#socket;
    socket.on('error', () => socket.destroy());
    socket.end(renderWhole(answer, facts));
    socket.resume();
    const over = new AbortController();
    socket.once('close', () => over.abort());
    // Reads on for a while, so that the client sees the answer and not a reset (RFC 9112 9.6).
    world.timers.delay(limits.lingerMs, over.signal).then(
      () => socket.destroy(),
      () => {},
    );
    onAnswered({
      requestId,
      receivedAt: world.clock.now(),
      ...this.#facts,
      method,
      host,
      target: '',
      userAgent: '',
      status: answer.status,
      bodyBytes: bodyBytes(answer) ?? 0,
      durationMs: 0,
      isComplete: true,
    });
  }
}

/** The end of the connection in the middle of a body is no fault of its form. */
function bodyProblemOf(error: ParserError, problem: OssError): OssError {
  return error.code === 'HPE_INVALID_EOF_STATE' ? new OssError('RequestTimeout') : problem;
}

/** `undefined` where nobody waits for an answer. */
function problemOf(error: ParserError, socket: Socket): OssError | undefined {
  const { code = '' } = error;
  if (code === 'HPE_HEADER_OVERFLOW') return new OssError('RequestHeaderSectionTooLarge');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    // A connection opened in advance and never used: an answer would only confuse its owner.
    if (socket.bytesRead === 0) return undefined;
    return new OssError('RequestTimeout', {
      message: 'The headers of the request did not arrive in time.',
    });
  }
  return code.startsWith('HPE_') ? new OssError('MalformedRequest') : undefined;
}
