/**
 * Accounts, their users, groups, roles and policies, and access keys, lasting and temporary: who
 * may call. Secrets are sealed at rest and leave this room only towards `auth` and `sts` and, once,
 * towards the person who created them.
 */
export { type AccountParts, AccountProblem, createAccounts } from './accounts.ts';
export { isSessionKeyId } from './identifiers.ts';
export {
  createIdentities,
  type Identities,
  type IdentityDetails,
  roleSessionSeconds,
} from './identities.ts';
export { rootAccountSetting } from './root.ts';
export { faultOfSecret, moveSecret } from './secrets.ts';
export { createSessions, type Session, type Sessions } from './sessions.ts';
export type * from './types.ts';
