import type { Instant } from '../../world/index.ts';
import type { Identity } from './identities.ts';

export type Standing = 'active' | 'disabled';

export interface Account {
  /** 16 digits, as the API shows owners. */
  readonly id: string;
  readonly name: string;
  readonly standing: Standing;
  readonly createdAt: Instant;
}

export interface Credential {
  readonly accessKeyId: string;
  readonly accountId: string;
  /** Of a key of a user; else it is the account's own. */
  readonly userId?: string;
  /** The secret, sealed by the room `sealing`; the store cannot read it. */
  readonly secretSealed: string;
  readonly standing: Standing;
  readonly createdAt: Instant;
}

export interface KnownCredential {
  readonly credential: Credential;
  readonly account: Account;
  /** Of a key of a user. */
  readonly user?: Identity;
}

export interface AccountStore {
  /** Creates both or neither. */
  createAccount(
    account: Account,
    credential: Credential,
  ): Promise<{ outcome: 'created' } | { outcome: 'taken'; what: 'id' | 'name' | 'accessKeyId' }>;
  /** By id or by name (ids are digits only, names never are). */
  findAccount(idOrName: string): Promise<Account | undefined>;
  /** By creation time, then id. */
  listAccounts(): Promise<Account[]>;
  setAccountStanding(id: string, standing: Standing): Promise<'done' | 'none'>;

  addCredential(credential: Credential): Promise<'added' | 'taken' | 'no-account' | 'no-user'>;
  /** With whom it belongs to, in one read. */
  findCredential(accessKeyId: string): Promise<KnownCredential | undefined>;
  /** By creation time, then access key id. */
  listCredentials(accountId?: string): Promise<Credential[]>;
  setCredentialStanding(accessKeyId: string, standing: Standing): Promise<'done' | 'none'>;
  /** Replaces the sealed text if it still is `expected`: re-wrapping under a new master key. */
  resealCredential(
    accessKeyId: string,
    expected: string,
    next: string,
  ): Promise<'done' | 'changed'>;
}
