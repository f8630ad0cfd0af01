import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { AddressLookup } from '../dns/index.ts';
import type { World } from '../world/index.ts';
import { type AllowList, isPublicAddress } from './addresses.ts';
import { begin, hostOf, type Place } from './connection.ts';
import { type Fetched, type FetchRequest, fetchFrom } from './fetching.ts';

export interface OutboundRequest {
  /** http or https. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Whether the TLS handshake names the host; its certificate must name it either way. */
  readonly isNameSent: boolean;
  /** For all of it: looking up, connecting, sending and reading. */
  readonly budgetMs: number;
  /** More of an answer is not read. */
  readonly answerBytesMax: number;
}

export type OutboundAnswer =
  | {
      readonly outcome: 'answered';
      readonly status: number;
      readonly headers: IncomingMessage['headers'];
      readonly body: Buffer;
    }
  /** `forbidden`: the address is not for callers; nothing was sent anywhere. */
  | {
      readonly outcome: 'failed';
      readonly reason: 'forbidden' | 'unreachable' | 'timeout' | 'too-large';
    };

export interface Dialer {
  /** Whether a host leads where callers must not go. Of a host nobody knows it is not known. */
  isForbidden(host: string): Promise<boolean>;
  /** Sends one request; follows no redirect, tries nothing twice, never rejects. */
  post(request: OutboundRequest): Promise<OutboundAnswer>;
  /** The same for GET, whose answer is read while it comes. */
  fetch(request: FetchRequest): Promise<Fetched>;
}

type Failed = Extract<OutboundAnswer, { outcome: 'failed' }>;
type Found = { readonly addresses: readonly string[] } | Failed;

/** Ours: a name that takes longer is as good as none. */
const lookupMs = 3_000;

export function createDialer(options: {
  lookup: AddressLookup;
  allowed: AllowList;
  world: Pick<World, 'timers'>;
  /** PEM of an authority to trust instead of the usual ones. */
  trusted?: string;
}): Dialer {
  const { lookup, allowed, world, trusted } = options;

  async function lookUp(name: string): Promise<readonly string[]> {
    const finished = new AbortController();
    const late = world.timers.delay(lookupMs, finished.signal).then(
      () => [],
      () => [],
    );
    try {
      return await Promise.race([lookup(name), late]);
    } finally {
      finished.abort();
    }
  }

  /** One closed address among several is enough: a name could answer with each in turn. */
  async function find(host: string): Promise<Found> {
    const addresses = isIP(host) === 0 ? await lookUp(host) : [host];
    const isOpen = (address: string): boolean =>
      allowed.hasName(host) || allowed.hasAddress(address) || isPublicAddress(address);
    if (!addresses.every(isOpen)) return failed('forbidden');
    return addresses.length === 0 ? failed('unreachable') : { addresses };
  }

  async function send(request: OutboundRequest, signal: AbortSignal): Promise<OutboundAnswer> {
    const host = hostOf(request.url);
    const found = await find(host);
    if ('outcome' in found) return found;
    for (const address of found.addresses) {
      if (signal.aborted) break;
      const attempt = await exchange(request, { host, address, trusted }, signal);
      if (attempt !== 'not-connected') return attempt;
    }
    return failed('unreachable');
  }

  return {
    async isForbidden(host) {
      const found = await find(host.replace(/^\[|\]$/g, ''));
      return 'outcome' in found && found.reason === 'forbidden';
    },
    async post(request) {
      const late = new AbortController();
      const finished = new AbortController();
      const timeout = world.timers.delay(request.budgetMs, finished.signal).then(
        () => failed('timeout'),
        () => failed('timeout'),
      );
      try {
        const sent = send(request, late.signal).catch(() => failed('unreachable'));
        return await Promise.race([sent, timeout]);
      } finally {
        finished.abort();
        late.abort();
      }
    },
    async fetch(request) {
      const host = hostOf(request.url);
      const places = find(host).then((found) =>
        'outcome' in found
          ? found
          : found.addresses.map((address): Place => ({ host, address, trusted })),
      );
      return await fetchFrom(request, places, world);
    },
  };
}

function failed(reason: Failed['reason']): Failed {
  return { outcome: 'failed', reason };
}

/** `not-connected`: not a byte of the request has left, so another address may be tried. */
async function exchange(
  request: OutboundRequest,
  place: Place,
  signal: AbortSignal,
): Promise<OutboundAnswer | 'not-connected'> {
  const { url, headers, body, isNameSent } = request;
  const length = { 'Content-Length': String(body.length) };
  const sent = { url, headers: { ...headers, ...length }, isNameSent, body };
  const begun = begin({ method: 'POST', ...sent }, place, signal);
  try {
    const incoming = await begun.head;
    return await readAnswer(incoming, request.answerBytesMax);
  } catch {
    return begun.isConnected() ? failed('unreachable') : 'not-connected';
  } finally {
    // What is still to come interests nobody.
    begun.destroy();
  }
}

async function readAnswer(incoming: IncomingMessage, bytesMax: number): Promise<OutboundAnswer> {
  const { statusCode: status = 0, headers } = incoming;
  if (Number(headers['content-length'] ?? 0) > bytesMax) return failed('too-large');
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bytesMax) return failed('too-large');
    chunks.push(chunk);
  }
  return { outcome: 'answered', status, headers, body: Buffer.concat(chunks, bytes) };
}
