/** One request over a connection of its own, to the very address that was looked at. */
import { type ClientRequest, type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';
import { isIP } from 'node:net';
import { checkServerIdentity } from 'node:tls';

export interface Sent {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly isNameSent: boolean;
  readonly body?: Buffer;
}

export interface Place {
  readonly host: string;
  /** The one that was looked at; it is not looked up again. */
  readonly address: string;
  /** PEM of an authority to trust instead of the usual ones. */
  readonly trusted: string | undefined;
}

export interface Begun {
  /** Rejects when there is no answer. */
  readonly head: Promise<IncomingMessage>;
  /** While it is not, not a byte of the request has left, so another address may be tried. */
  isConnected(): boolean;
  destroy(): void;
}

/** Of the head of an answer: more of it is a failure. */
const headerBytesMax = 16 * 1024;

export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

/** @throws Error when a header holds what none may hold. */
export function begin(sent: Sent, place: Place, signal: AbortSignal): Begun {
  const outgoing = open(sent, place, signal);
  let isConnected = false;
  const head = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve).once('error', reject);
    outgoing.once('socket', (socket) => {
      socket.once(sent.url.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
        isConnected = true;
      });
    });
    outgoing.end(sent.body);
  });
  return {
    head,
    isConnected: () => isConnected,
    destroy: () => void outgoing.on('error', () => {}).destroy(),
  };
}

function open(
  { method, url, headers, isNameSent }: Sent,
  { host, address, trusted }: Place,
  signal: AbortSignal,
): ClientRequest {
  const common = {
    host: address,
    port: url.port,
    method,
    path: `${url.pathname}${url.search}`,
    headers: { Host: url.host, ...headers },
    agent: false as const,
    maxHeaderSize: headerBytesMax,
    signal,
  };
  if (url.protocol === 'http:') return requestPlain({ ...common, port: url.port || 80 });
  return requestSecure({
    ...common,
    port: url.port || 443,
    servername: isNameSent && isIP(host) === 0 ? host : '',
    checkServerIdentity: (_, certificate) => checkServerIdentity(host, certificate),
    ...(trusted === undefined ? {} : { ca: trusted }),
  });
}
