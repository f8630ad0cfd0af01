/**
 * Users, groups, roles and policies of accounts, as the operator keeps them (access-control.md 1
 * and 2). What they allow is the matter of the room `rights`; here documents are only read once, so
 * that none is kept that cannot be.
 */
import {
  builtInPolicies,
  isBuiltIn,
  type Policy,
  PolicyProblem,
  parseRamPolicy,
  parseTrustPolicy,
} from '../rights/index.ts';
import type {
  Account,
  Identity,
  IdentityKind,
  MetadataEngine,
  NamedPolicy,
  RoleFacts,
  Standing,
} from '../stores/index.ts';
import type { World } from '../world/index.ts';
import { checkIdentityName, checkPolicyName, newIdentityId } from './identifiers.ts';
import { AccountProblem } from './problem.ts';

/** Each as many as a public limits page of the service allows, or less. */
const limits = {
  user: 1000,
  group: 300,
  role: 1000,
  policies: 1500,
  policiesOfIdentity: 20,
  groupsOfUser: 50,
} as const;

/** Bounds of MaxSessionDuration, seconds (access-control.md 6.4). */
export const roleSessionSeconds = { min: 3600, max: 43_200 } as const;

export interface IdentityDetails {
  readonly identity: Identity;
  readonly policies: readonly string[];
  /** Groups of a user, members of a group. */
  readonly membership: readonly Identity[];
}

export interface NewRole {
  /** Left out: every user and role of the account may take it, if their policies allow it. */
  readonly trustPolicy?: string | undefined;
  readonly sessionSecondsMax?: number | undefined;
}

/** Accounts, users, groups and roles are named by name or id. */
export interface Identities {
  create(account: string, kind: 'user' | 'group', name: string): Promise<Identity>;
  createRole(account: string, name: string, role: NewRole): Promise<Identity>;
  /** Sessions that began before are void. */
  changeRole(account: string, name: string, role: NewRole): Promise<void>;
  list(account: string, kind: IdentityKind): Promise<Identity[]>;
  show(account: string, kind: IdentityKind, name: string): Promise<IdentityDetails>;
  setStanding(account: string, name: string, standing: Standing): Promise<void>;
  /** With its keys and everything that hangs on it. */
  remove(account: string, kind: IdentityKind, name: string): Promise<void>;
  putPolicy(account: string, name: string, document: string): Promise<void>;
  /** Those that every account has are there too. */
  listPolicies(account: string): Promise<Pick<NamedPolicy, 'name' | 'document'>[]>;
  showPolicy(account: string, name: string): Promise<Pick<NamedPolicy, 'name' | 'document'>>;
  removePolicy(account: string, name: string): Promise<void>;
  attach(account: string, kind: IdentityKind, name: string, policy: string): Promise<void>;
  detach(account: string, kind: IdentityKind, name: string, policy: string): Promise<void>;
  addMember(account: string, group: string, user: string): Promise<void>;
  removeMember(account: string, group: string, user: string): Promise<void>;
}

interface Parts {
  readonly engine: Pick<MetadataEngine, 'accounts' | 'identities'>;
  readonly world: Pick<World, 'clock' | 'random'>;
}

/** Random ids collide once in 10^17; a tenth draw means a broken source. */
const drawsMax = 10;

