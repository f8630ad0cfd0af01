/** Who calls, or the refusal (access-control.md 6.4 and 6.5). */
import { timingSafeEqual } from 'node:crypto';
import { type Accounts, isSessionKeyId } from '../accounts/index.ts';
import { callerOfKey, callerOfSession, type SignedCaller } from '../auth/index.ts';
import { StsError } from '../errors/index.ts';
import type { Instant } from '../world/index.ts';
import type { Presented } from './presented.ts';

type KnownAccounts = Pick<Accounts, 'findKey' | 'openToken' | 'findRoleOf'>;

/** @throws StsError */
export async function authenticate(
  presented: Presented,
  accounts: KnownAccounts,
  now: Instant,
): Promise<SignedCaller> {
  const { accessKeyId, securityToken } = presented;
  if (securityToken !== '') return await authenticateSession(presented, accounts, now);
  if (isSessionKeyId(accessKeyId)) throw new StsError('MissingSecurityToken');
  const key = await accounts.findKey(accessKeyId);
  if (key === undefined) throw new StsError('InvalidAccessKeyId.NotFound');
  if (key.standing === 'disabled') throw new StsError('InvalidAccessKeyId.Inactive');
  checkSignature(presented, key.secret);
  return callerOfKey(key, 'header');
}

async function authenticateSession(
  presented: Presented,
  accounts: KnownAccounts,
  now: Instant,
): Promise<SignedCaller> {
  const session = accounts.openToken(presented.securityToken);
  if (session === undefined) throw new StsError('InvalidSecurityToken.Malformed');
  if (session.accessKeyId !== presented.accessKeyId) {
    throw new StsError('InvalidSecurityToken.MismatchWithAccessKey');
  }
  if (now >= session.expiresAt) throw new StsError('InvalidSecurityToken.Expired');
  checkSignature(presented, session.secret);
  const { standing, accountName } = await accounts.findRoleOf(session);
  if (standing === 'void') throw new StsError('InvalidSecurityToken.Expired');
  if (standing === 'disabled') throw new StsError('InvalidAccessKeyId.Inactive');
  return callerOfSession(session, accountName, 'header');
}

function checkSignature({ signature, stringToSign, sign }: Presented, secret: string): void {
  const [sent, right] = [Buffer.from(signature), Buffer.from(sign(secret))];
  if (sent.length === right.length && timingSafeEqual(sent, right)) return;
  // Clients compare the end of this with what they signed, to tell a wrong secret from a bug.
  throw new StsError(
    'SignatureDoesNotMatch',
    `Specified signature is not matched with our calculation. server string to sign is:${stringToSign}`,
  );
}
