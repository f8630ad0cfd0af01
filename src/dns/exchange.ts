import { createSocket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';
import { type Reply, readReply, writeQuestion } from './message.ts';
import type { DnsServer } from './servers.ts';

/** RFC 1035 4.2.2: two bytes in front of each message tell its length. */
const lengthBytes = 2;

/** What came of asking one server once: a reply, or why there is none. */
export type Exchange =
  | Exclude<Reply, { kind: 'foreign' } | { kind: 'truncated' }>
  | { readonly kind: 'timeout' }
  | { readonly kind: 'unreachable' }
  | { readonly kind: 'cut-off' };

export interface Question {
  readonly id: number;
  readonly name: string;
}

type Judge = (bytes: Buffer) => Reply;

/**
 * Asks over UDP from a fresh socket, so that the system draws a new source port for every question,
 * bound to the server's address and port: datagrams of anyone else never reach it (RFC 5452 9).
 * A datagram that is not the reply to this question is ignored and the wait goes on, so that a
 * forgery that guesses wrong spoils nothing. Settles when the signal aborts; never rejects.
 */
export function askOverUdp(
  server: DnsServer,
  question: Question,
  signal: AbortSignal,
): Promise<Exchange | { readonly kind: 'truncated' }> {
  const judge = judgeOf(question);
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(server.address) ? 'udp6' : 'udp4');
    let hasForeign = false;
    let isSettled = false;
    const settle = (exchange: Exchange | { readonly kind: 'truncated' }): void => {
      if (isSettled) return;
      isSettled = true;
      signal.removeEventListener('abort', expire);
      socket.close();
      resolve(exchange);
    };
    const expire = (): void => settle({ kind: hasForeign ? 'malformed' : 'timeout' });
    signal.addEventListener('abort', expire);
    socket.on('error', () => settle({ kind: 'unreachable' }));
    socket.on('message', (bytes) => {
      const reply = judge(bytes);
      if (reply.kind === 'foreign') hasForeign = true;
      else settle(reply);
    });
    socket.once('connect', () => {
      if (!isSettled) socket.send(writeQuestion(question.id, question.name));
    });
    socket.connect(server.port, server.address);
    if (signal.aborted) expire();
  });
}

/** Asks over TCP, on a connection of its own. Settles when the signal aborts; never rejects. */
export function askOverTcp(
  server: DnsServer,
  question: Question,
  signal: AbortSignal,
): Promise<Exchange> {
  const judge = judgeOf(question);
  return new Promise((resolve) => {
    const socket = connect({ host: server.address, port: server.port });
    const chunks: Buffer[] = [];
    let isConnected = false;
    let isSettled = false;
    const settle = (exchange: Exchange): void => {
      if (isSettled) return;
      isSettled = true;
      signal.removeEventListener('abort', expire);
      socket.destroy();
      resolve(exchange);
    };
    const expire = (): void => settle({ kind: 'timeout' });
    signal.addEventListener('abort', expire);
    socket.on('error', () => settle({ kind: isConnected ? 'cut-off' : 'unreachable' }));
    socket.on('close', () => settle({ kind: 'cut-off' }));
    socket.on('connect', () => {
      isConnected = true;
      const message = writeQuestion(question.id, question.name);
      const length = Buffer.alloc(lengthBytes);
      length.writeUInt16BE(message.length);
      socket.write(Buffer.concat([length, message]));
    });
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      const message = completeMessage(chunks);
      if (message === undefined) return;
      const reply = judge(message);
      // A stream carries one conversation: a wrong reply in it is no forgery to wait out.
      const isUseless = reply.kind === 'foreign' || reply.kind === 'truncated';
      settle(isUseless ? { kind: 'malformed' } : reply);
    });
    if (signal.aborted) expire();
  });
}

function judgeOf(question: Question): Judge {
  return (bytes) => readReply(bytes, question.id, question.name);
}

/** The first message once all of it has come; more than 64 KiB never gathers. */
function completeMessage(chunks: Buffer[]): Buffer | undefined {
  const bytes = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
  if (bytes === undefined || bytes.length < lengthBytes) return undefined;
  chunks.splice(0, chunks.length, bytes);
  const end = lengthBytes + bytes.readUInt16BE(0);
  return bytes.length < end ? undefined : bytes.subarray(lengthBytes, end);
}