export function createIdentities(parts: Parts): Identities {
  const { engine, world } = parts;
  const store = engine.identities;
  const inAccount = (name: string) => requireAccount(parts, name);
  const one = (account: string, kind: IdentityKind, name: string) =>
    requireIdentity(parts, account, kind, name);
  return {
    create: async (account, kind, name) =>
      createIdentity(parts, await inAccount(account), kind, name, undefined),
    async createRole(accountName, name, role) {
      const account = await inAccount(accountName);
      const facts = roleFacts(role, undefined, account, world.clock.now());
      return createIdentity(parts, account, 'role', name, facts);
    },
    async changeRole(accountName, name, role) {
      const account = await inAccount(accountName);
      const standing = await one(accountName, 'role', name);
      const facts = roleFacts(role, standing.role, account, world.clock.now());
      if ((await store.setRole(standing.id, facts)) === 'none') throw unknown('role', name);
    },
    list: async (account, kind) => store.listIdentities((await inAccount(account)).id, kind),
    async show(account, kind, name) {
      const identity = await one(account, kind, name);
      const policies = await store.listAttachments(identity.id);
      return { identity, policies, membership: await store.listMembership(identity.id) };
    },
    async setStanding(account, name, standing) {
      const user = await one(account, 'user', name);
      if ((await store.setIdentityStanding(user.id, standing)) === 'none') {
        throw unknown('user', name);
      }
    },
    async remove(account, kind, name) {
      const identity = await one(account, kind, name);
      if ((await store.deleteIdentity(identity.id)) === 'none') throw unknown(kind, name);
    },
    ...policiesOf(parts),
    async attach(account, kind, name, policy) {
      await attach(parts, await one(account, kind, name), policy);
    },
    async detach(account, kind, name, policy) {
      const identity = await one(account, kind, name);
      if ((await store.detachPolicy(identity.id, policy)) === 'done') return;
      throw new AccountProblem(`The policy "${shown(policy)}" is not attached to ${kind} ${name}.`);
    },
    async addMember(account, group, user) {
      const [into, who] = [await one(account, 'group', group), await one(account, 'user', user)];
      const added = await store.addMember(into.id, who.id, limits.groupsOfUser);
      if (added === 'none') throw unknown('group', group);
      if (added === 'too-many') throw tooMany('groups of one user', limits.groupsOfUser);
    },
    async removeMember(account, group, user) {
      const [from, who] = [await one(account, 'group', group), await one(account, 'user', user)];
      if ((await store.removeMember(from.id, who.id)) === 'done') return;
      throw new AccountProblem(`The user "${shown(user)}" is not in the group "${shown(group)}".`);
    },
  };
}

type PolicyMethods = Pick<Identities, 'putPolicy' | 'listPolicies' | 'showPolicy' | 'removePolicy'>;

function policiesOf(parts: Parts): PolicyMethods {
  const { world } = parts;
  const store = parts.engine.identities;
  return {
    async putPolicy(accountName, name, document) {
      const account = await requireAccount(parts, accountName);
      checkPolicyName(name);
      if (isBuiltIn(name)) throw new AccountProblem(`The policy ${name} comes with the server.`);
      readDocument(parseRamPolicy, document);
      const policy = { accountId: account.id, name, document, createdAt: world.clock.now() };
      const put = await store.putPolicy(policy, limits.policies);
      if (put === 'too-many') throw tooMany('policies of one account', limits.policies);
      if (put === 'no-account') throw unknownAccount(accountName);
    },
    async listPolicies(accountName) {
      const account = await requireAccount(parts, accountName);
      return [...builtInPolicies, ...(await store.listPolicies(account.id))];
    },
    async showPolicy(accountName, name) {
      const account = await requireAccount(parts, accountName);
      const found =
        builtInPolicies.find((policy) => policy.name === name) ??
        (await store.findPolicy(account.id, name));
      if (found === undefined) throw unknownPolicy(name);
      return { name: found.name, document: found.document };
    },
    async removePolicy(accountName, name) {
      const account = await requireAccount(parts, accountName);
      if (isBuiltIn(name)) throw new AccountProblem(`The policy ${name} comes with the server.`);
      const removed = await store.deletePolicy(account.id, name);
      if (removed === 'none') throw unknownPolicy(name);
      if (removed === 'attached') {
        throw new AccountProblem(`The policy "${name}" is attached to somebody: detach it first.`);
      }
    },
  };
}

