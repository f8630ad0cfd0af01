import type { Account, AccountStore, Credential, SettingStore } from '../stores/index.ts';
import type { World } from '../world/index.ts';
import {
  checkGivenKey,
  newAccessKeyId,
  newAccessKeySecret,
  newAccountId,
  rootAccountName,
} from './identifiers.ts';
import { AccountProblem } from './problem.ts';
import type { Secrets } from './secrets.ts';
import type { Accounts, NewAccessKey } from './types.ts';

export interface RootParts {
  readonly store: AccountStore;
  readonly settings: SettingStore;
  readonly secrets: Secrets;
  readonly world: World;
}

type GivenKey = { accessKeyId: string; accessKeySecret: string };
type RootOutcome = Awaited<ReturnType<Accounts['ensureRootAccount']>>;

export const rootAccountSetting = 'root-account-id';
/** The key that came from the configuration last; when another one comes, this one goes. */
const configuredKeySetting = 'root-configured-access-key-id';

/**
 * How often a step is begun again when another process changed what it stood on. Every round means
 * that somebody else finished theirs.
 */
const roundsMax = 20;

/** Stands after this: the root account, with the given key or with one made now. */
export async function ensureRoot(
  parts: RootParts,
  given: GivenKey | undefined,
): Promise<RootOutcome> {
  if (given) checkGivenKey(given);
  const { store, settings, world } = parts;
  const accountId =
    (await settings.findSetting(rootAccountSetting)) ??
    (await settings.ensureSetting(rootAccountSetting, newAccountId(world.random)));
  for (let round = 0; round < roundsMax; round++) {
    const account = await store.findAccount(accountId);
    const outcome = account
      ? await settleKey(parts, account, given)
      : await createRoot(parts, accountId, given);
    if (!outcome) continue;
    if (given) await retireFormerKey(parts, accountId, given.accessKeyId);
    return outcome;
  }
  throw new AccountProblem('The root account keeps changing under our hands. Start again.');
}

/** Undefined: another process was first; look again. */
async function createRoot(
  parts: RootParts,
  accountId: string,
  given: GivenKey | undefined,
): Promise<RootOutcome | undefined> {
  const { store, secrets, world } = parts;
  const key = given ?? {
    accessKeyId: newAccessKeyId(world.random),
    accessKeySecret: newAccessKeySecret(world.random),
  };
  const createdAt = world.clock.now();
  const place = { accountId, accessKeyId: key.accessKeyId };
  const made = await store.createAccount(
    { id: accountId, name: rootAccountName, standing: 'active', createdAt },
    {
      ...place,
      secretSealed: secrets.seal(key.accessKeySecret, place),
      standing: 'active',
      createdAt,
    },
  );
  if (made.outcome === 'created') {
    const generated: NewAccessKey | undefined = given ? undefined : { accountId, ...key };
    return { accountId, generated, accessKeyId: key.accessKeyId };
  }
  if (made.what === 'accessKeyId' && given) await refuseForeignKey(parts, accountId, given);
  return undefined;
}

async function settleKey(
  parts: RootParts,
  account: Account,
  given: GivenKey | undefined,
): Promise<RootOutcome | undefined> {
  const { store } = parts;
  if (account.standing !== 'active') await store.setAccountStanding(account.id, 'active');
  if (!given) {
    const keys = (await store.listCredentials(account.id)).filter(
      ({ userId }) => userId === undefined,
    );
    const key = keys.find(({ standing }) => standing === 'active') ?? keys[0];
    if (!key) throw new AccountProblem('The root account has no key. Run: cnamed key create root');
    return { accountId: account.id, generated: undefined, accessKeyId: key.accessKeyId };
  }
  await refuseForeignKey(parts, account.id, given);
  const known = await store.findCredential(given.accessKeyId);
  const isSettled = known
    ? await adoptSecret(parts, known.credential, given)
    : await addKey(parts, account.id, given);
  if (!isSettled) return undefined;
  return { accountId: account.id, generated: undefined, accessKeyId: given.accessKeyId };
}

async function refuseForeignKey(parts: RootParts, rootId: string, given: GivenKey): Promise<void> {
  const known = await parts.store.findCredential(given.accessKeyId);
  if (!known || (known.account.id === rootId && known.user === undefined)) return;
  if (known.user !== undefined) {
    throw new AccountProblem(
      `The access key id ${given.accessKeyId} belongs to the user "${known.user.name}". ` +
        'Choose another CNAMED_ACCESS_KEY_ID for the root account.',
    );
  }
  throw new AccountProblem(
    `The access key id ${given.accessKeyId} belongs to the account "${known.account.name}". ` +
      'Choose another CNAMED_ACCESS_KEY_ID for the root account.',
  );
}

/** The configured secret counts, also when another one was stored at an earlier start. */
async function adoptSecret(
  parts: RootParts,
  credential: Credential,
  given: GivenKey,
): Promise<boolean> {
  const { store, secrets } = parts;
  if (secrets.unseal(credential) !== given.accessKeySecret) {
    const next = secrets.seal(given.accessKeySecret, credential);
    const sealed = credential.secretSealed;
    const done = await store.resealCredential(credential.accessKeyId, sealed, next);
    if (done !== 'done') return false;
  }
  if (credential.standing !== 'active') {
    await store.setCredentialStanding(credential.accessKeyId, 'active');
  }
  return true;
}

async function addKey(parts: RootParts, accountId: string, given: GivenKey): Promise<boolean> {
  const { store, secrets, world } = parts;
  const place = { accountId, accessKeyId: given.accessKeyId };
  const added = await store.addCredential({
    ...place,
    secretSealed: secrets.seal(given.accessKeySecret, place),
    standing: 'active',
    createdAt: world.clock.now(),
  });
  return added === 'added';
}

/**
 * A key that came from the configuration and is no longer there stops working: whoever changes a
 * leaked key expects the old one dead. Keys made by command stay.
 */
async function retireFormerKey(
  parts: RootParts,
  accountId: string,
  accessKeyId: string,
): Promise<void> {
  const { store, settings } = parts;
  const former = await settings.findSetting(configuredKeySetting);
  if (former === accessKeyId) return;
  if (former !== undefined) {
    const known = await store.findCredential(former);
    if (known?.account.id === accountId) await store.setCredentialStanding(former, 'disabled');
  }
  await settings.setSetting(configuredKeySetting, accessKeyId);
}
