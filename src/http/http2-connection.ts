/**
 * One connection of HTTP/2: each of its streams is an exchange of its own (RFC 9113). The runtime
 * judges frames; what it does not bound is bounded here (docs/decisions/0014-http2.md).
 */
import {
  constants,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Socket } from 'node:net';
import { Exchange, type ExchangeRules } from './exchange.ts';
import { Http2Response, type RawFields, readFields } from './http2-stream.ts';
import type { HttpLimits } from './limits.ts';
import type { Repeat } from './repeats.ts';
import { repeatOnStream } from './repetition.ts';
import type { ConnectionFacts } from './request-view.ts';
import type { Http2Incoming } from './wire.ts';

/** Streams that one connection may have open, as it is told. */
const streamsMax = 100;
/** What a client may send of a body that nobody reads. */
const windowBytes = 128 * 1_024;
/** Its overhead of frames and acknowledgements: to begin with, and of what it is sent. */
const overheadBytesMax = 64 * 1_024;
const overheadOfSent = 1 / 16;
/** Coding of a head, and one frame. */
const headOverheadBytes = 64;

/** How many streams run, of all connections and of each address (security.md 6.7). */
export interface StreamCount {
  /** False when there are too many; else `leave` follows. */
  enter(address: string): boolean;
  leave(address: string): void;
}

/** A stream costs what a connection of HTTP/1 costs, and counts as one. */
export function createStreamCount(limits: HttpLimits): StreamCount {
  const perAddress = new Map<string, number>();
  let all = 0;
  return {
    enter(address) {
      const here = perAddress.get(address) ?? 0;
      if (all >= limits.connectionsMax || here >= limits.streamsPerAddressMax) return false;
      perAddress.set(address, here + 1);
      all++;
      return true;
    },
    leave(address) {
      all--;
      const left = (perAddress.get(address) ?? 1) - 1;
      if (left === 0) perAddress.delete(address);
      else perAddress.set(address, left);
    },
  };
}

function openSession(socket: Socket, limits: HttpLimits): ServerHttp2Session {
  return performServerHandshake(socket, {
    settings: {
      maxConcurrentStreams: streamsMax,
      initialWindowSize: windowBytes,
      maxHeaderListSize: limits.headerBytesMax + limits.targetBytesMax,
    },
    // Some more than are taken, so that a few too many get an answer and not a reset.
    maxHeaderListPairs: limits.headersMax * 2,
    maxSettings: 32,
    maxOutstandingPings: 10,
    maxSessionInvalidFrames: 100,
    maxSessionRejectedStreams: 100,
    maxSessionMemory: 10,
    // CVE-2023-44487: so many at once, and then so many a second.
    streamResetBurst: 200,
    streamResetRate: 33,
  });
}

/** A stream that is under way. */
interface Work {
  readonly bodyBytesRead: number;
}

export class Http2Connection {
  readonly #socket: Socket;
  readonly #session: ServerHttp2Session;
  readonly #facts: ConnectionFacts;
  readonly #rules: ExchangeRules;
  readonly #streams: StreamCount;
  readonly #running = new Set<Work>();
  #received = 0;
  #idleSince: number;
  /** Bytes of requests that are over, and room for what nobody read. */
  #entitled = overheadBytesMax;

  constructor(socket: Socket, facts: ConnectionFacts, rules: ExchangeRules, streams: StreamCount) {
    this.#socket = socket;
    this.#facts = facts;
    this.#rules = rules;
    this.#streams = streams;
    this.#idleSince = rules.world.clock.monotonicMs();
    const session = openSession(socket, rules.limits);
    this.#session = session;
    session.on('stream', (stream, _headers, _flags, fields: RawFields) => {
      this.#receive(stream, fields);
    });
    // The client broke the protocol or went: the runtime has told it, and ends the connection.
    session.on('error', () => {});
    socket.on('error', () => socket.destroy());
    session.on('close', () => socket.destroySoon());
  }

  get isIdle(): boolean {
    return this.#running.size === 0;
  }

  /** The client is told; what runs is answered, and nothing after it (RFC 9113 6.8). */
  end(): void {
    if (!this.#session.closed) this.#session.close();
  }

  /** Looks at what has no event of its own. To be called now and then. */
  check(): void {
    const { keepAliveMs } = this.#rules.limits;
    const idleMs = this.#rules.world.clock.monotonicMs() - this.#idleSince;
    if (this.isIdle && idleMs >= keepAliveMs) {
      // A second time: the client has not let go.
      if (this.#session.closed) this.#socket.destroy();
      else this.end();
    }
    if (this.#isNoisy()) this.#session.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM);
  }

  /**
   * Whether most of what came are frames that ask for nothing: pings, settings, priorities, windows
   * opened byte by byte, empty or unknown frames (CVE-2019-9511 to 9518).
   */
  #isNoisy(): boolean {
    const { bytesRead, bytesWritten } = this.#socket;
    let entitled = this.#entitled + bytesWritten * overheadOfSent;
    for (const { bodyBytesRead } of this.#running) entitled += bodyBytesRead * 2;
    return bytesRead > entitled;
  }

  #receive(stream: ServerHttp2Stream, fields: RawFields): void {
    stream.on('error', () => {});
    const { limits, isEnding } = this.#rules;
    // Streams that were reset are still at work for a while: they count (CVE-2023-44487).
    const isTooMany = this.#running.size >= streamsMax * 2;
    if (isTooMany || !this.#streams.enter(this.#facts.remoteAddress)) {
      stream.close(constants.NGHTTP2_REFUSED_STREAM);
      return;
    }
    const incoming = readFields(stream, fields);
    this.#entitled += headBytes(fields) + (incoming.hasBody ? windowBytes : 0);
    const response = new Http2Response(stream);
    const repeated = isEnding() ? undefined : this.#rules.repeats.find(incoming, this.#facts);
    stream.setTimeout(limits.writeStallMs, () => {
      // What runs before is ours to answer, or an upload, which has its own clock.
      if (response.headersSent) stream.close(constants.NGHTTP2_CANCEL);
    });
    if (repeated === undefined) this.#run(incoming, response, stream);
    else this.#repeat(repeated, incoming, response);
    if (++this.#received >= limits.requestsPerConnectionMax || isEnding()) this.end();
  }

  #run(incoming: Http2Incoming, response: Http2Response, stream: ServerHttp2Stream): void {
    const exchange = new Exchange(incoming, response, this.#facts, this.#rules);
    this.#running.add(exchange);
    const closed = new Promise<void>((resolve) => stream.once('close', resolve));
    stream.once('close', () => exchange.finish());
    // A stream that was reset is still at work until its handler is.
    void Promise.all([exchange.run(), closed]).then(() => this.#ended(exchange));
  }

  #repeat(repeated: Repeat, incoming: Http2Incoming, response: Http2Response): void {
    const work: Work = { bodyBytesRead: 0 };
    this.#running.add(work);
    response.once('close', () => this.#ended(work));
    repeatOnStream(repeated, { incoming, response, connection: this.#facts }, this.#rules);
  }

  #ended(work: Work): void {
    this.#running.delete(work);
    this.#entitled += work.bodyBytesRead * 2;
    this.#streams.leave(this.#facts.remoteAddress);
    this.#idleSince = this.#rules.world.clock.monotonicMs();
  }
}

function headBytes(fields: RawFields): number {
  let bytes = headOverheadBytes;
  for (const field of fields) bytes += field.length * 2;
  return bytes;
}