async function createIdentity(
  parts: Parts,
  account: Account,
  kind: IdentityKind,
  name: string,
  role: RoleFacts | undefined,
): Promise<Identity> {
  checkIdentityName(kind, name);
  const createdAt = parts.world.clock.now();
  for (let draw = 0; draw < drawsMax; draw++) {
    const id = newIdentityId(parts.world.random);
    const identity: Identity = {
      id,
      accountId: account.id,
      kind,
      name,
      standing: 'active',
      createdAt,
      role,
    };
    const made = await parts.engine.identities.createIdentity(identity, limits[kind]);
    if (made === 'created') return identity;
    if (made === 'too-many') throw tooMany(`${kind}s of one account`, limits[kind]);
    if (made === 'no-account') throw unknownAccount(account.name);
    if (made === 'name-taken') {
      throw new AccountProblem(`The account has a ${kind} named "${name}" already.`);
    }
  }
  throw new Error('The source of randomness repeats itself.');
}

async function attach(parts: Parts, identity: Identity, policy: string): Promise<void> {
  const rules = { isBuiltIn: isBuiltIn(policy), limit: limits.policiesOfIdentity };
  const done = await parts.engine.identities.attachPolicy(identity.id, policy, rules);
  if (done === 'no-policy') throw unknownPolicy(policy);
  if (done === 'no-identity') throw unknown(identity.kind, identity.name);
  if (done === 'too-many') {
    throw tooMany(`policies of one ${identity.kind}`, limits.policiesOfIdentity);
  }
}

function roleFacts(
  { trustPolicy, sessionSecondsMax }: NewRole,
  standing: RoleFacts | undefined,
  account: Account,
  now: number,
): RoleFacts {
  if (trustPolicy !== undefined) readDocument(parseTrustPolicy, trustPolicy);
  const seconds = sessionSecondsMax ?? standing?.sessionSecondsMax ?? roleSessionSeconds.min;
  const { min, max } = roleSessionSeconds;
  if (!Number.isInteger(seconds) || seconds < min || seconds > max) {
    throw new AccountProblem(`A session of a role lasts ${min} to ${max} seconds at most.`);
  }
  return {
    trustPolicy: trustPolicy ?? standing?.trustPolicy ?? trustOf(account),
    sessionSecondsMax: seconds,
    sessionsFrom: now,
  };
}

function trustOf({ id }: Account): string {
  const Principal = { RAM: [`acs:ram::${id}:root`] };
  return JSON.stringify({
    Version: '1',
    Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal }],
  });
}

function readDocument(parse: (text: string) => Policy, text: string): void {
  try {
    parse(text);
  } catch (error) {
    if (!(error instanceof PolicyProblem)) throw error;
    throw new AccountProblem(`The policy document cannot be taken: ${error.message}`);
  }
}

async function requireAccount({ engine }: Parts, idOrName: string): Promise<Account> {
  const account = await engine.accounts.findAccount(idOrName);
  if (account === undefined) throw unknownAccount(idOrName);
  return account;
}

async function requireIdentity(
  parts: Parts,
  accountName: string,
  kind: IdentityKind,
  name: string,
): Promise<Identity> {
  const account = await requireAccount(parts, accountName);
  const found = await parts.engine.identities.findIdentity(account.id, kind, name);
  if (found === undefined) throw unknown(kind, name);
  return found;
}

function shown(text: string): string {
  return text.slice(0, 80);
}

function unknownAccount(name: string): AccountProblem {
  return new AccountProblem(
    `There is no account "${shown(name)}". See them with: cnamed account list`,
  );
}

function unknown(kind: IdentityKind, name: string): AccountProblem {
  return new AccountProblem(
    `There is no ${kind} "${shown(name)}". See them with: cnamed ${kind} list`,
  );
}

function unknownPolicy(name: string): AccountProblem {
  return new AccountProblem(
    `There is no policy "${shown(name)}". See them with: cnamed policy list`,
  );
}

function tooMany(what: string, limit: number): AccountProblem {
  return new AccountProblem(`There are ${limit} ${what} already, and no more may be.`);
}
