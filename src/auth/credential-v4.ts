import type { RefinementName } from '../errors/index.ts';
import { parseBasicIso, productOss, requestSuffixV4, type ScopeV4 } from '../signing/index.ts';
import { checkAccessKeyId } from './key-id.ts';
import { invalidArgument } from './refusals.ts';

/** `<access key id>/<yyyymmdd>/<region>/oss/aliyun_v4_request`. */
export interface CredentialV4 {
  readonly accessKeyId: string;
  readonly scope: ScopeV4;
}

/** What a credential of no such form is, and one whose key id can be none. */
interface CredentialCauses {
  readonly form: RefinementName;
  readonly keyId: RefinementName;
}

const ordinaryCauses: CredentialCauses = { form: 'v4CredentialInvalid', keyId: 'v4KeyIdMalformed' };

/** `argument`: where the text came from, for the error document. */
export function parseCredentialV4(
  text: string,
  argument: 'Authorization' | 'x-oss-credential',
  regions: readonly string[],
  causes: CredentialCauses = ordinaryCauses,
): CredentialV4 {
  const [accessKeyId = '', date = '', region = '', product, suffix, ...more] = text.split('/');
  const refuse = (cause: RefinementName, why: string) =>
    invalidArgument(cause, why, { name: argument, value: text });
  if (product !== productOss || suffix !== requestSuffixV4 || more.length > 0) {
    throw refuse(
      causes.form,
      'The credential must have the form <AccessKeyId>/<SignDate>/<Region>/oss/aliyun_v4_request.',
    );
  }
  checkAccessKeyId(accessKeyId, { cause: causes.keyId, argument });
  if (!/^\d{8}$/.test(date) || parseBasicIso(`${date}T000000Z`) === undefined) {
    throw refuse('v4DateInvalid', 'The date of the credential must be a day as yyyymmdd.');
  }
  if (!regions.includes(region)) {
    const message = 'Invalid signing region in Authorization header.';
    throw invalidArgument('v4Region', message, { name: argument, value: text });
  }
  return { accessKeyId, scope: { date, region } };
}

/** The signature is good for one day: the credential's and the date's must be the same. */
export function checkSameDay(timestamp: string, credential: CredentialV4): void {
  if (timestamp.slice(0, 8) === credential.scope.date) return;
  const message = 'The day of x-oss-date is not the day of the credential.';
  throw invalidArgument('v4DateInvalid', message, { name: 'x-oss-date', value: timestamp });
}

/** `a;b` as lower-case names. An empty list must be left out altogether. */
export function parseAdditionalHeaders(
  text: string | undefined,
  argument: 'Authorization' | 'x-oss-additional-headers',
): string[] {
  if (text === undefined) return [];
  const names = text.split(';').map((name) => name.trim().toLowerCase());
  if (names.every((name) => /^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name))) return names;
  const message =
    'The additional headers must be header names joined by semicolons; leave the field out when ' +
    'there are none.';
  throw invalidArgument('v4AdditionalEmpty', message, { name: argument, value: text });
}
