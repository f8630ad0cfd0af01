import { strict as assert } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Account, Identity, MetadataEngine } from '../../src/stores/index.ts';
import { now, sampleAccount, sampleCredential, sampleIdentity, unique } from './samples.ts';
import { type EngineUnderTest, engineForSuite } from './under-test.ts';

const some = { isBuiltIn: false, limit: 10 };
/** DESIGN ruling 12: at worst, on other nodes. */
const worstMs = 10_000;

async function makeAccount({ accounts }: MetadataEngine): Promise<Account> {
  const account = sampleAccount();
  const made = await accounts.createAccount(account, sampleCredential(account.id));
  assert.equal(made.outcome, 'created');
  return account;
}

export function identityStoreContract(under: EngineUnderTest): void {
  describe(`identities on ${under.name}`, () => {
    const suite = engineForSuite(under);

    async function make(account: Account, changes: Partial<Identity> = {}): Promise<Identity> {
      const identity = sampleIdentity(account.id, changes);
      assert.equal(await suite.engine.identities.createIdentity(identity, 100), 'created');
      return identity;
    }

    async function putPolicy(account: Account, document: string): Promise<string> {
      const policy = { accountId: account.id, name: unique('policy'), document, createdAt: now };
      assert.equal(await suite.engine.identities.putPolicy(policy, 100), 'put');
      return policy.name;
    }

    it('users, groups and roles are found by id and name, within account and kind', async () => {
      const { identities } = suite.engine;
      const account = await makeAccount(suite.engine);
      const user = await make(account);
      const role = await make(account, {
        kind: 'role',
        name: user.name,
        role: { trustPolicy: '{"ä":1}', sessionSecondsMax: 3600, sessionsFrom: now },
      });
      for (const one of [user, role]) {
        assert.deepEqual(await identities.findIdentity(account.id, one.kind, one.id), one);
        assert.deepEqual(await identities.findIdentity(account.id, one.kind, one.name), one);
        assert.deepEqual(await identities.listIdentities(account.id, one.kind), [one]);
      }
      assert.equal(await identities.findIdentity(account.id, 'group', user.name), undefined);
      const other = await makeAccount(suite.engine);
      assert.equal(await identities.findIdentity(other.id, 'user', user.name), undefined);
      assert.deepEqual(await identities.listIdentities(other.id, 'user'), []);
    });

    it('a taken id or name, no account and too many make nothing', async () => {
      const { identities } = suite.engine;
      const account = await makeAccount(suite.engine);
      const first = await make(account);
      const again = (changes: Partial<Identity>, limit = 100) =>
        identities.createIdentity(sampleIdentity(account.id, changes), limit);
      assert.equal(await again({ id: first.id }), 'id-taken');
      assert.equal(await again({ name: first.name }), 'name-taken');
      assert.equal(await again({ accountId: 'nobody' }), 'no-account');
      assert.equal(await again({}, 1), 'too-many');
      assert.equal(await again({ kind: 'group', name: first.name }, 1), 'created');
      assert.deepEqual(await identities.listIdentities(account.id, 'user'), [first]);
    });

    it('of twenty claims of one name one is made', async () => {
      const { identities } = suite.engine;
      const account = await makeAccount(suite.engine);
      const name = unique('contested');
      const made = await Promise.all(
        Array.from({ length: 20 }, () =>
          identities.createIdentity(sampleIdentity(account.id, { name }), 100),
        ),
      );
      assert.equal(made.filter((outcome) => outcome === 'created').length, 1);
      assert.equal(made.filter((outcome) => outcome === 'name-taken').length, 19);
    });

    it('standing and role change; a user has no role', async () => {
      const { identities } = suite.engine;
      const account = await makeAccount(suite.engine);
      const role = { trustPolicy: '{}', sessionSecondsMax: 3600, sessionsFrom: now };
      const [user, taken] = [await make(account), await make(account, { kind: 'role', role })];
      assert.equal(await identities.setIdentityStanding(user.id, 'disabled'), 'done');
      const off = await identities.findIdentity(account.id, 'user', user.id);
      assert.equal(off?.standing, 'disabled');
      const changed = { trustPolicy: '[]', sessionSecondsMax: 7200, sessionsFrom: now + 1 };
      assert.equal(await identities.setRole(taken.id, changed), 'done');
      const found = await identities.findIdentity(account.id, 'role', taken.id);
      assert.deepEqual(found?.role, changed);
      assert.equal(await identities.setRole(user.id, changed), 'none');
      assert.equal(await identities.setRole('0', changed), 'none');
      assert.equal(await identities.setIdentityStanding('0', 'active'), 'none');
    });

    it('a key of a user names the user, and goes with the user', async () => {
      const { accounts, identities, serving } = suite.engine;
      const account = await makeAccount(suite.engine);
      const user = await make(account);
      const group = await make(account, { kind: 'group' });
      const key = sampleCredential(account.id, { userId: user.id });
      assert.equal(await accounts.addCredential(key), 'added');
      const known = { credential: key, account, user };
      assert.deepEqual(await accounts.findCredential(key.accessKeyId), known);
      assert.deepEqual(await serving.findCredential(key.accessKeyId), known);
      assert.ok((await accounts.listCredentials(account.id)).some((one) => one.userId === user.id));
      await identities.setIdentityStanding(user.id, 'disabled');
      assert.equal((await serving.findCredential(key.accessKeyId))?.user?.standing, 'disabled');
      for (const userId of [group.id, '0', (await make(await makeAccount(suite.engine))).id]) {
        const stray = sampleCredential(account.id, { userId });
        assert.equal(await accounts.addCredential(stray), 'no-user');
      }
      assert.equal(await identities.deleteIdentity(user.id), 'done');
      assert.equal(await identities.deleteIdentity(user.id), 'none');
      assert.equal(await accounts.findCredential(key.accessKeyId), undefined);
      assert.equal(await serving.findCredential(key.accessKeyId), undefined);
    });

    it('a key added while its user goes stands with the user or not at all', async () => {
      const { accounts, identities } = suite.engine;
      const account = await makeAccount(suite.engine);
      for (let round = 0; round < 10; round += 1) {
        const user = await make(account);
        const key = sampleCredential(account.id, { userId: user.id });
        await Promise.all([accounts.addCredential(key), identities.deleteIdentity(user.id)]);
        assert.equal(await accounts.findCredential(key.accessKeyId), undefined);
      }
    });

    it('policies are put, replaced, listed, and stay while they are attached', async () => {
      const { identities } = suite.engine;
      const account = await makeAccount(suite.engine);
      const user = await make(account);
      const policy = { accountId: account.id, name: 'read', document: '{"ä":1}\n', createdAt: now };
      assert.equal(await identities.putPolicy(policy, 1), 'put');
      assert.equal(await identities.putPolicy({ ...policy, name: 'more' }, 1), 'too-many');
      assert.equal(await identities.putPolicy({ ...policy, accountId: '0' }, 1), 'no-account');
      const next = { ...policy, document: '{}', createdAt: now + 1 };
      assert.equal(await identities.putPolicy(next, 1), 'put');
      assert.deepEqual(await identities.findPolicy(account.id, 'read'), next);
      assert.deepEqual(await identities.listPolicies(account.id), [next]);
      assert.equal(await identities.findPolicy(account.id, 'none'), undefined);
      assert.equal(await identities.attachPolicy(user.id, 'read', some), 'done');
      assert.equal(await identities.deletePolicy(account.id, 'read'), 'attached');
      assert.equal(await identities.detachPolicy(user.id, 'read'), 'done');
      assert.equal(await identities.detachPolicy(user.id, 'read'), 'none');
      assert.equal(await identities.deletePolicy(account.id, 'read'), 'done');
      assert.equal(await identities.deletePolicy(account.id, 'read'), 'none');
    });

    it('policies are attached once, within the limit, and only where there are both', async () => {
      const { identities } = suite.engine;
      const account = await makeAccount(suite.engine);
      const user = await make(account);
      const [one, two] = [await putPolicy(account, '1'), await putPolicy(account, '2')];
      assert.equal(await identities.attachPolicy(user.id, one, some), 'done');
      assert.equal(await identities.attachPolicy(user.id, one, { ...some, limit: 1 }), 'done');
      assert.equal(await identities.attachPolicy(user.id, two, { ...some, limit: 1 }), 'too-many');
      assert.equal(await identities.attachPolicy(user.id, 'none', some), 'no-policy');
      assert.equal(await identities.attachPolicy('0', one, some), 'no-identity');
      const builtIn = { isBuiltIn: true, limit: 10 };
      assert.equal(await identities.attachPolicy(user.id, 'AliyunFull', builtIn), 'done');
      assert.deepEqual(await identities.listAttachments(user.id), ['AliyunFull', one].sort());
    });

    it('grants are the policies of the user and of the groups, each once', async () => {
      const { identities } = suite.engine;
      const account = await makeAccount(suite.engine);
      const [user, bystander] = [await make(account), await make(account)];
      const groups = [
        await make(account, { kind: 'group' }),
        await make(account, { kind: 'group' }),
      ];
      const [own, both, unused] = [
        await putPolicy(account, 'own'),
        await putPolicy(account, 'both'),
        await putPolicy(account, 'unused'),
      ];
      await identities.attachPolicy(user.id, own, some);
      await identities.attachPolicy(user.id, both, some);
      await identities.attachPolicy(bystander.id, unused, some);
      await identities.attachPolicy(user.id, 'BuiltIn', { isBuiltIn: true, limit: 10 });
      for (const group of groups) {
        await identities.attachPolicy(group.id, both, some);
        assert.equal(await identities.addMember(group.id, user.id, 2), 'done');
      }
      const third = await make(account, { kind: 'group' });
      assert.equal(await identities.addMember(third.id, user.id, 2), 'too-many');
      assert.equal(await identities.addMember(user.id, bystander.id, 2), 'none');
      assert.equal(await identities.addMember(third.id, '0', 2), 'none');
      assert.deepEqual((await identities.findGrants(user.id))?.documents.toSorted(), [
        'both',
        'own',
      ]);
      assert.deepEqual(await identities.findGrants(user.id), {
        identity: user,
        account,
        documents: (await identities.findGrants(user.id))?.documents,
        builtIn: ['BuiltIn'],
      });
      const ids = (list: readonly Identity[]) => list.map(({ id }) => id).sort();
      assert.deepEqual(ids(await identities.listMembership(user.id)), ids(groups));
      assert.deepEqual(ids(await identities.listMembership(groups[0]?.id ?? '')), [user.id]);
      await identities.detachPolicy(user.id, both);
      await identities.removeMember(groups[0]?.id ?? '', user.id);
      await identities.deleteIdentity(groups[1]?.id ?? '');
      assert.deepEqual((await identities.findGrants(user.id))?.documents, ['own']);
      assert.equal(await identities.removeMember(third.id, user.id), 'none');
      assert.equal(await identities.findGrants('0'), undefined);
    });

    it('grants answered from memory follow every change, of this node and of another', async () => {
      const [here, there] = [suite.engine, await suite.openAgain()];
      const account = await makeAccount(here);
      const user = await make(account);
      const name = await putPolicy(account, 'one');
      const served = async () => (await here.serving.findGrants(user.id))?.documents.join();
      assert.equal(await served(), '');
      await here.identities.attachPolicy(user.id, name, some);
      assert.equal(await served(), 'one');
      const next = { accountId: account.id, name, document: 'two', createdAt: now };
      await here.identities.putPolicy(next, 100);
      assert.equal(await served(), 'two');
      await there.identities.detachPolicy(user.id, name);
      const until = performance.now() + worstMs;
      while ((await served()) !== '') {
        assert.ok(performance.now() < until, 'not seen within the bound');
        await delay(5);
      }
      await here.accounts.setAccountStanding(account.id, 'disabled');
      assert.equal((await here.serving.findGrants(user.id))?.account.standing, 'disabled');
      await here.identities.deleteIdentity(user.id);
      assert.equal(await here.serving.findGrants(user.id), undefined);
      await there.close();
    });
  });
}
