import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { ExchangeRules } from './exchange.ts';
import type { Http2Response } from './http2-stream.ts';
import type { HttpLimits } from './limits.ts';
import { withoutCredentials } from './logged-target.ts';
import type { Repeat } from './repeats.ts';
import type { ConnectionFacts } from './request-view.ts';
import { composeCommonHead, renderCommonHead } from './response-head.ts';
import type { Incoming, ResponseWriter } from './wire.ts';

interface Asked {
  readonly incoming: Incoming;
  readonly response: ServerResponse;
  readonly connection: ConnectionFacts;
}

/** What `writeHead` leaves behind: the text of the head, and whether the connection ends. */
interface HeadHolder {
  _header: string | null;
  _last: boolean;
}

/**
 * Answers with it, and tells the log. The connection ends if `isLast`.
 *
 * The head is put where `writeHead` would put it: composing and checking the same fifteen headers
 * again is a fifth of the cost of such an answer (docs/benchmarks.md). A suite holds that what
 * comes out is what `writeHead` makes of the same headers.
 */
export function repeat(
  { status, head, content }: Repeat,
  isLast: boolean,
  on: Asked,
  rules: ExchangeRules,
): void {
  const { response } = on;
  const requestId = rules.nextRequestId();
  const common = renderCommonHead(rules.dateText(), requestId, 0);
  const statusLine = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n`;
  const connection = isLast ? 'Connection: close\r\n\r\n' : keepAliveLines(rules.limits);
  const holder = response as unknown as HeadHolder;
  holder._header = statusLine + common + head + connection;
  if (isLast) holder._last = true;
  response.statusCode = status;
  if (rules.onRepeated !== undefined) record(status, content, on, requestId, rules);
  if (typeof content === 'string') response.end(content, 'latin1');
  else response.end(content);
}

/** The same on a stream of HTTP/2. */
export function repeatOnStream(
  { status, fields = [], content }: Repeat,
  on: Omit<Asked, 'response'> & { response: Http2Response },
  rules: ExchangeRules,
): void {
  const requestId = rules.nextRequestId();
  const common = composeCommonHead(rules.dateText(), requestId, 0);
  on.response.writeHead(status, [...common, ...fields]);
  if (rules.onRepeated !== undefined) record(status, content, on, requestId, rules);
  on.response.end(content);
}

function headerOf({ rawHeaders }: Incoming, name: string): string {
  const at = rawHeaders.findIndex((each, place) => place % 2 === 0 && each.toLowerCase() === name);
  return at === -1 ? '' : (rawHeaders[at + 1] ?? '');
}

function keepAliveLines({ keepAliveMs }: HttpLimits): string {
  return `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(keepAliveMs / 1_000)}\r\n\r\n`;
}

function record(
  status: number,
  content: Repeat['content'],
  { incoming, response, connection }: Omit<Asked, 'response'> & { response: ResponseWriter },
  requestId: string,
  { world, onRepeated }: ExchangeRules,
): void {
  const startedAt = world.clock.monotonicMs();
  const receivedAt = world.clock.now();
  response.on('close', () =>
    onRepeated?.({
      requestId,
      receivedAt,
      remoteAddress: connection.remoteAddress,
      isSecure: connection.isSecure,
      method: incoming.method ?? '',
      host: headerOf(incoming, 'host'),
      target: withoutCredentials(incoming.url ?? ''),
      userAgent: headerOf(incoming, 'user-agent'),
      status,
      bodyBytes: content?.length ?? 0,
      durationMs: world.clock.monotonicMs() - startedAt,
      isComplete: response.writableFinished,
    }),
  );
}
