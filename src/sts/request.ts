/** What a request asks of this service, before anybody knows who asks. */
import { StsError } from '../errors/index.ts';
import type { HttpRequest } from '../http/index.ts';

export const stsVersion = '2015-04-01';

/** A session policy with all its escapes, and the rest. */
const formBytesMax = 64 * 1024;
const formType = 'application/x-www-form-urlencoded';
export const acs3Algorithm = 'ACS3-HMAC-SHA256';

/** What of the endpoint's root is meant for this service; nothing else has these forms. */
export function isStsRequest(request: HttpRequest): boolean {
  const { method, headers, query } = request;
  if (method !== 'GET' && method !== 'POST') return false;
  if (isAcs3(request)) return true;
  const has = (wanted: string): boolean => query.some(({ name }) => name === wanted);
  if (has('Action') && has('Version')) return true;
  return method === 'POST' && headers.authorization === undefined && isForm(request);
}

export function isAcs3({ headers }: HttpRequest): boolean {
  return headers.authorization?.startsWith(`${acs3Algorithm} `) === true;
}

function isForm({ headers }: HttpRequest): boolean {
  return headers['content-type']?.toLowerCase().startsWith(formType) === true;
}

/** Every parameter once, from query and form. */
export type Parameters = ReadonlyMap<string, string>;

export interface ReadRequest {
  readonly parameters: Parameters;
  readonly body: Buffer;
}

/** @throws StsError when a name comes twice, or the form cannot be read. */
export async function readRequest(request: HttpRequest): Promise<ReadRequest> {
  const body = await request.body.readAll(formBytesMax);
  const pairs = request.query.map(({ name, value }) => [name, value] as const);
  if (body.length > 0 && isForm(request)) pairs.push(...formPairs(body));
  const parameters = new Map<string, string>();
  for (const [name, value] of pairs) {
    if (parameters.has(name)) {
      throw new StsError('InvalidParameter', `The parameter ${name} is given more than once.`);
    }
    parameters.set(name, value);
  }
  return { parameters, body };
}

function formPairs(body: Buffer): [string, string][] {
  return body
    .toString('latin1')
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const equals = pair.indexOf('=');
      const name = equals < 0 ? pair : pair.slice(0, equals);
      return [decode(name), decode(equals < 0 ? '' : pair.slice(equals + 1))];
    });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new StsError('InvalidParameter', 'The form of the request cannot be decoded.');
  }
}

/** @throws StsError MissingParameter */
export function required(parameters: Parameters, name: string): string {
  const value = parameters.get(name);
  if (value) return value;
  throw new StsError('MissingParameter', `The input parameter ${name} is not supplied.`);
}
