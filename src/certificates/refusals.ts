/**
 * What this room refuses. The code is InvalidArgument throughout, because the reference names no
 * other (custom-domain.md 6.2): the cause's second-level code is what stays stable.
 */
import { type OssError, refine } from '../errors/index.ts';

export type CertificateRefusal =
  | 'certificateIdTooLong'
  | 'privateKeyWithoutCertificate'
  | 'certificateWithoutPrivateKey'
  | 'certificateUnreadable'
  | 'privateKeyUnreadable'
  | 'privateKeyEncrypted'
  | 'keyMismatch'
  | 'notValidNow'
  | 'domainNotCovered'
  | 'keyUnsupported'
  | 'signatureUnsupported'
  | 'otherCertificateThanId'
  | 'tooLarge';

/** Elements of CertificateConfiguration that a refusal may point at. */
export type CertificateArgument = 'Certificate' | 'PrivateKey' | 'CertId' | 'PreviousCertId';

/** Never given key or certificate text: only the element's name, and for ids their own text. */
export function refuseCertificate(
  refusal: CertificateRefusal,
  argument: CertificateArgument,
  message: string,
  argumentValue?: string,
): OssError {
  return refine(refusal, {
    message,
    fields: {
      ArgumentName: argument,
      ...(argumentValue === undefined ? {} : { ArgumentValue: argumentValue }),
    },
  });
}
