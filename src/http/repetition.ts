import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ExchangeRules } from './exchange.ts';
import { withoutCredentials } from './logged-target.ts';
import type { Repeat } from './repeats.ts';
import type { ConnectionFacts } from './request-view.ts';
import { withCommonHead } from './response-head.ts';

/** Answers with it, and tells the log. The connection stays open, unless its client closes it. */
export function repeat(
  { status, head, bytes }: Repeat,
  on: {
    readonly incoming: IncomingMessage;
    readonly response: ServerResponse;
    readonly connection: ConnectionFacts;
  },
  { world, dateText, nextRequestId, onAnswered }: ExchangeRules,
): void {
  const { incoming, response, connection } = on;
  const startedAt = world.clock.monotonicMs();
  const requestId = nextRequestId();
  response.sendDate = false;
  response.writeHead(status, withCommonHead(head, dateText(), requestId, 0));
  if (bytes === undefined) response.end();
  else response.end(bytes);
  const receivedAt = world.clock.now();
  response.on('close', () =>
    onAnswered({
      requestId,
      receivedAt,
      remoteAddress: connection.remoteAddress,
      isSecure: connection.isSecure,
      method: incoming.method ?? '',
      host: incoming.headers.host ?? '',
      target: withoutCredentials(incoming.url ?? ''),
      userAgent: incoming.headers['user-agent'] ?? '',
      status,
      bodyBytes: bytes?.length ?? 0,
      durationMs: world.clock.monotonicMs() - startedAt,
      isComplete: response.writableFinished,
    }),
  );
}
