import { strict as assert } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { accountId, now, sampleAccount, sampleCredential, unique } from './samples.ts';
import { type EngineUnderTest, engineForSuite } from './under-test.ts';

export function accountStoreContract(under: EngineUnderTest): void {
  describe(`accounts on ${under.name}`, () => {
    const suite = engineForSuite(under);

    it('an account is made with its first credential, and found by id and by name', async () => {
      const { accounts } = suite.engine;
      const account = sampleAccount();
      const credential = sampleCredential(account.id);
      assert.deepEqual(await accounts.createAccount(account, credential), { outcome: 'created' });
      assert.deepEqual(await accounts.findAccount(account.id), account);
      assert.deepEqual(await accounts.findAccount(account.name), account);
      assert.equal(await accounts.findAccount(unique('nobody')), undefined);
      assert.deepEqual(await accounts.findCredential(credential.accessKeyId), {
        credential,
        account,
      });
      assert.equal(await accounts.findCredential(unique('LTAI')), undefined);
    });

    it('a taken id, name or access key makes neither account nor credential', async () => {
      const { accounts } = suite.engine;
      const first = sampleAccount();
      const key = sampleCredential(first.id);
      await accounts.createAccount(first, key);
      const cases = [
        ['id', sampleAccount({ id: first.id }), sampleCredential(first.id)],
        ['name', sampleAccount({ name: first.name }), sampleCredential(accountId())],
        [
          'accessKeyId',
          sampleAccount(),
          sampleCredential(accountId(), { accessKeyId: key.accessKeyId }),
        ],
      ] as const;
      for (const [what, account, credential] of cases) {
        const made = await accounts.createAccount(account, credential);
        assert.deepEqual(made, { outcome: 'taken', what });
        if (what !== 'id') assert.equal(await accounts.findAccount(account.id), undefined);
        if (what !== 'accessKeyId') {
          assert.equal(await accounts.findCredential(credential.accessKeyId), undefined);
        }
      }
    });

    it('fifty concurrent claims of one name make one account', async () => {
      const { accounts } = suite.engine;
      const name = unique('contested');
      const made = await Promise.all(
        Array.from({ length: 50 }, () => {
          const account = sampleAccount({ name });
          return accounts.createAccount(account, sampleCredential(account.id));
        }),
      );
      assert.equal(made.filter(({ outcome }) => outcome === 'created').length, 1);
    });

    it('accounts and credentials are listed by creation time, then id', async () => {
      const { accounts } = suite.engine;
      const late = sampleAccount({ createdAt: now + 2 });
      const early = sampleAccount({ createdAt: now - 1 });
      const lateKey = sampleCredential(late.id, { createdAt: now + 9 });
      await accounts.createAccount(late, lateKey);
      await accounts.createAccount(early, sampleCredential(early.id));
      const second = sampleCredential(late.id, { createdAt: now + 8 });
      assert.equal(await accounts.addCredential(second), 'added');
      const ids = (await accounts.listAccounts()).map(({ id }) => id);
      assert.ok(ids.indexOf(early.id) < ids.indexOf(late.id));
      assert.deepEqual(await accounts.listCredentials(late.id), [second, lateKey]);
      assert.ok((await accounts.listCredentials()).length >= 3);
    });

    it('a credential is added once, and only to an account that exists', async () => {
      const { accounts } = suite.engine;
      const account = sampleAccount();
      const first = sampleCredential(account.id);
      await accounts.createAccount(account, first);
      assert.equal(await accounts.addCredential(first), 'taken');
      assert.equal(await accounts.addCredential(sampleCredential(accountId())), 'no-account');
    });

    it('standings change, and the next look-up of the credential sees both', async () => {
      const { accounts } = suite.engine;
      const account = sampleAccount();
      const key = sampleCredential(account.id);
      await accounts.createAccount(account, key);
      assert.equal(await accounts.setAccountStanding(account.id, 'disabled'), 'done');
      assert.equal(await accounts.setCredentialStanding(key.accessKeyId, 'disabled'), 'done');
      const found = await accounts.findCredential(key.accessKeyId);
      assert.equal(found?.account.standing, 'disabled');
      assert.equal(found?.credential.standing, 'disabled');
      assert.equal(await accounts.setAccountStanding(accountId(), 'disabled'), 'none');
      assert.equal(await accounts.setCredentialStanding(unique('LTAI'), 'disabled'), 'none');
    });

    it('a secret is resealed only while it still is what the caller read', async () => {
      const { accounts } = suite.engine;
      const account = sampleAccount();
      const key = sampleCredential(account.id);
      await accounts.createAccount(account, key);
      const { accessKeyId, secretSealed } = key;
      assert.equal(await accounts.resealCredential(accessKeyId, secretSealed, 'new'), 'done');
      assert.equal(await accounts.resealCredential(accessKeyId, secretSealed, 'late'), 'changed');
      const found = await accounts.findCredential(accessKeyId);
      assert.equal(found?.credential.secretSealed, 'new');
    });
  });
}
