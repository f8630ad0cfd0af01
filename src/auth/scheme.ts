import type { HttpRequest } from '../http/index.ts';
import { algorithmV4 } from '../signing/index.ts';
import { invalidArgument, invalidAuthorization } from './refusals.ts';

export type Scheme = 'header-v1' | 'query-v1' | 'header-v4' | 'query-v4' | 'anonymous';

const v4UrlNames = new Set(['x-oss-credential', 'x-oss-signature', 'x-oss-signature-version']);
const v1UrlNames = new Set(['OSSAccessKeyId', 'Signature']);

/** Which scheme a request uses: one at most (oss-signature.md 1). */
export function detectScheme(request: HttpRequest): Scheme {
  const { authorization } = request.headers;
  const isV4Url = request.query.some(({ name }) => v4UrlNames.has(name));
  const isV1Url = request.query.some(({ name }) => v1UrlNames.has(name));
  const isHeader = authorization !== undefined;
  if (Number(isHeader) + Number(isV4Url) + Number(isV1Url) > 1) {
    const message =
      'The request is signed more than once: in the Authorization header and in the URL, or with ' +
      'both versions in the URL. Sign it in one way only.';
    throw invalidArgument('severalSchemes', message, {
      name: isHeader ? 'Authorization' : 'Signature',
      value: authorization ?? '',
    });
  }
  if (isHeader) return headerScheme(authorization);
  if (isV4Url) return 'query-v4';
  return isV1Url ? 'query-v1' : 'anonymous';
}

function headerScheme(authorization: string): 'header-v1' | 'header-v4' {
  if (authorization.startsWith(`${algorithmV4} `)) return 'header-v4';
  if (authorization.startsWith('OSS ')) return 'header-v1';
  if (authorization.startsWith('OSS2 ')) {
    const message = 'Signature version 2 is not supported here. Sign with version 4 or 1.';
    throw invalidAuthorization('unsupportedVersion', message, authorization);
  }
  const message = 'Authorization header is invalid.';
  throw invalidAuthorization('authorizationForm', message, authorization);
}
