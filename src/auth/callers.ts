/** From a key or a session to the caller it stands for. */
import type { KnownKey, Session } from '../accounts/index.ts';
import type { SignedCaller } from './types.ts';

export function callerOfKey(key: KnownKey, form: SignedCaller['form']): SignedCaller {
  const { accountId, accountName, accessKeyId, user } = key;
  const signed = { accountId, accountName, accessKeyId, form };
  if (user === undefined) return { ...signed, kind: 'account' };
  return { ...signed, kind: 'user', userId: user.id, userName: user.name };
}

export function callerOfSession(
  session: Session,
  accountName: string,
  form: SignedCaller['form'],
): SignedCaller {
  const { accountId, accessKeyId, roleId, roleName, policy } = session;
  const signed = { accountId, accountName, accessKeyId, form };
  return { kind: 'session', roleId, roleName, sessionName: session.name, policy, ...signed };
}
