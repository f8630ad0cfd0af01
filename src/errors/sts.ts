/**
 * Errors of the security token service: codes, statuses and documents of another service, so a
 * table of its own (access-control.md 6.5). Clients read code, message and status.
 */
const rows = {
  'InvalidAccessKeyId.Inactive': [400, 'Specified access key is disabled.'],
  'InvalidAccessKeyId.NotFound': [404, 'Specified access key is not found.'],
  'InvalidAction.NotFound': [404, 'Specified api is not found, please check your url and method.'],
  'InvalidSecurityToken.Expired': [400, 'Specified SecurityToken is expired.'],
  'InvalidSecurityToken.Malformed': [400, 'Specified SecurityToken is malformed.'],
  'InvalidSecurityToken.MismatchWithAccessKey': [
    400,
    'Specified SecurityToken mismatch with the AccessKey.',
  ],
  'InvalidTimeStamp.Expired': [400, 'Specified time stamp or date value is expired.'],
  'InvalidTimeStamp.Format': [400, 'Specified time stamp or date value is not well formatted.'],
  'InvalidParameter.DurationSeconds': [400, 'The Min/Max value of DurationSeconds is 15min/1hr.'],
  'InvalidParameter.ExternalId': [400, 'The parameter ExternalId is wrongly formed.'],
  'InvalidParameter.PolicyGrammar': [400, 'The parameter Policy has not passed grammar check.'],
  'InvalidParameter.PolicySize': [400, 'The parameter Policy is too long.'],
  'InvalidParameter.RoleArn': [400, 'The parameter RoleArn is wrongly formed.'],
  'InvalidParameter.RoleSessionName': [400, 'The parameter RoleSessionName is wrongly formed.'],
  'EntityNotExist.Role': [404, 'The specified Role not exists .'],
  'Throttling.User': [400, 'Request was denied due to user flow control.'],
  IncompleteSignature: [400, 'The request signature does not conform to the standards.'],
  InvalidParameter: [400, 'A parameter is given twice or cannot be read.'],
  InvalidVersion: [400, 'Specified parameter Version is not valid.'],
  MissingParameter: [400, 'A mandatory parameter is not supplied.'],
  MissingSecurityToken: [400, 'SecurityToken is mandatory for this action.'],
  NoPermission: [403, 'You are not authorized to do this action. You should be authorized by RAM.'],
  SignatureDoesNotMatch: [
    400,
    'Specified signature is not matched with our calculation. server string to sign is:',
  ],
  SignatureNonceUsed: [400, 'Specified signature nonce was used already.'],
} as const satisfies Record<string, readonly [status: number, message: string]>;

export type StsErrorCode = keyof typeof rows;

export const stsErrors: Readonly<Record<StsErrorCode, readonly [number, string]>> = rows;

export class StsError extends Error {
  override readonly name = 'StsError';
  readonly code: StsErrorCode;
  readonly status: number;

  constructor(code: StsErrorCode, message?: string) {
    const [status, usual] = rows[code];
    super(message ?? usual);
    this.code = code;
    this.status = status;
  }
}
