import type { Random } from '../world/index.ts';
import { AccountProblem } from './problem.ts';

const digits = '0123456789';
const alphanumerics = `${digits}ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz`;

/** As the API shows owners (oss-protocol.md). */
const accountIdLength = 16;
const identityIdLength = 18;
const sessionKeyIdPrefix = 'STS.';
const sessionKeyIdLength = 25;
/** The vendor's keys look so: a fixed prefix and 20 characters. */
const accessKeyIdPrefix = 'LTAI';
const accessKeyIdLength = 20;
/** 62^30: 178 bits. */
const secretLength = 30;

/** What clients may use as an access key id (oss-signature.md 7). */
const accessKeyIdForm = /^[0-9A-Za-z._=]{1,128}$/;
const secretForm = /^[\x21-\x7e]{1,256}$/;
const accountNameForm = /^[A-Za-z][A-Za-z0-9._-]{0,63}$/;

/** The name of the account that the environment or the first start makes. */
export const rootAccountName = 'root';

/** `length` characters, each of the alphabet's with the same chance. */
function randomText(random: Random, alphabet: string, length: number): string {
  // Bytes above the largest multiple would favour the alphabet's first characters: thrown away.
  const limit = 256 - (256 % alphabet.length);
  let text = '';
  while (text.length < length) {
    for (const byte of random.bytes(length * 2)) {
      if (byte < limit && text.length < length) text += alphabet[byte % alphabet.length];
    }
  }
  return text;
}

export function newAccountId(random: Random): string {
  const first = randomText(random, digits.slice(1), 1);
  return first + randomText(random, digits, accountIdLength - 1);
}

/** Of users, groups and roles; two digits longer than those of accounts, so that none is both. */
export function newIdentityId(random: Random): string {
  const first = randomText(random, digits.slice(1), 1);
  return first + randomText(random, digits, identityIdLength - 1);
}

/** Bucket policies tell temporary keys by their first letters (access-control.md 1). */
export function newSessionKeyId(random: Random): string {
  return sessionKeyIdPrefix + randomText(random, alphanumerics, sessionKeyIdLength);
}

export function isSessionKeyId(accessKeyId: string): boolean {
  return accessKeyId.startsWith(sessionKeyIdPrefix);
}

export function newAccessKeyId(random: Random): string {
  return accessKeyIdPrefix + randomText(random, alphanumerics, accessKeyIdLength);
}

export function newAccessKeySecret(random: Random): string {
  return randomText(random, alphanumerics, secretLength);
}

export function checkAccountName(name: string): void {
  if (!accountNameForm.test(name)) {
    throw new AccountProblem(
      'An account name begins with a letter and has at most 64 letters, digits, dots, hyphens and ' +
        `underscores; "${name.slice(0, 80)}" is not one.`,
    );
  }
  if (name.toLowerCase() === rootAccountName) {
    throw new AccountProblem('The name "root" belongs to the root account. Choose another one.');
  }
}

/** access-control.md 1; a name of digits alone could be an id. */
const identityNameForm = /^[A-Za-z0-9._@-]{1,64}$/;
const roleNameForm = /^[A-Za-z0-9.-]{1,64}$/;
const policyNameForm = /^[A-Za-z0-9-]{1,128}$/;

export function checkIdentityName(kind: 'user' | 'group' | 'role', name: string): void {
  const form = kind === 'role' ? roleNameForm : identityNameForm;
  if (form.test(name) && !/^\d+$/.test(name)) return;
  const others = kind === 'role' ? 'dots and hyphens' : 'dots, hyphens, underscores and @';
  throw new AccountProblem(
    `The name of a ${kind} has 1 to 64 letters, digits, ${others}, and is no number; ` +
      `"${name.slice(0, 80)}" is not one.`,
  );
}

export function checkPolicyName(name: string): void {
  if (policyNameForm.test(name)) return;
  throw new AccountProblem(
    'The name of a policy has 1 to 128 letters, digits and hyphens; ' +
      `"${name.slice(0, 80)}" is not one.`,
  );
}

/** Checks what the configuration brings for the root account. */
export function checkGivenKey(given: { accessKeyId: string; accessKeySecret: string }): void {
  if (!accessKeyIdForm.test(given.accessKeyId)) {
    throw new AccountProblem(
      'CNAMED_ACCESS_KEY_ID must be 1 to 128 of the characters 0-9 a-z A-Z . _ = because clients ' +
        'cannot sign with anything else.',
    );
  }
  if (/^(?:STS|TMP)\./.test(given.accessKeyId)) {
    throw new AccountProblem(
      'CNAMED_ACCESS_KEY_ID must not begin with "STS." or "TMP.": temporary keys do.',
    );
  }
  if (!secretForm.test(given.accessKeySecret)) {
    throw new AccountProblem(
      'CNAMED_ACCESS_KEY_SECRET must be 1 to 256 printable ASCII characters without spaces.',
    );
  }
}
