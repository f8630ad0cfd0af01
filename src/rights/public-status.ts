/** Whether a policy opens a bucket to everybody (access-control.md 4). */
import { parseAddressPattern } from './addresses.ts';
import type { Condition } from './conditions.ts';
import type { Policy, Statement } from './document.ts';

/** One public statement makes the policy public. */
export function isPublicPolicy({ statements }: Policy): boolean {
  return statements.some(isPublicStatement);
}

export function isPublicStatement({ isDeny, principals, conditions }: Statement): boolean {
  if (isDeny) return false;
  if (principals?.every(({ text }) => !text.includes('*')) === true) return false;
  return !conditions.some(isNarrowing);
}

const fixedKeys: readonly string[] = ['acs:SourceVpc', 'acs:SourceVpcId', 'acs:AccessId'];
const addressKeys: readonly string[] = ['acs:SourceIp', 'acs:SourceVpcIp'];
const addressOperators: readonly string[] = ['IpAddress', 'IpAddressIncludeBorder'];
/** The widest masks that count as narrow, in bits. */
const narrowBits = { 32: 8, 128: 32 } as const;

/** Of several values each must be narrow: they are alternatives. */
function isNarrowing({ operator, key, values }: Condition): boolean {
  if (fixedKeys.includes(key)) {
    // The value of whoever comes from no network at all is empty: that fixes nobody.
    if (values.includes('')) return false;
    if (operator === 'StringEquals') return true;
    return operator === 'StringLike' && values.every((value) => !/[*?]/.test(value));
  }
  if (!addressKeys.includes(key) || !addressOperators.includes(operator)) return false;
  return values.every((value) => {
    const pattern = parseAddressPattern(value);
    return pattern !== undefined && pattern.fixedBits >= narrowBits[pattern.bits];
  });
}
