/**
 * The parameter of a callback, as header, query parameter or form field brings it: base64 of JSON.
 * Texts of refusals are the service's own; official suites compare them (oss-semantics.md 7.5).
 */
import { isIPv4 } from 'node:net';
import { OssError, type RefinementName, refine } from '../errors/index.ts';
import { type BodyType, parseTemplate, type Template } from './template.ts';

/** oss-object-api.md Callback: 5 KB each, five addresses. */
const bytesMax = 5 * 1024;
const urlsMax = 5;

export interface CallbackRequest {
  /** One to five, http or https; the next is called when one fails. */
  readonly urls: readonly URL[];
  /** Value of Host; `undefined`: that of the address. */
  readonly host: string | undefined;
  readonly template: Template;
  readonly bodyType: BodyType;
  /** Whether the TLS handshake names the host. */
  readonly isNameSent: boolean;
}

/** A callback, or the name of one that the bucket keeps. */
export type ParsedCallback =
  | { readonly kind: 'callback'; readonly request: CallbackRequest }
  | { readonly kind: 'policy'; readonly name: string };

/** @throws OssError InvalidArgument. */
export function parseCallback(text: string): ParsedCallback {
  const fields = parseObject('callback', text);
  const { callbackPolicy, callbackUrl, callbackHost, callbackBody, callbackBodyType } = fields;
  if (typeof callbackPolicy === 'string' && callbackUrl === undefined) {
    return { kind: 'policy', name: callbackPolicy };
  }
  const urls = readUrls(callbackUrl, text);
  if (callbackHost !== undefined && callbackHost !== '' && !isHost(callbackHost)) {
    throw refused('The callback host configuration is invalid.', text);
  }
  const template = readBody(callbackBody, text);
  const bodyType = readBodyType(callbackBodyType, text);
  const { callbackSNI } = fields;
  const host = typeof callbackHost === 'string' && callbackHost !== '' ? callbackHost : undefined;
  const isNameSent = callbackSNI === true || callbackSNI === 'true';
  return { kind: 'callback', request: { urls, host, template, bodyType, isNameSent } };
}

/** Variables of the client, by their names: `x:name`. @throws OssError InvalidArgument. */
export function parseVariables(text: string): ReadonlyMap<string, string> {
  const variables = new Map<string, string>();
  for (const [name, value] of Object.entries(parseObject('callback-var', text))) {
    if (!name.startsWith('x:') || typeof value === 'object') {
      throw refused('The callback-var configuration is invalid.', text, undefined, 'callback-var');
    }
    variables.set(name, String(value));
  }
  return variables;
}

type Parameter = 'callback' | 'callback-var';

function parseObject(parameter: Parameter, text: string): Readonly<Record<string, unknown>> {
  const refuse = (message: string, value: string): OssError =>
    refused(message, value, undefined, parameter);
  if (text.length > bytesMax) throw refuse(`The length of ${parameter} exceed max value.`, text);
  const isBase64 = text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text);
  if (!isBase64) throw refuse(`The ${parameter} configuration is not base64 encoded.`, text);
  const json = Buffer.from(text, 'base64').toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    value = undefined;
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw refuse(`The ${parameter} configuration is not json format.`, json);
}

function readUrls(value: unknown, text: string): URL[] {
  const refuse = (): OssError =>
    refused('The callback url configuration is invalid.', text, 'callbackUrl');
  if (typeof value !== 'string') throw refuse();
  const parts = value.split(';').filter((part) => part.trim() !== '');
  if (parts.length > urlsMax) {
    throw refused('The number of callback url exceed max value.', text, 'callbackUrls');
  }
  const urls = parts.map((part) => readUrl(part.trim()));
  if (urls.length === 0 || urls.includes(undefined)) throw refuse();
  return urls.filter((url) => url !== undefined);
}

function readUrl(text: string): URL | undefined {
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  if (!URL.canParse(whole)) return undefined;
  const url = new URL(whole);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined;
  if (url.username !== '' || url.password !== '') return undefined;
  const { hostname } = url;
  // A single word is no name on the Internet; this machine's own is told as what it is.
  const isName = hostname.includes('.') || hostname === 'localhost';
  return isName || isIPv4(hostname) || hostname.startsWith('[') ? url : undefined;
}

function isHost(value: unknown): boolean {
  return (
    typeof value === 'string' &&
    /^(?:[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,252})|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/.test(value)
  );
}

function readBody(value: unknown, text: string): Template {
  if (value === undefined || value === '') throw refused('The callback body is empty.', text);
  const template = typeof value === 'string' ? parseTemplate(value) : undefined;
  if (template === undefined) throw refused('The callback body is invalid.', text);
  return template;
}

const bodyTypes: readonly BodyType[] = ['application/x-www-form-urlencoded', 'application/json'];

function readBodyType(value: unknown, text: string): BodyType {
  if (value === undefined || value === '') return 'application/x-www-form-urlencoded';
  if (typeof value !== 'string') {
    throw refused('The callback body type configuration is invalid.', text);
  }
  const type = bodyTypes.find((each) => each === value.trim().toLowerCase());
  if (type === undefined) throw refused('The body type of callback is not supported.', text);
  return type;
}

function refused(
  message: string,
  value: string,
  cause?: RefinementName,
  parameter: Parameter = 'callback',
): OssError {
  const fields = { ArgumentName: parameter, ArgumentValue: value.slice(0, bytesMax) };
  if (cause !== undefined) return refine(cause, { message, fields });
  return new OssError('InvalidArgument', { message, fields });
}
