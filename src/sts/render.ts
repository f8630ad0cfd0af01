/** Answers in the format the client wants (access-control.md 6.4 and 6.5). */
import type { HttpRequest, HttpResponse } from '../http/index.ts';
import { element, renderXml, type XmlNode } from '../xml/index.ts';
import { isAcs3, type Parameters } from './request.ts';

export interface Answer {
  readonly [name: string]: string | Answer;
}

export type Format = 'json' | 'xml';

/** The older form answers XML unless it is told otherwise; the newer one always JSON. */
export function formatOf(request: HttpRequest, parameters: Parameters | undefined): Format {
  if (isAcs3(request)) return 'json';
  const asked = (
    parameters?.get('Format') ??
    request.query.find(({ name }) => name === 'Format')?.value ??
    // A body that cannot be read has no Format in it; the clients that send forms speak JSON.
    (parameters === undefined ? 'JSON' : 'XML')
  ).toUpperCase();
  return asked === 'JSON' ? 'json' : 'xml';
}

export function render(
  status: number,
  root: string,
  answer: Answer,
  { requestId }: HttpRequest,
  format: Format,
): HttpResponse {
  const whole: Answer = { RequestId: requestId, ...answer };
  const text = format === 'json' ? JSON.stringify(whole) : renderXml(elementOf(root, whole));
  const type = format === 'json' ? 'application/json;charset=utf-8' : 'text/xml;charset=utf-8';
  return {
    status,
    headers: { 'Content-Type': type, 'x-acs-request-id': requestId },
    body: { kind: 'bytes', bytes: Buffer.from(text, 'utf8') },
  };
}

function elementOf(name: string, value: string | Answer): XmlNode {
  if (typeof value === 'string') return element(name, value);
  return element(name, ...Object.entries(value).map(([member, part]) => elementOf(member, part)));
}
