import { STATUS_CODES } from 'node:http';
import type { HttpResponse } from './types.ts';

/** What the writer knows of an answer besides the answer itself. */
export interface HeadFacts {
  readonly method: string;
  readonly requestId: string;
  /** Value of the Date header. */
  readonly date: string;
  /** From the first byte of the request to this head. */
  readonly serverTimeMs: number;
  readonly closesConnection: boolean;
}

/** The writer's own: what a room says about them is not sent (RFC 9112 6, oss-protocol.md 2.2). */
const owned = new Set([
  'connection',
  'content-length',
  'date',
  'keep-alive',
  'server',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-oss-request-id',
  'x-oss-server-time',
]);

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/**
 * RFC 9110 5.5: no CR, LF, NUL or other control, nothing outside latin1; never split a response.
 */
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * Names and values in turn, as they go on the wire: the common headers, those of the answer, and a
 * Content-Length that matches the body.
 *
 * @throws Error when a header of the answer cannot be sent as it is
 */
export function composeHead(answer: HttpResponse, facts: HeadFacts): string[] {
  const { date, requestId, serverTimeMs } = facts;
  const own = composeOwnHead(answer, facts.method);
  const head = [...composeCommonHead(date, requestId, serverTimeMs), ...own];
  if (facts.closesConnection) head.push('Connection', 'close');
  return head;
}

/** The common headers, which are each answer's own. */
function composeCommonHead(date: string, requestId: string, serverTimeMs: number): string[] {
  return [
    'Server',
    'AliyunOSS',
    'Date',
    date,
    'x-oss-request-id',
    requestId,
    'x-oss-server-time',
    String(Math.max(0, Math.round(serverTimeMs))),
  ];
}

/** The same as lines, for heads whose other lines are there already. */
export function renderCommonHead(date: string, requestId: string, serverTimeMs: number): string {
  return renderLines(composeCommonHead(date, requestId, serverTimeMs));
}

export function renderLines(head: readonly string[]): string {
  let lines = '';
  for (let at = 0; at < head.length; at += 2) lines += `${head[at]}: ${head[at + 1]}\r\n`;
  return lines;
}

/** What every repetition of the answer has in its head. @throws Error as `composeHead` */
export function composeOwnHead(answer: HttpResponse, method: string): string[] {
  const head: string[] = [];
  for (const name in answer.headers) {
    const value = answer.headers[name];
    if (value === undefined || owned.has(name.toLowerCase())) continue;
    if (!token.test(name) || !fieldValue.test(value)) {
      throw new Error(`The response header ${JSON.stringify(name)} cannot be sent.`);
    }
    head.push(name, value);
  }
  const length = contentLength(answer, method);
  if (length !== undefined) head.push('Content-Length', String(length));
  return head;
}

/** Bytes that follow the head; `undefined` when nobody knows yet. */
export function bodyBytes({ body }: HttpResponse): number | undefined {
  switch (body.kind) {
    case 'none':
      return 0;
    case 'bytes':
      return body.bytes.length;
    case 'source':
    case 'stream':
      return body.length;
  }
}

/** RFC 9110 8.6: 204 has no Content-Length, and that of a 304 would be another response's. */
function contentLength(answer: HttpResponse, method: string): number | undefined {
  if (!mayHaveBody(answer.status)) return undefined;
  if (method === 'HEAD' && answer.headLength !== undefined) {
    return answer.headLength === 'unknown' ? undefined : answer.headLength;
  }
  if (answer.body.kind === 'bytes' && answer.body.isChunked) return undefined;
  return bodyBytes(answer);
}

export function mayHaveBody(status: number): boolean {
  return status >= 200 && status !== 204 && status !== 304;
}

/**
 * The whole answer as bytes, for connections on which the runtime has no response to write to: the
 * request could not even be parsed. Only for answers whose body is in memory.
 */
export function renderWhole(answer: HttpResponse, facts: HeadFacts): Buffer {
  const head = composeHead(answer, { ...facts, closesConnection: true });
  const line = `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? 'Unknown'}\r\n`;
  const text = line + renderLines(head);
  const body = answer.body.kind === 'bytes' ? answer.body.bytes : new Uint8Array(0);
  return Buffer.concat([Buffer.from(`${text}\r\n`, 'latin1'), body]);
}
