import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { AccountProblem } from '../../../src/accounts/index.ts';
import { createInstallation, type Installation } from './installation.ts';

let at: Installation;
beforeEach(async () => {
  at = await createInstallation('root');
});
afterEach(() => at.close());

const given = { accessKeyId: 'ops.key_1', accessKeySecret: 'from-the-environment' };

describe('the root account', () => {
  it('gets a generated key at the first start, shown that once', async () => {
    const first = await at.accounts.ensureRootAccount(undefined);
    assert.ok(first.generated);
    assert.equal(first.generated.accessKeyId, first.accessKeyId);
    const second = await at.accounts.ensureRootAccount(undefined);
    assert.equal(second.generated, undefined);
    assert.equal(second.accountId, first.accountId);
    assert.equal(second.accessKeyId, first.accessKeyId);
    const root = await at.accounts.findRootKey();
    assert.equal(root?.secret, first.generated.accessKeySecret);
  });

  it('takes the key of the configuration and stores it sealed', async () => {
    const outcome = await at.accounts.ensureRootAccount(given);
    assert.equal(outcome.generated, undefined);
    assert.equal(outcome.accessKeyId, given.accessKeyId);
    const beside = await at.openBeside('cli');
    const root = await beside.accounts.findRootKey();
    assert.equal(root?.accessKeyId, given.accessKeyId);
    assert.equal(root?.secret, given.accessKeySecret);
    await beside.close();
  });

  it('keeps its id when a key is configured later', async () => {
    const first = await at.accounts.ensureRootAccount(undefined);
    const second = await at.accounts.ensureRootAccount(given);
    assert.equal(second.accountId, first.accountId);
    assert.equal((await at.accounts.findKey(given.accessKeyId))?.accountId, first.accountId);
    assert.equal((await at.accounts.findKey(first.accessKeyId))?.standing, 'active');
  });

  it('follows the configuration when the secret changes', async () => {
    await at.accounts.ensureRootAccount(given);
    await at.accounts.ensureRootAccount({ ...given, accessKeySecret: 'another' });
    assert.equal((await at.accounts.findKey(given.accessKeyId))?.secret, 'another');
  });

  it('enables the configured key again when somebody disabled it', async () => {
    await at.accounts.ensureRootAccount(given);
    await at.accounts.setKeyStanding(given.accessKeyId, 'disabled');
    await at.accounts.ensureRootAccount(given);
    assert.equal((await at.accounts.findKey(given.accessKeyId))?.standing, 'active');
  });

  it('lets go of the former configured key when another id is configured', async () => {
    await at.accounts.ensureRootAccount(given);
    const made = await at.accounts.createKey('root');
    await at.accounts.ensureRootAccount({ accessKeyId: 'ops.key_2', accessKeySecret: 'x' });
    const standing = async (id: string) => (await at.accounts.findKey(id))?.standing;
    assert.equal(await standing('ops.key_1'), 'disabled');
    assert.equal(await standing('ops.key_2'), 'active');
    assert.equal(await standing(made.accessKeyId), 'active');
    await at.accounts.ensureRootAccount(given);
    assert.equal(await standing('ops.key_1'), 'active');
    assert.equal(await standing('ops.key_2'), 'disabled');
  });

  it('does not take a key that is another account’s', async () => {
    const alice = await at.accounts.createAccount('alice');
    const stolen = { accessKeyId: alice.accessKeyId, accessKeySecret: 'x' };
    const refusal = { name: 'AccountProblem', message: /belongs to the account "alice"/ };
    await assert.rejects(at.accounts.ensureRootAccount(stolen), refusal);
    await at.accounts.ensureRootAccount(undefined);
    await assert.rejects(at.accounts.ensureRootAccount(stolen), refusal);
    assert.equal((await at.accounts.findKey(alice.accessKeyId))?.secret, alice.accessKeySecret);
  });

  for (const [what, key] of [
    ['an id with a space', { accessKeyId: 'a b', accessKeySecret: 'x' }],
    ['an empty id', { accessKeyId: '', accessKeySecret: 'x' }],
    ['an empty secret', { accessKeyId: 'a', accessKeySecret: '' }],
    ['a secret with a line feed', { accessKeyId: 'a', accessKeySecret: 'x\n' }],
  ] as const) {
    it(`does not take ${what}`, async () => {
      await assert.rejects(at.accounts.ensureRootAccount(key), AccountProblem);
    });
  }

  it('is one when several processes start for the first time together', async () => {
    const others = await Promise.all(['p1', 'p2', 'p3'].map((seed) => at.openBeside(seed)));
    const outcomes = await Promise.all(
      [at, ...others].map(({ accounts }) => accounts.ensureRootAccount(undefined)),
    );
    assert.equal(new Set(outcomes.map(({ accountId }) => accountId)).size, 1);
    assert.equal(new Set(outcomes.map(({ accessKeyId }) => accessKeyId)).size, 1);
    assert.equal(outcomes.filter(({ generated }) => generated).length, 1);
    assert.equal((await at.accounts.listAccounts()).length, 1);
    await Promise.all(others.map(({ close }) => close()));
  });

  it('does not exist before the first start', async () => {
    assert.equal(await at.accounts.findRootKey(), undefined);
  });
});
