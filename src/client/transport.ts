/** One HTTP exchange over node:http or node:https, bounded in time and size. */
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { CnameError } from './error.ts';

export interface Exchange {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly ca: string | readonly string[] | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

export interface Answer {
  readonly status: number;
  /** Lower-case names; repeated ones joined with `, `. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
}

/** Carries one request. Rejects with `CnameError` only. */
export type Transport = (exchange: Exchange) => Promise<Answer>;

/** A list of 10,000 domains with certificates is about 5 MB; nothing real is larger. */
const answerBytesMax = 16 * 1024 * 1024;

export const nodeTransport: Transport = (exchange) =>
  new Promise((resolve, reject) => {
    const deadline = AbortSignal.timeout(exchange.timeoutMs);
    const signal = exchange.signal ? AbortSignal.any([deadline, exchange.signal]) : deadline;
    const fail = (cause: unknown): void => reject(connectionError(exchange, deadline, cause));
    const send = exchange.url.protocol === 'https:' ? requestHttps : requestHttp;
    const outgoing = send(
      exchange.url,
      {
        method: exchange.method,
        headers: exchange.headers,
        // A connection of its own: calls are rare, and a kept one may have died meanwhile.
        agent: false,
        signal,
        ...(exchange.ca === undefined ? {} : { ca: [exchange.ca].flat() }),
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        let length = 0;
        incoming.on('error', fail);
        incoming.on('data', (chunk: Buffer) => {
          length += chunk.length;
          if (length > answerBytesMax) incoming.destroy(new Error('the answer is too large'));
          else chunks.push(chunk);
        });
        incoming.on('end', () => {
          const headers = flatten(incoming.headers);
          resolve({ status: incoming.statusCode ?? 0, headers, body: Buffer.concat(chunks) });
        });
      },
    );
    outgoing.on('error', fail);
    outgoing.end(exchange.body);
  });

function flatten(headers: NodeJS.Dict<string | string[]>): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name] = [value].flat().join(', ');
  }
  return flat;
}

function connectionError(exchange: Exchange, deadline: AbortSignal, cause: unknown): CnameError {
  const where = exchange.url.host;
  if (deadline.aborted) {
    const message = `${where} did not answer within ${exchange.timeoutMs} ms.`;
    return new CnameError({ code: 'TimedOut', status: 0, message, cause });
  }
  const reason = cause instanceof Error ? reasonOf(cause) : String(cause);
  const message = `No answer from ${where}: ${reason}.`;
  return new CnameError({ code: 'ConnectionFailed', status: 0, message, cause });
}

/** Failures on several addresses arrive as one AggregateError without a message of its own. */
function reasonOf(cause: Error): string {
  const first: unknown = cause instanceof AggregateError ? cause.errors[0] : cause;
  return first instanceof Error ? first.message : cause.message;
}
