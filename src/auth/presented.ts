import type { SignableRequest } from '../signing/index.ts';

/**
 * What a request presents to prove who sent it, read and found well-formed by one scheme's file.
 * Nothing here says yet that the signature is right.
 */
export interface Presented {
  readonly accessKeyId: string;
  /** As sent; compared as text. */
  readonly signature: string;
  readonly form: 'header' | 'query' | 'form';
  /** Token of a temporary credential; empty when none came. */
  readonly securityToken: string;
  /** What the client may have signed: the rule first, then the forgiven variations. */
  readonly candidates: (request: SignableRequest) => Candidate[];
  /** What a wrong signature in this scheme is; `undefined`: SignatureDoesNotMatch as it stands. */
  readonly mismatch: 'v4Signature' | 'v1UrlSignature' | undefined;
}

/** What a form presents: a policy, which is all that is signed. */
export interface PresentedForm extends Omit<Presented, 'candidates'> {
  readonly candidate: Candidate;
}

/** One reading of the request, and the signature it would have under a secret. */
export interface Candidate {
  /** Byte strings, for the error document. */
  readonly stringToSign: string;
  /** V4 only. */
  readonly canonicalRequest: string | undefined;
  sign(secret: string): string;
}
