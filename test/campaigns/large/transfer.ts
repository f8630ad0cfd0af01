/** Bodies that are sent and taken piece by piece: the client holds no more of them than the server. */
import { once } from 'node:events';
import { type IncomingMessage, request as sendRequest } from 'node:http';
import { type RequestToSign, signHeaderV4, type TestCredentials } from '../../support/sign.ts';
import type { KnownBytes } from './bytes.ts';

const pieceBytes = 256 * 1024;

export interface Origin {
  readonly port: number;
  readonly credentials: TestCredentials;
}

export interface Span {
  readonly bytes: KnownBytes;
  readonly start: number;
  readonly length: number;
}

type Call = Omit<RequestToSign, 'host' | 'credentials' | 'at'>;

function open({ port, credentials }: Origin, call: Call, length: number) {
  const signed = signHeaderV4({
    ...call,
    host: `127.0.0.1:${port}`,
    credentials,
    at: Date.now(),
  });
  const { method, target: path } = signed;
  const headers = { ...signed.headers, 'content-length': String(length) };
  return sendRequest({ host: '127.0.0.1', port, method, path, headers, agent: false });
}

/**
 * Sends the span and returns the answer, read to its end. `onSent` hears after each piece how much
 * was sent, and may have the connection cut, or no more sent. Rejects when it ends early.
 */
export async function sendSpan(
  origin: Origin,
  call: Call,
  { bytes, start, length }: Span,
  onSent: (sent: number) => 'cut' | 'hold' | undefined = () => undefined,
): Promise<{ status: number; headers: IncomingMessage['headers']; text: string }> {
  const outgoing = open(origin, call, length);
  const broken = once(outgoing, 'response');
  broken.catch(() => {});
  for (let sent = 0; sent < length; ) {
    const piece = bytes.at(start + sent, Math.min(pieceBytes, length - sent));
    const isRoomLeft = outgoing.write(piece);
    sent += piece.length;
    const verdict = onSent(sent);
    if (verdict === 'cut') outgoing.destroy(new Error('cut off'));
    if (verdict === 'hold') await broken;
    // Whichever comes first: room again, or an answer or an end before all is sent.
    if (!isRoomLeft) await Promise.race([once(outgoing, 'drain'), broken]);
    if (outgoing.destroyed) break;
  }
  outgoing.end();
  const [incoming] = (await broken) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const { statusCode: status = 0, headers } = incoming;
  return { status, headers, text: Buffer.concat(chunks).toString() };
}

/** Gives each piece of the answer to `onPiece`, which may take its time. */
export async function takeBody(
  origin: Origin,
  call: Call,
  onPiece: (piece: Buffer, at: number) => void,
): Promise<{ status: number; headers: IncomingMessage['headers']; length: number }> {
  const outgoing = open(origin, call, 0);
  outgoing.end();
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  let length = 0;
  for await (const piece of incoming) {
    onPiece(piece, length);
    length += piece.length;
  }
  return { status: incoming.statusCode ?? 0, headers: incoming.headers, length };
}
