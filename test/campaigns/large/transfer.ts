/** Requests whose bodies are too large to be held: sent and read piece by piece. */
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { signHeaderV4, type TestCredentials } from '../../support/sign.ts';

export interface Ask {
  readonly method: string;
  readonly bucket: string;
  readonly key?: string;
  readonly query?: Record<string, string | undefined>;
  readonly headers?: Record<string, string>;
}

export interface Sender {
  readonly port: number;
  readonly credentials: TestCredentials;
}

/** The answer, its body still to be read. `length`: bytes that `body` has. */
export async function open(
  { port, credentials }: Sender,
  { method, bucket, key = '', query = {}, headers = {} }: Ask,
  length = 0,
  body: AsyncIterable<Buffer> = Readable.from([]),
): Promise<IncomingMessage> {
  const host = `127.0.0.1:${port}`;
  const signed = signHeaderV4({
    method,
    host,
    bucket,
    key,
    query,
    headers,
    credentials,
    at: Date.now(),
  });
  const outgoing = request({
    host: '127.0.0.1',
    port,
    method,
    path: signed.target,
    headers: { ...signed.headers, 'content-length': length },
    agent: false,
  });
  const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>;
  answered.catch(() => {});
  await pipeline(Readable.from(body), outgoing);
  const [incoming] = await answered;
  return incoming;
}

/** The whole answer, where it is short. */
export async function ask(
  sender: Sender,
  asked: Ask,
  length?: number,
  body?: AsyncIterable<Buffer>,
): Promise<{ status: number; headers: IncomingMessage['headers']; text: string }> {
  const incoming = await open(sender, asked, length, body);
  let text = '';
  for await (const chunk of incoming.setEncoding('utf8')) text += chunk;
  return { status: incoming.statusCode ?? 0, headers: incoming.headers, text };
}
