import type { HttpRequest } from '../http/index.ts';
import { algorithmV4, formatBasicIso, parseBasicIso, parseHttpDate } from '../signing/index.ts';
import type { Instant } from '../world/index.ts';
import { checkSkew } from './clock.ts';
import { checkSameDay, parseAdditionalHeaders, parseCredentialV4 } from './credential-v4.ts';
import type { Presented } from './presented.ts';
import { refuseDoubled } from './query.ts';
import { dateMissing, invalidAuthorization } from './refusals.ts';
import type { SigningKeys } from './signing-keys.ts';
import { candidatesV4, checkPayloadHash } from './v4-candidates.ts';

/** `Authorization: OSS4-HMAC-SHA256 Credential=…,Signature=…` (oss-signature.md 4). */
export function presentHeaderV4(
  request: HttpRequest,
  now: Instant,
  settings: { regions: readonly string[]; keys: SigningKeys },
): Presented {
  const { regions, keys } = settings;
  const fields = parseAuthorizationV4(request.headers.authorization ?? '');
  const { timestamp, instant } = timeOf(request);
  checkPayloadHash(request, true);
  const credential = parseCredentialV4(fields.credential, 'Authorization', regions);
  const additionalHeaders = parseAdditionalHeaders(fields.additionalHeaders, 'Authorization');
  checkSameDay(timestamp, credential);
  refuseDoubled(request.query, () => true);
  checkSkew(instant, now);
  const { scope } = credential;
  const signed = { timestamp, scope, options: { additionalHeaders }, keys };
  return {
    accessKeyId: credential.accessKeyId,
    signature: fields.signature,
    form: 'header',
    securityToken: request.headers['x-oss-security-token'] ?? '',
    candidates: (signable) => candidatesV4(signable, signed),
    mismatch: 'v4Signature',
  };
}

/** `yyyymmddTHHMMSSZ`, from `x-oss-date` or, failing that, from `Date`. */
function timeOf(request: HttpRequest): { timestamp: string; instant: Instant } {
  const own = request.headers['x-oss-date'];
  const { date = '' } = request.headers;
  const instant =
    own === undefined ? (parseBasicIso(date) ?? parseHttpDate(date)) : parseBasicIso(own);
  if (instant === undefined) throw dateMissing();
  return { timestamp: own ?? formatBasicIso(instant), instant };
}

interface FieldsV4 {
  readonly credential: string;
  readonly signature: string;
  readonly additionalHeaders: string | undefined;
}

/**
 * Loose on purpose: the documentation separates by comma and space, Go and ali-oss by comma, Python
 * puts AdditionalHeaders behind Signature (oss-signature.md 4).
 */
export function parseAuthorizationV4(value: string): FieldsV4 {
  const fields = new Map<string, string>();
  for (const part of value.slice(algorithmV4.length).split(',')) {
    const text = part.trim();
    if (text === '') continue;
    const equals = text.indexOf('=');
    const name = (equals < 0 ? text : text.slice(0, equals)).trim();
    if (!['Credential', 'Signature', 'AdditionalHeaders'].includes(name) || equals < 0) {
      const message = 'Unknown parameter in Authorization header.';
      throw invalidAuthorization('authorizationForm', message, value);
    }
    if (fields.has(name)) {
      const message = `Authorization header is invalid: ${name} comes more than once.`;
      throw invalidAuthorization('authorizationForm', message, value);
    }
    fields.set(name, text.slice(equals + 1).trim());
  }
  const credential = fields.get('Credential');
  const signature = fields.get('Signature');
  if (!credential || !signature) {
    const cause = credential ? 'authorizationForm' : 'v4CredentialMissing';
    const message = 'AccessKeyId or Signature is missing in Authorization header value.';
    throw invalidAuthorization(cause, message, value);
  }
  return { credential, signature, additionalHeaders: fields.get('AdditionalHeaders') };
}
