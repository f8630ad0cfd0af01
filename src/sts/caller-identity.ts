/**
 * GetCallerIdentity: whose key this is; no right is needed
 * https://www.alibabacloud.com/help/doc-detail/43767.htm
 */
import type { SignedCaller } from '../auth/index.ts';
import type { Answer } from './render.ts';

export function getCallerIdentity(caller: SignedCaller): Answer {
  const { accountId } = caller;
  const arn = (rest: string): string => `acs:ram::${accountId}:${rest}`;
  switch (caller.kind) {
    case 'account':
      return {
        IdentityType: 'Account',
        AccountId: accountId,
        PrincipalId: accountId,
        UserId: accountId,
        Arn: arn('root'),
      };
    case 'user':
      return {
        IdentityType: 'RAMUser',
        AccountId: accountId,
        PrincipalId: caller.userId,
        UserId: caller.userId,
        Arn: arn(`user/${caller.userName}`),
      };
    case 'session':
      return {
        IdentityType: 'AssumedRoleUser',
        AccountId: accountId,
        PrincipalId: `${caller.roleId}:${caller.sessionName}`,
        RoleId: caller.roleId,
        Arn: arn(`assumed-role/${caller.roleName}/${caller.sessionName}`),
      };
  }
}
