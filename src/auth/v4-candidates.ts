import type { HttpRequest } from '../http/index.ts';
import {
  type CanonicalOptionsV4,
  canonicalRequestV4,
  type EmptyValues,
  isSubResource,
  type ScopeV4,
  type SignableRequest,
  signatureV4,
  stringToSignV4,
  unsignedPayload,
} from '../signing/index.ts';
import type { Candidate } from './presented.ts';
import { invalidArgument } from './refusals.ts';
import type { SigningKeys } from './signing-keys.ts';

export interface SignedWithV4 {
  readonly timestamp: string;
  readonly scope: ScopeV4;
  readonly options: CanonicalOptionsV4;
  readonly keys: SigningKeys;
}

function candidate(
  request: SignableRequest,
  signed: SignedWithV4,
  emptyValues: EmptyValues,
): Candidate {
  const { timestamp, scope, options, keys } = signed;
  const canonicalRequest = canonicalRequestV4(request, { ...options, emptyValues });
  const stringToSign = stringToSignV4(timestamp, scope, canonicalRequest);
  return {
    stringToSign,
    canonicalRequest,
    sign: (secret) => signatureV4(keys.find(secret, scope), stringToSign),
  };
}

/** Form A, and form B where the two differ (oss-signature.md 4.3). */
export function candidatesV4(request: SignableRequest, signed: SignedWithV4): Candidate[] {
  const rule = candidate(request, signed, 'bare');
  const isOdd = request.query.some(({ name, value }) => value === '' && !isSubResource(name));
  return isOdd ? [rule, candidate(request, signed, 'mixed')] : [rule];
}

/** OSS has no payload signing of its own: the header's one value says so (oss-signature.md 4.2). */
export function checkPayloadHash(request: HttpRequest, isRequired: boolean): void {
  const value = request.headers['x-oss-content-sha256'];
  if (value === unsignedPayload || (value === undefined && !isRequired)) return;
  const message = `The header x-oss-content-sha256 must be ${unsignedPayload}.`;
  const argument = { name: 'x-oss-content-sha256', value: value ?? '' };
  throw invalidArgument('payloadHash', message, argument);
}
