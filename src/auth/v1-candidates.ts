import {
  isLenientSubResource,
  isSubResource,
  type SignableRequest,
  signatureV1,
  stringToSignV1,
} from '../signing/index.ts';
import type { Candidate } from './presented.ts';

function candidate(stringToSign: string): Candidate {
  return {
    stringToSign,
    canonicalRequest: undefined,
    sign: (secret) => signatureV1(secret, stringToSign),
  };
}

export function candidatesV1(request: SignableRequest, date: string): Candidate[] {
  return [candidate(stringToSignV1(request, date))];
}

/**
 * The header form forgives clients written after the documentation's shorter list. Not the URL
 * form: whoever was handed a signed URL must not be able to add to it.
 */
export function candidatesV1Header(request: SignableRequest, date: string): Candidate[] {
  const strict = candidatesV1(request, date);
  if (!request.query.some(({ name }) => isLenientSubResource(name))) return strict;
  const isSigned = (name: string) => isSubResource(name) && !isLenientSubResource(name);
  return [...strict, candidate(stringToSignV1(request, date, isSigned))];
}
