import { OssError } from '../errors/index.ts';
import { decodePercent } from '../uri/index.ts';
import type { QueryParameter } from './types.ts';

export interface RequestTarget {
  readonly target: string;
  readonly rawPath: string;
  readonly rawQuery: string;
}

const noParameters: readonly QueryParameter[] = Object.freeze([]);

/** White space, controls and `#` have no place in a target (RFC 9112 3.2, security.md 6.1). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const forbidden = /[\x00-\x20#\x7f]/;
const absoluteForm = /^(https?):\/\/([^/?]*)(.*)$/i;

/**
 * Brings the request target into origin form and splits it at the first `?`; nothing is decoded,
 * no dot segment resolved. The authority of an absolute form must say what Host says: nothing is
 * ever routed by it (security.md 6.2).
 *
 * @throws OssError InvalidURI, BadHost
 */
export function readTarget(raw: string, host: string): RequestTarget {
  if (forbidden.test(raw)) {
    throw invalidUri('The request target has a character that must be percent-encoded.');
  }
  const target = raw.startsWith('/') ? raw : originForm(raw, host);
  const mark = target.indexOf('?');
  if (mark === -1) return { target, rawPath: target, rawQuery: '' };
  return { target, rawPath: target.slice(0, mark), rawQuery: target.slice(mark + 1) };
}

function originForm(raw: string, host: string): string {
  const match = absoluteForm.exec(raw);
  if (!match) throw invalidUri('The request target is neither a path nor an absolute URL.');
  const [, scheme = '', authority = '', rest = ''] = match;
  if (plainAuthority(authority, scheme) !== plainAuthority(host, scheme)) {
    throw new OssError('BadHost', {
      message: 'The host of the absolute request target and the Host header are not the same.',
    });
  }
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/** Case, one trailing dot and the scheme's own port make no difference (RFC 9110 4.2.3). */
function plainAuthority(authority: string, scheme: string): string {
  const port = scheme.toLowerCase() === 'https' ? ':443' : ':80';
  const lower = authority.toLowerCase();
  const bare = lower.endsWith(port) ? lower.slice(0, -port.length) : lower;
  return bare.replace(/\.(?=:[0-9]*$|$)/, '');
}

/**
 * The parameters in wire order, names and values decoded once, `+` read as a space. Empty parts
 * (`a&&b`) are nothing.
 *
 * @throws OssError InvalidURI for a bad escape, InvalidArgument for bytes that are no UTF-8 or more
 *   than `parametersMax` parameters
 */
export function readQuery(rawQuery: string, parametersMax: number): readonly QueryParameter[] {
  if (rawQuery === '') return noParameters;
  const parts = rawQuery.split('&', parametersMax * 2 + 1).filter((part) => part !== '');
  if (parts.length > parametersMax) {
    throw new OssError('InvalidArgument', {
      message: `The request has more than ${parametersMax} query parameters.`,
    });
  }
  return parts.map((part) => {
    const equals = part.indexOf('=');
    if (equals === -1) return { name: decode(part), value: '' };
    return { name: decode(part.slice(0, equals)), value: decode(part.slice(equals + 1)) };
  });
}

function decode(raw: string): string {
  const decoded = decodePercent(raw, true);
  if (decoded.kind === 'text') return decoded.text;
  if (decoded.kind === 'bad-escape') {
    throw invalidUri('The query string has a % that is not followed by two hex digits.');
  }
  throw new OssError('InvalidArgument', {
    message: 'The query string is not UTF-8 text once it is percent-decoded.',
    fields: { ArgumentValue: raw },
  });
}

function invalidUri(message: string): OssError {
  return new OssError('InvalidURI', { message });
}
