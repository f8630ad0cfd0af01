import type { Sealer } from '../sealing/index.ts';
import type { Account, Credential, MetadataEngine } from '../stores/index.ts';
import type { World } from '../world/index.ts';
import {
  checkAccountName,
  newAccessKeyId,
  newAccessKeySecret,
  newAccountId,
} from './identifiers.ts';
import { AccountProblem } from './problem.ts';
import { ensureRoot, type RootParts, rootAccountSetting } from './root.ts';
import { createSecrets } from './secrets.ts';
import { createSessions, type Session } from './sessions.ts';
import type { Accounts, KnownKey, NewAccessKey, Standing } from './types.ts';

export { AccountProblem } from './problem.ts';

export interface AccountParts {
  readonly engine: Pick<MetadataEngine, 'accounts' | 'settings' | 'serving'>;
  readonly sealer: Sealer;
  readonly world: World;
}

/** Random ids collide once in 10^15; a second draw is plenty, a tenth means a broken source. */
const drawsMax = 10;

export function createAccounts({ engine, sealer, world }: AccountParts): Accounts {
  const parts: RootParts = {
    store: engine.accounts,
    settings: engine.settings,
    secrets: createSecrets(sealer),
    world,
  };
  const sessions = createSessions(sealer, world);
  return {
    ensureRootAccount: (given) => ensureRoot(parts, given),
    createAccount: (name) => createAccount(parts, name),
    listAccounts: () => parts.store.listAccounts(),
    setAccountStanding: (idOrName, standing) => setAccountStanding(parts, idOrName, standing),
    createKey: (accountIdOrName, userId) => createKey(parts, accountIdOrName, userId),
    listKeys: (accountIdOrName) => listKeys(parts, accountIdOrName),
    setKeyStanding: (accessKeyId, standing) => setKeyStanding(parts, accessKeyId, standing),
    findKey: (accessKeyId) => findKey(engine.serving, parts.secrets, accessKeyId),
    findRootKey: () => findRootKey(parts),
    resealSecrets: () => resealSecrets(parts),
    findGrants: (identityId) => engine.serving.findGrants(identityId),
    issueSession: sessions.issue,
    openToken: sessions.open,
    findRoleOf: (session) => findRoleOf(engine.serving, session),
  };
}

/** A key of the account, sealed for the store and in clear for the person who asked. */
function drawKey(
  parts: RootParts,
  accountId: string,
  userId?: string,
): { credential: Credential; shown: NewAccessKey } {
  const { random, clock } = parts.world;
  const place = { accountId, accessKeyId: newAccessKeyId(random) };
  const accessKeySecret = newAccessKeySecret(random);
  return {
    credential: {
      ...place,
      secretSealed: parts.secrets.seal(accessKeySecret, place),
      standing: 'active',
      createdAt: clock.now(),
      ...(userId === undefined ? {} : { userId }),
    },
    shown: { ...place, accessKeySecret },
  };
}

async function createAccount(parts: RootParts, name: string): Promise<NewAccessKey> {
  checkAccountName(name);
  const { store, world } = parts;
  for (let draw = 0; draw < drawsMax; draw++) {
    const id = newAccountId(world.random);
    const { credential, shown } = drawKey(parts, id);
    const createdAt = credential.createdAt;
    const made = await store.createAccount({ id, name, standing: 'active', createdAt }, credential);
    if (made.outcome === 'created') return shown;
    if (made.what === 'name') {
      throw new AccountProblem(
        `An account named "${name}" exists already. For another key of it run: ` +
          `cnamed key create ${name}`,
      );
    }
  }
  throw new Error('The source of randomness repeats itself.');
}

async function requireAccount(parts: RootParts, idOrName: string): Promise<Account> {
  const account = await parts.store.findAccount(idOrName);
  if (account) return account;
  throw new AccountProblem(
    `There is no account "${idOrName.slice(0, 80)}". See them with: cnamed account list`,
  );
}

