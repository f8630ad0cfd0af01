/**
 * Accounts and access keys: who may call. Secrets are sealed at rest and leave this room only
 * towards `auth` and, once, towards the person who created them.
 */
export { type AccountParts, AccountProblem, createAccounts } from './accounts.ts';
export { rootAccountSetting } from './root.ts';
export { faultOfSecret, moveSecret } from './secrets.ts';
export type * from './types.ts';
