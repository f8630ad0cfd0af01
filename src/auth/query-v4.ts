import type { RefinementName } from '../errors/index.ts';
import type { HttpRequest } from '../http/index.ts';
import { algorithmV4, parseBasicIso } from '../signing/index.ts';
import type { Instant } from '../world/index.ts';
import { skewMaxMs } from './clock.ts';
import { checkSameDay, parseAdditionalHeaders, parseCredentialV4 } from './credential-v4.ts';
import type { Presented } from './presented.ts';
import { firstValue, refuseDoubled } from './query.ts';
import { accessDenied, invalidArgument, isoDate } from './refusals.ts';
import type { SigningKeys } from './signing-keys.ts';
import { candidatesV4, checkPayloadHash } from './v4-candidates.ts';

/** Seven days (oss-signature.md 4.4). */
const expiresSecondsMax = 604_800;

/**
 * `?x-oss-signature-version=…&x-oss-credential=…&x-oss-date=…&x-oss-expires=…&x-oss-signature=…`.
 */
export function presentQueryV4(
  request: HttpRequest,
  now: Instant,
  settings: { regions: readonly string[]; keys: SigningKeys },
): Presented {
  const { regions, keys } = settings;
  const fields = readFields(request);
  const credential = parseCredentialV4(fields.credential, 'x-oss-credential', regions);
  const additional = firstValue(request, 'x-oss-additional-headers');
  const additionalHeaders = parseAdditionalHeaders(additional, 'x-oss-additional-headers');
  checkPayloadHash(request, false);
  checkSameDay(fields.date, credential);
  refuseDoubled(request.query, () => true);
  checkValidity(fields, now);
  const signed = {
    timestamp: fields.date,
    scope: credential.scope,
    options: { additionalHeaders, isPresigned: true },
    keys,
  };
  return {
    accessKeyId: credential.accessKeyId,
    signature: fields.signature,
    form: 'query',
    securityToken: firstValue(request, 'x-oss-security-token') ?? '',
    candidates: (signable) => candidatesV4(signable, signed),
    mismatch: 'v4Signature',
  };
}

interface FieldsV4 {
  readonly credential: string;
  readonly date: string;
  readonly startsAt: Instant;
  readonly expiresInMs: number;
  readonly signature: string;
}

function readFields(request: HttpRequest): FieldsV4 {
  const version = requireValue(request, 'x-oss-signature-version', 'v4ParameterMissing');
  if (version !== algorithmV4) {
    const message = `The signature version must be ${algorithmV4}.`;
    const argument = { name: 'x-oss-signature-version', value: version };
    throw invalidArgument('unsupportedVersion', message, argument);
  }
  const credential = requireValue(request, 'x-oss-credential', 'v4ParameterMissing');
  const date = requireValue(request, 'x-oss-date', 'v4ParameterMissing');
  const expires = requireValue(request, 'x-oss-expires', 'v4ExpiresMissing');
  const signature = requireValue(request, 'x-oss-signature', 'v4ParameterMissing');
  const startsAt = parseBasicIso(date);
  if (startsAt === undefined) {
    const message = 'x-oss-date must be a time as yyyymmddTHHMMSSZ.';
    throw invalidArgument('v4DateInvalid', message, { name: 'x-oss-date', value: date });
  }
  const seconds = /^\d{1,6}$/.test(expires) ? Number(expires) : 0;
  if (seconds < 1 || seconds > expiresSecondsMax) {
    const message = `x-oss-expires must be a number of seconds from 1 to ${expiresSecondsMax}.`;
    const argument = { name: 'x-oss-expires', value: expires };
    throw invalidArgument('v4ExpiresInvalid', message, argument);
  }
  return { credential, date, startsAt, expiresInMs: seconds * 1000, signature };
}

function requireValue(request: HttpRequest, name: string, cause: RefinementName): string {
  const value = firstValue(request, name);
  if (value) return value;
  const message = `A signed URL needs the parameter ${name}.`;
  throw invalidArgument(cause, message, { name, value: '' });
}

function checkValidity(fields: FieldsV4, now: Instant): void {
  if (now < fields.startsAt - skewMaxMs) {
    const message = 'The signed URL is not valid yet.';
    const times = { RequestTime: isoDate(fields.startsAt), ServerTime: isoDate(now) };
    throw accessDenied('v4TooEarly', message, times);
  }
  const expiresAt = fields.startsAt + fields.expiresInMs;
  if (now <= expiresAt) return;
  throw accessDenied('v4Expired', 'Request has expired.', {
    Expires: isoDate(expiresAt),
    ServerTime: isoDate(now),
  });
}
