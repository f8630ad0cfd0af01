/**
 * The signature schemes of OSS as pure functions over strings: canonical forms, strings to sign,
 * signatures (oss-signature.md). Used by the server to verify and by the client to sign;
 * node:crypto only, no state.
 */
export { type ByteString, bytesOfText, hexOfBytes, textOfBytes } from './bytes.ts';
export { formatBasicIso, formatHttpDate, parseBasicIso, parseHttpDate } from './dates.ts';
export { percentEncode, percentEncodePath } from './percent.ts';
export { policySignatureV1, policySignatureV4 } from './post-policy.ts';
export type { QueryPair, SignableRequest } from './request.ts';
export {
  presignV1,
  presignV4,
  type SigningCredentials,
  type SignRequest,
  type SignRequestV4,
  signV1,
  signV4,
} from './sign.ts';
export { isLenientSubResource, isSubResource, subResourceNames } from './sub-resources.ts';
export { canonicalResourceV1, signatureV1, stringToSignV1 } from './v1.ts';
export {
  algorithmV4,
  type CanonicalOptionsV4,
  canonicalQueryV4,
  canonicalRequestV4,
  type EmptyValues,
  productOss,
  requestSuffixV4,
  type ScopeV4,
  scopeTextV4,
  signatureV4,
  signingKeyV4,
  stringToSignV4,
  unsignedPayload,
} from './v4.ts';
