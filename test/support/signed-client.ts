/** Signed requests over a few kept connections: what a busy client of the API does. */
import { Agent, type IncomingMessage, request as sendRequest } from 'node:http';
import { type RequestToSign, signHeaderV4, type TestCredentials } from './sign.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export interface SignedCall extends Omit<RequestToSign, 'host' | 'credentials' | 'at'> {
  readonly body?: Buffer | string;
}

export interface SignedClient {
  /** Path style, V4. Rejects when the connection fails. */
  call(call: SignedCall): Promise<Answer>;
  /** A request without a signature, to another Host. */
  get(host: string, path: string): Promise<Answer>;
  close(): void;
}

/**
 * Below the 15 s after which the server closes an idle connection, so that no request meets its
 * end. The agent heeds the server's Keep-Alive hint only when it has a time of its own.
 */
const idleMsMax = 5_000;

export function createSignedClient(options: {
  port: number;
  credentials: TestCredentials;
  connections?: number;
}): SignedClient {
  const maxSockets = options.connections ?? 1;
  const agent = new Agent({ keepAlive: true, maxSockets, timeout: idleMsMax });
  const { port, credentials } = options;

  function send(
    method: string,
    path: string,
    headers: Record<string, string>,
    body: Buffer,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const outgoing = sendRequest(
        { agent, host: '127.0.0.1', port, method, path, headers },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.once('error', reject);
          incoming.once('end', () => {
            const { statusCode: status = 0, headers: received } = incoming;
            resolve({ status, headers: received, body: Buffer.concat(chunks) });
          });
        },
      );
      outgoing.once('error', reject);
      outgoing.end(body);
    });
  }

  return {
    call({ body = '', ...call }) {
      const content = Buffer.from(body as string);
      const signed = signHeaderV4({
        ...call,
        host: `127.0.0.1:${port}`,
        credentials,
        at: Date.now(),
      });
      const { host = '', ...rest } = signed.headers;
      const headers = { ...rest, Host: host, 'Content-Length': String(content.length) };
      return send(signed.method, signed.target, headers, content);
    },
    get: (host, path) => send('GET', path, { Host: host }, Buffer.alloc(0)),
    close: () => agent.destroy(),
  };
}
