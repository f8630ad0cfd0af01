import type { HttpRequest } from '../http/index.ts';
import { isSubResource, parseHttpDate } from '../signing/index.ts';
import type { Instant } from '../world/index.ts';
import { checkSkew } from './clock.ts';
import { checkAccessKeyId } from './key-id.ts';
import type { Presented } from './presented.ts';
import { refuseDoubled } from './query.ts';
import { dateMissing, invalidAuthorization } from './refusals.ts';
import { candidatesV1Header } from './v1-candidates.ts';

/** `Authorization: OSS <AccessKeyId>:<signature>` (oss-signature.md 2). */
export function presentHeaderV1(request: HttpRequest, now: Instant): Presented {
  const { accessKeyId, signature } = parseAuthorizationV1(request.headers.authorization ?? '');
  checkAccessKeyId(accessKeyId, { cause: 'v1KeyIdMalformed', argument: 'Authorization' });
  // The newer header wins: browsers and ali-oss cannot set Date.
  const date = request.headers['x-oss-date'] ?? request.headers.date ?? '';
  const requestTime = parseHttpDate(date);
  if (requestTime === undefined) throw dateMissing();
  refuseDoubled(request.query, isSubResource);
  checkSkew(requestTime, now);
  return {
    accessKeyId,
    signature,
    form: 'header',
    securityToken: request.headers['x-oss-security-token'] ?? '',
    candidates: (signable) => candidatesV1Header(signable, date),
    mismatch: undefined,
  };
}

export function parseAuthorizationV1(value: string): { accessKeyId: string; signature: string } {
  const rest = value.slice('OSS '.length).trim();
  const colon = rest.indexOf(':');
  if (colon < 0) {
    throw invalidAuthorization('v1HeaderForm', 'Authorization header is invalid.', value);
  }
  const accessKeyId = rest.slice(0, colon).trim();
  const signature = rest.slice(colon + 1).trim();
  if (accessKeyId === '' || signature === '') {
    const message = 'AccessKeyId or Signature is missing in Authorization header value.';
    throw invalidAuthorization('v1HeaderForm', message, value);
  }
  return { accessKeyId, signature };
}
