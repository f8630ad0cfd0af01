import type { Instant } from '../../world/index.ts';
import type { Account, Identity, IdentityKind, RoleFacts, Standing } from './accounts.ts';

export interface NamedPolicy {
  readonly accountId: string;
  readonly name: string;
  /** JSON, as it was given. */
  readonly document: string;
  readonly createdAt: Instant;
}

/** What hangs on an identity, on a user through groups too. */
export interface Grants {
  readonly identity: Identity;
  readonly account: Account;
  readonly documents: readonly string[];
  /** Names attached that are no policy of the account: those that every account has. */
  readonly builtIn: readonly string[];
}

export interface IdentityStore {
  createIdentity(
    identity: Identity,
    limit: number,
  ): Promise<'created' | 'id-taken' | 'name-taken' | 'no-account' | 'too-many'>;
  /** By id or by name (ids are digits only, names never are). */
  findIdentity(
    accountId: string,
    kind: IdentityKind,
    idOrName: string,
  ): Promise<Identity | undefined>;
  /** By name. */
  listIdentities(accountId: string, kind: IdentityKind): Promise<Identity[]>;
  setIdentityStanding(id: string, standing: Standing): Promise<'done' | 'none'>;
  setRole(id: string, role: RoleFacts): Promise<'done' | 'none'>;
  /** With its keys, attachments and memberships. */
  deleteIdentity(id: string): Promise<'done' | 'none'>;

  /** In place of the one of that name. */
  putPolicy(policy: NamedPolicy, limit: number): Promise<'put' | 'no-account' | 'too-many'>;
  findPolicy(accountId: string, name: string): Promise<NamedPolicy | undefined>;
  /** By name. */
  listPolicies(accountId: string): Promise<NamedPolicy[]>;
  /** `attached`: to somebody, and it stays. */
  deletePolicy(accountId: string, name: string): Promise<'done' | 'none' | 'attached'>;
  /** `isBuiltIn`: every account has it. Attaching again changes nothing. */
  attachPolicy(
    identityId: string,
    policyName: string,
    rules: { readonly isBuiltIn: boolean; readonly limit: number },
  ): Promise<'done' | 'no-identity' | 'no-policy' | 'too-many'>;
  detachPolicy(identityId: string, policyName: string): Promise<'done' | 'none'>;
  /** Names, ascending. */
  listAttachments(identityId: string): Promise<string[]>;

  /** Both of one account; adding again changes nothing. */
  addMember(groupId: string, userId: string, limit: number): Promise<'done' | 'none' | 'too-many'>;
  removeMember(groupId: string, userId: string): Promise<'done' | 'none'>;
  /** Users of a group or groups of a user, by name. */
  listMembership(identityId: string): Promise<Identity[]>;

  /** Everything that decides what a user or a role may do. */
  findGrants(identityId: string): Promise<Grants | undefined>;
}
