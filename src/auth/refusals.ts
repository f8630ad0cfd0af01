import { OssError } from '../errors/index.ts';
import { textOfBytes } from '../signing/index.ts';

/**
 * Every refusal of this room: code, second-level code, message, elements (oss-signature.md 7). ECs
 * that begin with 9002 are ours, where none is published.
 */
export const codes = {
  v1Signature: '0002-00000040',
  v4Signature: '0002-00000201',
  v1UrlSignature: '0002-00000602',
  v1HeaderForm: '0002-00000062',
  v1KeyIdMalformed: '0002-00000064',
  v1ExpiresMissing: '0002-00000067',
  v1ExpiresEmpty: '0002-00000068',
  v1Expired: '0002-00000069',
  v1ExpiresNoNumber: '0002-00000070',
  v1KeyIdMissing: '0002-00000071',
  v1KeyIdInvalid: '0002-00000073',
  v4CredentialMissing: '0002-00000205',
  v4KeyIdMalformed: '0002-00000206',
  v4AdditionalEmpty: '0002-00000209',
  v4CredentialInvalid: '0002-00000213',
  v4ExpiresMissing: '0002-00000215',
  v4DateInvalid: '0002-00000223',
  v4Region: '0002-00000226',
  v4TooEarly: '0002-00000235',
  keyIdForbiddenCharacters: '0002-00000901',
  keyIdDisabled: '0002-00000903',
  severalSchemes: '9002-00000001',
  authorizationForm: '9002-00000002',
  noDate: '9002-00000003',
  v1SignatureMissing: '9002-00000004',
  v4ParameterMissing: '9002-00000005',
  v4ExpiresInvalid: '9002-00000006',
  v4Expired: '9002-00000007',
  payloadHash: '9002-00000008',
  doubledParameter: '9002-00000009',
  tokenPlace: '9002-00000010',
  unsupportedVersion: '9002-00000011',
} as const;

export type RefusalCode = (typeof codes)[keyof typeof codes];

/** Enough to recognise what was sent; the answer to HEAD carries it all in one header. */
const argumentLengthMax = 512;

export function invalidArgument(
  ec: RefusalCode,
  message: string,
  argument: { name: string; value: string },
): OssError {
  const value = argument.value.slice(0, argumentLengthMax);
  const fields = { ArgumentName: argument.name, ArgumentValue: value };
  return new OssError('InvalidArgument', { message, ec, fields });
}

/** A fault of the Authorization header itself. `value` is the caller's own header, sent back. */
export function invalidAuthorization(ec: RefusalCode, message: string, value: string): OssError {
  return invalidArgument(ec, message, { name: 'Authorization', value: textOfBytes(value) });
}

export function accessDenied(
  ec: RefusalCode,
  message: string,
  fields: Readonly<Record<string, string>> = {},
): OssError {
  return new OssError('AccessDenied', { message, ec, fields });
}

/** The header form has no date we can read. */
export function dateMissing(): OssError {
  return accessDenied(codes.noDate, 'OSS authentication requires a valid Date.');
}

export function isoDate(instant: number): string {
  return new Date(instant).toISOString();
}

export function unknownKey(accessKeyId: string): OssError {
  return new OssError('InvalidAccessKeyId', { fields: { OSSAccessKeyId: accessKeyId } });
}

export function disabledKey(accessKeyId: string): OssError {
  return new OssError('InvalidAccessKeyId', {
    message: 'The OSS Access Key Id you provided is disabled.',
    ec: codes.keyIdDisabled,
    fields: { OSSAccessKeyId: accessKeyId },
  });
}
