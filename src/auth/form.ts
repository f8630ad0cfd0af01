import { type RefinementName, refine } from '../errors/index.ts';
import {
  algorithmV4,
  bytesOfText,
  parseBasicIso,
  policySignatureV1,
  policySignatureV4,
} from '../signing/index.ts';
import type { Instant } from '../world/index.ts';
import { skewMaxMs } from './clock.ts';
import { checkSameDay, parseCredentialV4 } from './credential-v4.ts';
import { checkAccessKeyId } from './key-id.ts';
import type { PresentedForm } from './presented.ts';
import { accessDenied, invalidArgument, isoDate } from './refusals.ts';
import type { SigningKeys } from './signing-keys.ts';
import type { FormFields } from './types.ts';

/** oss-signature.md 6: `x-oss-date` at most seven days old. */
const ageMaxMs = 7 * 24 * 3600 * 1000;

const signsV4 = ['x-oss-signature-version', 'x-oss-credential', 'x-oss-signature'];
const signsV1 = ['ossaccesskeyid', 'signature', 'policy'];

/**
 * What the fields of a form present: its policy, signed with V1 or V4 (oss-signature.md 6).
 * `undefined` when nothing of a signature is there.
 */
export function presentForm(
  fields: FormFields,
  now: Instant,
  settings: { regions: readonly string[]; keys: SigningKeys },
): PresentedForm | undefined {
  if (signsV4.some((name) => fields.has(name))) return presentV4(fields, now, settings);
  return signsV1.some((name) => fields.has(name)) ? presentV1(fields) : undefined;
}

function presentV1(fields: FormFields): PresentedForm {
  const accessKeyId = required(fields, 'OSSAccessKeyId', 'formKeyIdMissing', 'formKeyIdInvalid');
  const policy = required(fields, 'policy', 'formPolicyMissing', 'formPolicyMissing');
  const signature = required(fields, 'Signature', 'formSignatureMissing', 'formSignatureEmpty');
  checkAccessKeyId(accessKeyId, { cause: 'formKeyIdInvalid', argument: 'OSSAccessKeyId' });
  return {
    accessKeyId,
    signature,
    form: 'form',
    securityToken: fields.get('x-oss-security-token') ?? '',
    candidate: {
      stringToSign: bytesOfText(policy),
      canonicalRequest: undefined,
      sign: (secret) => policySignatureV1(secret, policy),
    },
    mismatch: undefined,
  };
}

function presentV4(
  fields: FormFields,
  now: Instant,
  { regions, keys }: { regions: readonly string[]; keys: SigningKeys },
): PresentedForm {
  const policy = required(fields, 'policy', 'formPolicyMissing', 'formPolicyMissing');
  const parameter = (name: string): string =>
    required(fields, name, 'v4ParameterMissing', 'v4ParameterMissing');
  const version = parameter('x-oss-signature-version');
  if (version !== algorithmV4) {
    throw invalidArgument('unsupportedVersion', `The signature version must be ${algorithmV4}.`, {
      name: 'x-oss-signature-version',
      value: version,
    });
  }
  const credentialText = required(fields, 'x-oss-credential', 'formCredential', 'formCredential');
  const date = parameter('x-oss-date');
  const signature = required(
    fields,
    'x-oss-signature',
    'formSignatureMissing',
    'formSignatureEmpty',
  );
  const credential = parseCredentialV4(credentialText, 'x-oss-credential', regions, {
    form: 'formCredential',
    keyId: 'formCredentialKeyId',
  });
  checkDate(date, now);
  checkSameDay(date, credential);
  return {
    accessKeyId: credential.accessKeyId,
    signature,
    form: 'form',
    securityToken: fields.get('x-oss-security-token') ?? '',
    candidate: {
      stringToSign: bytesOfText(policy),
      canonicalRequest: undefined,
      sign: (secret) => policySignatureV4(keys.find(secret, credential.scope), policy),
    },
    mismatch: 'v4Signature',
  };
}

function checkDate(date: string, now: Instant): void {
  const signedAt = parseBasicIso(date);
  if (signedAt === undefined) {
    const message = 'x-oss-date must be a time as yyyymmddTHHMMSSZ.';
    throw invalidArgument('v4DateInvalid', message, { name: 'x-oss-date', value: date });
  }
  const times = { RequestTime: isoDate(signedAt), ServerTime: isoDate(now) };
  if (now < signedAt - skewMaxMs) {
    throw accessDenied('v4TooEarly', 'The signed form is not valid yet.', times);
  }
  if (now > signedAt + ageMaxMs) throw accessDenied('v4Expired', 'Request has expired.', times);
}

/** Each of the fields needs the others (oss-semantics.md 7.6). */
function required(
  fields: FormFields,
  name: string,
  missing: RefinementName,
  empty: RefinementName,
): string {
  const value = fields.get(name.toLowerCase());
  if (value) return value;
  const message = `A signed form needs the field ${name}.`;
  const argument = { ArgumentName: name, ArgumentValue: '' };
  throw refine(value === undefined ? missing : empty, { message, fields: argument });
}
