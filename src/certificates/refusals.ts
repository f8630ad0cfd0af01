/**
 * What this room refuses, each with its second-level code. The code is InvalidArgument throughout,
 * because the reference names no other (custom-domain.md 6.2): the EC is what stays stable. Numbers
 * of 0018 are OSS's own, numbers of 9018 ours.
 */
import { OssError } from '../errors/index.ts';

export const certificateEcs = {
  certificateIdTooLong: '0018-00000206',
  guardFailed: '0018-00000209',
  privateKeyWithoutCertificate: '0018-00000210',
  certificateWithoutPrivateKey: '9018-00000201',
  certificateUnreadable: '9018-00000202',
  privateKeyUnreadable: '9018-00000203',
  privateKeyEncrypted: '9018-00000204',
  keyMismatch: '9018-00000205',
  notValidNow: '9018-00000206',
  domainNotCovered: '9018-00000207',
  keyUnsupported: '9018-00000208',
  signatureUnsupported: '9018-00000209',
  otherCertificateThanId: '9018-00000210',
  tooLarge: '9018-00000211',
} as const;

export type CertificateRefusal = keyof typeof certificateEcs;

/** Elements of CertificateConfiguration that a refusal may point at. */
export type CertificateArgument = 'Certificate' | 'PrivateKey' | 'CertId' | 'PreviousCertId';

/** Never given key or certificate text: only the element's name, and for ids their own text. */
export function refuseCertificate(
  refusal: CertificateRefusal,
  argument: CertificateArgument,
  message: string,
  argumentValue?: string,
): OssError {
  return new OssError('InvalidArgument', {
    message,
    ec: certificateEcs[refusal],
    fields: {
      ArgumentName: argument,
      ...(argumentValue === undefined ? {} : { ArgumentValue: argumentValue }),
    },
  });
}
