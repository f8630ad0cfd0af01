import type { KeyObject } from 'node:crypto';
import { bytesOfText, hmacSha256Hex } from './bytes.ts';
import { signatureV1 } from './v1.ts';

/**
 * Signatures of PostObject forms cover the base64 text of the policy field (oss-signature.md 6).
 */

export function policySignatureV1(accessKeySecret: string, policyBase64: string): string {
  return signatureV1(accessKeySecret, bytesOfText(policyBase64));
}

/** `signingKey`: of the scope that the form's `x-oss-credential` names. */
export function policySignatureV4(signingKey: KeyObject, policyBase64: string): string {
  return hmacSha256Hex(signingKey, bytesOfText(policyBase64));
}
