/**
 * Answers given again: what a GET or HEAD was answered with is kept, head and all, and the next one
 * like it is answered from here, without a way through the rooms, as long as the answer stands.
 *
 * What must hold: a request that is not certainly like the first takes the ordinary way. So headers
 * are judged by a list of those that change no answer; one that is not named there, or has a value
 * that is not, makes the request another one.
 */

import { Lru } from '../lru/index.ts';
import type { HttpLimits } from './limits.ts';
import { separatorBytes } from './request-head.ts';
import type { ConnectionFacts } from './request-view.ts';
import { renderLines } from './response-head.ts';
import type { HttpResponse, Repeatable } from './types.ts';
import type { Incoming } from './wire.ts';

/** An answer as it goes on the wire, but for what is each answer's own. */
export interface Repeat {
  readonly status: number;
  /** What comes between the common headers and those of the connection, as lines. */
  readonly head: string;
  /** The same for HTTP/2, whose heads are no lines: names and values in turn. */
  readonly fields: readonly string[] | undefined;
  /** Small ones as text, byte for byte (latin1): head and content are then one write. */
  readonly content: Uint8Array | string | undefined;
  readonly repeatable: Repeatable;
}

export interface Repeats {
  find(incoming: Incoming, connection: ConnectionFacts): Repeat | undefined;
  /**
   * `head`: names and values in turn, without the common headers. Keeps it only if a request like
   * this may be answered so.
   */
  keep(
    incoming: Incoming,
    connection: ConnectionFacts,
    answer: HttpResponse,
    head: readonly string[],
  ): void;
}

/** Contents up to this size; larger ones gain nothing. */
export const repeatedBytesMax = 256 * 1_024;

/** Heads and contents together. */
const keptBytesMax = 48 * 1_024 * 1_024;

/** Of an entry, besides its texts and its content. */
const entryBytes = 1_024;

/** What browsers and tools send along and no answer without conditions depends on. */
const indifferent = [
  'accept',
  'accept-language',
  'cache-control',
  'cookie',
  'dnt',
  'forwarded',
  'pragma',
  'priority',
  'purpose',
  'referer',
  'save-data',
  'sec-ch-ua',
  'sec-ch-ua-mobile',
  'sec-ch-ua-platform',
  'sec-fetch-dest',
  'sec-fetch-mode',
  'sec-fetch-site',
  'sec-fetch-user',
  'sec-gpc',
  'upgrade-insecure-requests',
  'user-agent',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
  'x-request-id',
];

/** `connection` and `coding`: by their values. */
type Meaning = 'host' | 'connection' | 'coding' | 'indifferent';

const meanings: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ['host', 'host'],
  ['connection', 'connection'],
  ['accept-encoding', 'coding'],
  ...indifferent.map((name): [string, Meaning] => [name, 'indifferent']),
  // As most clients write them, so that the most frequent ones need no conversion.
  ['Host', 'host'],
  ['Connection', 'connection'],
  ['Accept-Encoding', 'coding'],
  ['Accept', 'indifferent'],
  ['User-Agent', 'indifferent'],
]);

/** As clients write them; the runtime obeys both. */
const connectionOptions: ReadonlySet<string> = new Set([
  'keep-alive',
  'Keep-Alive',
  'close',
  'Close',
]);

/** A client that speaks of weights may mean something that is left to the ordinary way. */
const plainCodings = /^[a-z0-9, -]*$/;
const gzip = /(?:^|[, ])(?:x-)?gzip(?:[, ]|$)/;

/**
 * What tells requests apart; `undefined` for one that may depend on more than the key holds. The
 * parser has refused what is no HTTP; a body is announced by a header that is not on the list. The
 * parts are told apart by line feeds, which only the last could have.
 */
function keyOf(
  { method, url = '', rawHeaders, httpVersion, hasBody }: Incoming,
  { isSecure, serverName }: ConnectionFacts,
  limits: HttpLimits,
): string | undefined {
  if ((method !== 'GET' && method !== 'HEAD') || hasBody) return undefined;
  // What is kept for one protocol has the form of that one.
  if (hasBody === undefined && httpVersion !== '1.1') return undefined;
  if (!url.startsWith('/') || rawHeaders.length > 2 * limits.headersMax) return undefined;
  let host: string | undefined;
  let coding = '';
  let bytes = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    const meaning = meanings.get(name) ?? meanings.get(name.toLowerCase());
    const value = rawHeaders[at + 1] ?? '';
    bytes += name.length + value.length + separatorBytes;
    if (meaning === 'host' && host === undefined) host = value;
    else if (meaning === 'coding' && coding === '' && plainCodings.test(value)) {
      if (gzip.test(value)) coding = 'gzip';
    } else if (meaning === 'connection') {
      if (!connectionOptions.has(value)) return undefined;
    } else if (meaning !== 'indifferent') return undefined;
  }
  if (host === undefined || bytes > limits.headerBytesMax) return undefined;
  const where = isSecure ? `\n${serverName ?? ''}` : '';
  const protocol = hasBody === undefined ? '' : ' 2';
  return `${method}${coding}${protocol}\n${host}\n${url}${where}`;
}

/** The runtime writes a text of up to 16 KiB without a buffer of its own. */
const textBytesMax = 15 * 1_024;

/** RFC 9112 7.1: one chunk, and the end. */
function asChunk(bytes: Uint8Array): Uint8Array {
  const size = Buffer.from(`${bytes.length.toString(16)}\r\n`, 'latin1');
  return Buffer.concat([size, bytes, Buffer.from('\r\n0\r\n\r\n', 'latin1')]);
}

function asWritten(content: Uint8Array | undefined): Uint8Array | string | undefined {
  if (content === undefined || content.length > textBytesMax) return content;
  return Buffer.from(content.buffer, content.byteOffset, content.length).toString('latin1');
}

export function createRepeats(limits: HttpLimits): Repeats {
  const kept = new Lru<Repeat>({ costMax: keptBytesMax });
  return {
    find(incoming, connection) {
      const key = keyOf(incoming, connection, limits);
      const found = key === undefined ? undefined : kept.find(key);
      if (key === undefined || found === undefined) return undefined;
      if (found.repeatable.stands()) return found;
      kept.drop(key);
      return undefined;
    },
    keep(incoming, connection, answer, head) {
      const { repeatable, body, status } = answer;
      if (repeatable === undefined || answer.closeConnection) return;
      if (body.kind !== 'bytes' && body.kind !== 'none') return;
      const bytes = body.kind === 'bytes' ? body.bytes : undefined;
      if ((bytes?.length ?? 0) > repeatedBytesMax) return;
      const key = keyOf(incoming, connection, limits);
      if (key === undefined) return;
      const isFramed = incoming.hasBody !== undefined;
      const isChunked = !isFramed && body.kind === 'bytes' && body.isChunked === true;
      const content = isChunked ? asChunk(body.bytes) : bytes;
      const lines = renderLines(isChunked ? [...head, 'Transfer-Encoding', 'chunked'] : head);
      const cost = entryBytes + key.length + lines.length + (content?.length ?? 0);
      const kind = { head: lines, fields: isFramed ? head : undefined };
      kept.keep(key, { status, ...kind, content: asWritten(content), repeatable }, cost);
    },
  };
}
