import type { CnameError } from '../client/index.ts';

/** What to do about a refusal, by its code or, where one code has several causes, by its EC. */
const byCode: Readonly<Record<string, string>> = {
  AccessDenied: 'The bucket belongs to another account: give its key with --access-key-id.',
  CertificateInvalidCasId: 'Give the id as `domain list` shows it, of a certificate you own.',
  CnameAlreadyExists:
    'Another bucket of your account has this domain: remove it there first (domain remove).',
  CnameDenied:
    'Another account has this domain. Its owner must remove it; or the operator allows transfers ' +
    'by proof (CNAMED_TRANSFER=proof).',
  CnameIsForbidden: 'The operator reserves this name; choose another.',
  CnameIsRisk: 'The name is on a list of risky names; ask the operator.',
  CnameTokenNotFound: 'Ask for a token first: domain add.',
  ConnectionFailed: 'Is the server running there? --endpoint names another address.',
  InvalidAccessKeyId: 'The service does not know this access key: check --access-key-id.',
  NoSuchBucket: 'Create the bucket first with any OSS client, or check its name.',
  NoSuchCname: 'The domain is not mapped to this bucket: domain list shows what is.',
  NoSuchCnameInRecord: 'The name is not in the registry of licensed domains; ask the operator.',
  RequestTimeTooSkewed: 'The clocks of this machine and of the server differ: correct them.',
  SignatureDoesNotMatch: 'The secret does not belong to this access key: check it.',
  TimedOut: 'Try again; if it stays, look at the log of the server.',
  TooManyCname: 'Remove a domain of this bucket, or raise CNAMED_CNAME_PER_BUCKET.',
  UnexpectedAnswer: 'Is this the address of an OSS service and not of a proxy or a web site?',
};

const byEc: Readonly<Record<string, string>> = {
  '0002-00000226': 'The region signed is not the region of the service: give --region.',
  '0018-00000209':
    'Another certificate is bound by now. Look (domain show) and try again, or replace whatever ' +
    'is bound with --force.',
};

export function adviceFor(error: CnameError): string[] {
  const advice = byEc[error.ec] ?? byCode[error.code];
  return advice === undefined ? [] : [advice];
}