async function setAccountStanding(
  parts: RootParts,
  idOrName: string,
  standing: Account['standing'],
): Promise<void> {
  const account = await requireAccount(parts, idOrName);
  const rootId = await parts.settings.findSetting(rootAccountSetting);
  if (account.id === rootId && standing === 'disabled') {
    throw new AccountProblem(
      'The root account cannot be disabled: nobody could enable it again. Disable its keys instead.',
    );
  }
  await parts.store.setAccountStanding(account.id, standing);
}

async function createKey(
  parts: RootParts,
  accountIdOrName: string,
  userId: string | undefined,
): Promise<NewAccessKey> {
  const account = await requireAccount(parts, accountIdOrName);
  for (let draw = 0; draw < drawsMax; draw++) {
    const { credential, shown } = drawKey(parts, account.id, userId);
    const added = await parts.store.addCredential(credential);
    if (added === 'added') return shown;
    if (added === 'no-account') await requireAccount(parts, account.id);
    if (added === 'no-user') {
      throw new AccountProblem(`There is no user ${userId} in the account "${account.name}".`);
    }
  }
  throw new Error('The source of randomness repeats itself.');
}

async function listKeys(
  parts: RootParts,
  accountIdOrName: string | undefined,
): Promise<Omit<Credential, 'secretSealed'>[]> {
  const account =
    accountIdOrName === undefined ? undefined : await requireAccount(parts, accountIdOrName);
  const credentials = await parts.store.listCredentials(account?.id);
  return credentials.map(({ secretSealed: _, ...rest }) => rest);
}

async function setKeyStanding(
  parts: RootParts,
  accessKeyId: string,
  standing: Credential['standing'],
): Promise<void> {
  if ((await parts.store.setCredentialStanding(accessKeyId, standing)) === 'done') return;
  throw new AccountProblem(
    `There is no access key "${accessKeyId.slice(0, 80)}". See them with: cnamed key list`,
  );
}

async function findKey(
  serving: Pick<MetadataEngine['serving'], 'findCredential'>,
  secrets: RootParts['secrets'],
  accessKeyId: string,
): Promise<KnownKey | undefined> {
  const found = await serving.findCredential(accessKeyId);
  if (!found) return undefined;
  const { credential, account, user } = found;
  const isActive = [credential, account, user ?? account].every(
    ({ standing }) => standing === 'active',
  );
  return {
    accessKeyId,
    accountId: account.id,
    accountName: account.name,
    secret: secrets.unseal(credential),
    standing: isActive ? 'active' : 'disabled',
    user: user && { id: user.id, name: user.name },
  };
}

/** Sessions end early when their role goes, is changed, or its account is disabled. */
async function findRoleOf(
  serving: Pick<MetadataEngine['serving'], 'findGrants'>,
  session: Session,
): Promise<{ standing: Standing | 'void'; accountName: string }> {
  const grants = await serving.findGrants(session.roleId);
  const sessionsFrom = grants?.identity.role?.sessionsFrom;
  const accountName = grants?.account.name ?? '';
  if (grants === undefined || sessionsFrom === undefined || session.issuedAt < sessionsFrom) {
    return { standing: 'void', accountName };
  }
  return { standing: grants.account.standing, accountName };
}

async function findRootKey(parts: RootParts): Promise<KnownKey | undefined> {
  const rootId = await parts.settings.findSetting(rootAccountSetting);
  if (rootId === undefined) return undefined;
  const keys = await parts.store.listCredentials(rootId);
  const active = keys.find(({ standing, userId }) => standing === 'active' && userId === undefined);
  return active && findKey(parts.store, parts.secrets, active.accessKeyId);
}

async function resealSecrets(parts: RootParts): Promise<number> {
  let resealed = 0;
  for (const credential of await parts.store.listCredentials()) {
    const next = parts.secrets.rewrap(credential);
    if (next === credential.secretSealed) continue;
    const { accessKeyId, secretSealed } = credential;
    // `changed`: somebody set another secret meanwhile, under the newest key anyway.
    const done = await parts.store.resealCredential(accessKeyId, secretSealed, next);
    if (done === 'done') resealed += 1;
  }
  return resealed;
}
