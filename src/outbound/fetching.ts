/** GET whose answer is read while it comes, in constant memory: one chunk at a time. */
import type { IncomingMessage } from 'node:http';
import type { World } from '../world/index.ts';
import { type Begun, begin, type Place } from './connection.ts';

export interface FetchRequest {
  /** http or https. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Whether the TLS handshake names the host; its certificate must name it either way. */
  readonly isNameSent: boolean;
  /** Until the head of the answer is there: looking up, connecting, sending, waiting. */
  readonly headMs: number;
  /** Between one chunk that is asked for and its arrival. */
  readonly idleMs: number;
}

export interface FetchAnswer {
  readonly outcome: 'answered';
  readonly status: number;
  /** By lower-case name, values as byte strings. */
  readonly headers: IncomingMessage['headers'];
  /** Whether an end that came too early can be told: by a length, or by chunks. */
  readonly isDelimited: boolean;
  /** To be taken once. Fails when it breaks off, stalls, or is not of the length it announced. */
  readonly body: AsyncIterable<Buffer>;
  /** Ends the connection; needless once the body has been read to its end. */
  close(): void;
}

export type Fetched =
  | FetchAnswer
  | {
      readonly outcome: 'failed';
      readonly reason: 'forbidden' | 'unreachable' | 'timeout';
    };

type Failed = Exclude<Fetched, FetchAnswer>;
type Found =
  | readonly Place[]
  | {
      readonly outcome: 'failed';
      readonly reason: 'forbidden' | 'unreachable' | 'timeout' | 'too-large';
    };

/** Tries the places in their order until one is connected. Never rejects. */
export async function fetchFrom(
  request: FetchRequest,
  places: Promise<Found>,
  world: Pick<World, 'timers'>,
): Promise<Fetched> {
  const over = new AbortController();
  const reached = reach(request, places, over.signal).catch(() => failed('unreachable'));
  const begun = await within(world, request.headMs, reached);
  if (begun === 'late') {
    over.abort();
    return failed('timeout');
  }
  if ('outcome' in begun) return begun;
  const { incoming, connection } = begun;
  const { statusCode: status = 0, headers } = incoming;
  // Whoever reads the body is told; of a body that nobody reads, nobody need be.
  incoming.on('error', () => {});
  const isChunked = headers['transfer-encoding'] !== undefined;
  return {
    outcome: 'answered',
    status,
    headers,
    isDelimited: isChunked || headers['content-length'] !== undefined,
    body: readBody(incoming, connection, request.idleMs, world),
    close: connection.destroy,
  };
}

interface Reached {
  readonly incoming: IncomingMessage;
  readonly connection: Begun;
}

async function reach(
  { url, headers, isNameSent }: FetchRequest,
  places: Promise<Found>,
  signal: AbortSignal,
): Promise<Reached | Failed> {
  const found = await places;
  if ('outcome' in found) return failed(found.reason === 'forbidden' ? 'forbidden' : 'unreachable');
  for (const place of found) {
    if (signal.aborted) break;
    const connection = begin({ method: 'GET', url, headers, isNameSent }, place, signal);
    try {
      return { incoming: await connection.head, connection };
    } catch {
      connection.destroy();
      if (connection.isConnected()) break;
    }
  }
  return failed('unreachable');
}

async function* readBody(
  incoming: IncomingMessage,
  connection: Begun,
  idleMs: number,
  world: Pick<World, 'timers'>,
): AsyncGenerator<Buffer> {
  const chunks = incoming[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  try {
    for (;;) {
      const next = await within(world, idleMs, chunks.next());
      if (next === 'late') throw new Error(`Nothing came for ${idleMs} ms.`);
      if (next.done) break;
      yield next.value;
    }
    if (!incoming.complete) throw new Error('The answer broke off.');
  } finally {
    connection.destroy();
  }
}

async function within<Answer>(
  { timers }: Pick<World, 'timers'>,
  ms: number,
  work: Promise<Answer>,
): Promise<Answer | 'late'> {
  const finished = new AbortController();
  const late = timers.delay(ms, finished.signal).then(
    () => 'late' as const,
    () => 'late' as const,
  );
  try {
    return await Promise.race([work, late]);
  } finally {
    finished.abort();
  }
}

function failed(reason: Failed['reason']): Failed {
  return { outcome: 'failed', reason };
}
