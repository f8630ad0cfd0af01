import type { Account, Credential, Grants, Standing } from '../stores/index.ts';
import type { Session, Sessions } from './sessions.ts';

export type { Account, Grants, Identity, Standing } from '../stores/index.ts';

/** Printed once, at creation. */
export interface NewAccessKey {
  readonly accountId: string;
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
}

/** A key as verification needs it. */
export interface KnownKey {
  readonly accessKeyId: string;
  readonly accountId: string;
  readonly accountName: string;
  readonly secret: string;
  /** Disabled when the key, its user or its account is. */
  readonly standing: Standing;
  /** Whose it is, unless it is the account's own. */
  readonly user: { readonly id: string; readonly name: string } | undefined;
}

export interface Accounts {
  /**
   * The root account and its key stand after this. `given`: from the configuration (its secret may
   * change between starts: the configured one counts; a key configured earlier under another id is
   * disabled). Without it a key is made at first start and returned as `generated`, once.
   */
  ensureRootAccount(
    given: { accessKeyId: string; accessKeySecret: string } | undefined,
  ): Promise<{ accountId: string; generated: NewAccessKey | undefined; accessKeyId: string }>;
  createAccount(name: string): Promise<NewAccessKey>;
  listAccounts(): Promise<Account[]>;
  /** By id or name. */
  setAccountStanding(idOrName: string, standing: Standing): Promise<void>;
  /** With `userId`, of that user. */
  createKey(accountIdOrName: string, userId?: string): Promise<NewAccessKey>;
  listKeys(accountIdOrName?: string): Promise<Omit<Credential, 'secretSealed'>[]>;
  setKeyStanding(accessKeyId: string, standing: Standing): Promise<void>;
  findKey(accessKeyId: string): Promise<KnownKey | undefined>;
  /** Any active key of the root account, for the operator's command line beside the server. */
  findRootKey(): Promise<KnownKey | undefined>;
  /**
   * Every secret is under the current master key after this; answers how many had to be re-wrapped.
   * Safe beside a running server.
   */
  resealSecrets(): Promise<number>;
  /** What hangs on a user or a role, as fresh as `ServingReads`. */
  findGrants(identityId: string): Promise<Grants | undefined>;
  readonly issueSession: Sessions['issue'];
  readonly openToken: Sessions['open'];
  /** Whether the role of a session still stands for it; `void`: not any more. */
  findRoleOf(session: Session): Promise<{ standing: Standing | 'void'; accountName: string }>;
}
