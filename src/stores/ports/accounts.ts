import type { Instant } from '../../world/index.ts';

export type Standing = 'active' | 'disabled';

export interface Account {
  /** 16 digits, as the API shows owners. */
  readonly id: string;
  readonly name: string;
  readonly standing: Standing;
  readonly createdAt: Instant;
}

/** Groups only carry policies for their members; nobody signs as one. */
export type IdentityKind = 'user' | 'group' | 'role';

export interface Identity {
  /** 18 digits, never given twice; policies of buckets name users by it. */
  readonly id: string;
  readonly accountId: string;
  readonly kind: IdentityKind;
  /** Unique among those of its kind in the account. */
  readonly name: string;
  readonly standing: Standing;
  readonly createdAt: Instant;
  /** Of roles. */
  readonly role: RoleFacts | undefined;
}

export interface RoleFacts {
  /** Who may take it: JSON, as it was given. */
  readonly trustPolicy: string;
  readonly sessionSecondsMax: number;
  /** Sessions that began before are void. */
  readonly sessionsFrom: Instant;
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
