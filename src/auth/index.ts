/**
 * Authentication: says who asks, or throws the signature error of oss-signature.md. Sees the
 * request view and where it points (bucket, key); decides no right.
 */

export { withoutAnyBucket } from './addressing-advice.ts';
export { type AuthenticatorParts, createAuthenticator } from './authenticate.ts';
export { callerOfKey, callerOfSession } from './callers.ts';
export type { Authenticator, Caller, FormFields, SignedCaller, SigningFacts } from './types.ts';
