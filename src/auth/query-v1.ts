import type { RefinementName } from '../errors/index.ts';
import type { HttpRequest } from '../http/index.ts';
import { isSubResource } from '../signing/index.ts';
import type { Instant } from '../world/index.ts';
import { checkAccessKeyId } from './key-id.ts';
import type { Presented } from './presented.ts';
import { firstValue, refuseDoubled } from './query.ts';
import { accessDenied, invalidArgument, isoDate } from './refusals.ts';
import { candidatesV1 } from './v1-candidates.ts';

const missing =
  'Query string authentication requires the Signature, Expires and OSSAccessKeyId parameters.';
/** Unix seconds; ten digits last until 2286, and more would not be a time. */
const expiresForm = /^\d{1,12}$/;

/** `?OSSAccessKeyId=…&Expires=…&Signature=…`; of doubled ones the first wins (DESIGN ruling 22). */
export function presentQueryV1(request: HttpRequest, now: Instant): Presented {
  const accessKeyId = requireValue(request, 'OSSAccessKeyId', 'v1KeyIdMissing');
  const expires = firstValue(request, 'Expires');
  if (expires === undefined) throw accessDenied('v1ExpiresMissing', missing);
  // A base64 `+` that was not escaped arrives as a space, which base64 does not have.
  const signature = requireValue(request, 'Signature', 'v1SignatureMissing').replaceAll(' ', '+');
  if (accessKeyId === '') {
    throw invalidArgument('v1KeyIdInvalid', 'The OSSAccessKeyId parameter is empty.', {
      name: 'OSSAccessKeyId',
      value: '',
    });
  }
  checkAccessKeyId(accessKeyId, { cause: 'v1KeyIdInvalid', argument: 'OSSAccessKeyId' });
  refuseDoubled(request.query, isSubResource);
  checkExpires(expires, now);
  return {
    accessKeyId,
    signature,
    form: 'query',
    securityToken: firstValue(request, 'security-token') ?? '',
    candidates: (signable) => candidatesV1(signable, expires),
    mismatch: 'v1UrlSignature',
  };
}

function requireValue(request: HttpRequest, name: string, cause: RefinementName): string {
  const value = firstValue(request, name);
  if (value === undefined) throw accessDenied(cause, missing);
  return value;
}

function checkExpires(expires: string, now: Instant): void {
  if (expires === '') throw accessDenied('v1ExpiresEmpty', missing);
  if (!expiresForm.test(expires)) {
    const message = 'Invalid date (should be seconds since epoch).';
    throw accessDenied('v1ExpiresNoNumber', message, { Expires: expires });
  }
  const expiresAt = Number(expires) * 1000;
  if (now <= expiresAt) return;
  throw accessDenied('v1Expired', 'Request has expired.', {
    Expires: isoDate(expiresAt),
    ServerTime: isoDate(now),
  });
}
