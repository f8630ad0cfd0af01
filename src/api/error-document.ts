/**
 * The one renderer of errors (oss-protocol.md 3): the XML document, its headers, and the bodiless
 * form for HEAD. A store that is full or fails is said as such, whatever operation met it; anything
 * else that is not an OssError becomes InternalError here. Details belong to the log and never to
 * the answer.
 */
import { toRefusal } from '../buckets/index.ts';
import { OssError } from '../errors/index.ts';
import type { HttpResponse } from '../http/index.ts';
import { element, renderXml } from '../xml/index.ts';

export interface ErrorFacts {
  readonly method: string;
  /** The Host header as received; empty when there was none. */
  readonly host: string;
  readonly requestId: string;
}

export function toOssError(problem: unknown): OssError {
  const refusal = toRefusal(problem);
  if (refusal instanceof OssError) return refusal;
  return new OssError('InternalError', { cause: problem });
}

/** Element order: Code, Message, RequestId, HostId, the code's own, EC (custom-domain.md 6.3). */
export function renderError(error: OssError, facts: ErrorFacts): HttpResponse {
  if (error.status === 304) {
    return { status: 304, headers: { ...error.headers }, body: { kind: 'none' } };
  }
  const document = renderXml(
    element(
      'Error',
      element('Code', error.code),
      element('Message', error.message),
      element('RequestId', facts.requestId),
      element('HostId', facts.host),
      ...Object.entries(error.fields).map(([name, text]) => element(name, text)),
      ...Object.entries(error.nested).map(([name, members]) =>
        element(name, ...Object.entries(members).map(([member, text]) => element(member, text))),
      ),
      element('EC', error.ec),
    ),
  );
  const bytes = Buffer.from(document, 'utf8');
  const headers: Record<string, string> = { ...error.headers, 'x-oss-ec': error.ec };
  const close = error.closeConnection ? { closeConnection: true } : {};
  if (facts.method === 'HEAD') {
    headers['x-oss-err'] = bytes.toString('base64');
    return { status: error.status, headers, body: { kind: 'none' }, headLength: 0, ...close };
  }
  headers['Content-Type'] = 'application/xml';
  return { status: error.status, headers, body: { kind: 'bytes', bytes }, ...close };
}
