/** Every refusal of this room: cause, message, elements (oss-signature.md 7). */
import { catalogue, OssError, type RefinementName, refine } from '../errors/index.ts';
import { textOfBytes } from '../signing/index.ts';

/** Enough to recognise what was sent; the answer to HEAD carries it all in one header. */
const argumentLengthMax = 512;

export function invalidArgument(
  cause: RefinementName,
  message: string,
  argument: { name: string; value: string },
): OssError {
  const value = argument.value.slice(0, argumentLengthMax);
  const fields = { ArgumentName: argument.name, ArgumentValue: value };
  return refine(cause, { message, fields });
}

/** A fault of the Authorization header itself. `value` is the caller's own header, sent back. */
export function invalidAuthorization(
  cause: RefinementName,
  message: string,
  value: string,
): OssError {
  return invalidArgument(cause, message, { name: 'Authorization', value: textOfBytes(value) });
}

export function accessDenied(
  cause: RefinementName,
  message: string,
  fields: Readonly<Record<string, string>> = {},
): OssError {
  return refine(cause, { message, fields });
}

/** The header form has no date we can read. */
export function dateMissing(): OssError {
  return accessDenied('noDate', 'OSS authentication requires a valid Date.');
}

export function isoDate(instant: number): string {
  return new Date(instant).toISOString();
}

export function unknownKey(accessKeyId: string): OssError {
  return new OssError('InvalidAccessKeyId', { fields: { OSSAccessKeyId: accessKeyId } });
}

export function disabledKey(accessKeyId: string): OssError {
  return refine('keyIdDisabled', {
    message: 'The OSS Access Key Id you provided is disabled.',
    fields: { OSSAccessKeyId: accessKeyId },
  });
}

/** Lasting keys come without a token. @param isKnown there is such a key: then it can be said. */
export function tokenOfLastingKey(accessKeyId: string, isKnown: boolean): OssError {
  const fields = { OSSAccessKeyId: accessKeyId };
  if (!isKnown) return unknownKey(accessKeyId);
  const { message } = catalogue.InvalidAccessKeyId;
  return new OssError('InvalidAccessKeyId', {
    message: `${message} As a permanent key it comes without a security token.`,
    fields,
  });
}

export function invalidToken(accessKeyId: string): OssError {
  return new OssError('InvalidSecurityToken', { fields: { OSSAccessKeyId: accessKeyId } });
}

export function foreignToken(accessKeyId: string): OssError {
  return new OssError('AccessKeyIdAndSecurityTokenNotMatch', {
    fields: { OSSAccessKeyId: accessKeyId },
  });
}

export function expiredToken(accessKeyId: string): OssError {
  return new OssError('SecurityTokenExpired', { fields: { OSSAccessKeyId: accessKeyId } });
}
