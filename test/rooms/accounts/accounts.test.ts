import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { AccountProblem, createAccounts } from '../../../src/accounts/index.ts';
import { SealingError } from '../../../src/sealing/index.ts';
import { createInstallation, type Installation } from './installation.ts';

let at: Installation;
beforeEach(async () => {
  at = await createInstallation('accounts');
});
afterEach(() => at.close());

describe('an account', () => {
  it('is created with a key of the form clients know', async () => {
    const key = await at.accounts.createAccount('alice');
    assert.match(key.accountId, /^[1-9]\d{15}$/);
    assert.match(key.accessKeyId, /^LTAI[0-9A-Za-z]{20}$/);
    assert.match(key.accessKeySecret, /^[0-9A-Za-z]{30}$/);
    assert.deepEqual(await at.accounts.findKey(key.accessKeyId), {
      accessKeyId: key.accessKeyId,
      accountId: key.accountId,
      accountName: 'alice',
      secret: key.accessKeySecret,
      standing: 'active',
      user: undefined,
    });
  });

  it('keeps its secret sealed in the store', async () => {
    const key = await at.accounts.createAccount('alice');
    const stored = await at.engine.accounts.findCredential(key.accessKeyId);
    const { secretSealed = '' } = stored?.credential ?? {};
    assert.match(secretSealed, /^s1\./);
    const payload = Buffer.from(secretSealed.split('.')[2] ?? '', 'base64url');
    assert.equal(payload.includes(key.accessKeySecret), false);
  });

  it('has a name nobody else has', async () => {
    await at.accounts.createAccount('alice');
    await assert.rejects(at.accounts.createAccount('alice'), {
      name: 'AccountProblem',
      message: /"alice" exists already.*cnamed key create alice/,
    });
  });

  for (const name of ['', '1234567890123456', '9lives', 'a b', 'a/b', 'ä', 'root', 'Root']) {
    it(`cannot be named ${JSON.stringify(name)}`, async () => {
      await assert.rejects(at.accounts.createAccount(name), AccountProblem);
    });
  }

  it('cannot have a name of 65 characters, but of 64', async () => {
    await assert.rejects(at.accounts.createAccount('a'.repeat(65)), AccountProblem);
    await at.accounts.createAccount('a'.repeat(64));
  });

  it('that is disabled takes its keys with it, by id or by name', async () => {
    const key = await at.accounts.createAccount('alice');
    const standing = async () => (await at.accounts.findKey(key.accessKeyId))?.standing;
    await at.accounts.setAccountStanding('alice', 'disabled');
    assert.equal(await standing(), 'disabled');
    await at.accounts.setAccountStanding(key.accountId, 'active');
    assert.equal(await standing(), 'active');
  });

  it('that does not exist is named in the refusal', async () => {
    const missing = { name: 'AccountProblem', message: /no account "nobody".*account list/ };
    await assert.rejects(at.accounts.setAccountStanding('nobody', 'disabled'), missing);
    await assert.rejects(at.accounts.createKey('nobody'), missing);
    await assert.rejects(at.accounts.listKeys('nobody'), missing);
  });

  it('that is the root account cannot be disabled', async () => {
    const { accountId } = await at.accounts.ensureRootAccount(undefined);
    for (const name of ['root', accountId]) {
      await assert.rejects(at.accounts.setAccountStanding(name, 'disabled'), AccountProblem);
    }
  });
});

describe('an access key', () => {
  it('comes in any number for one account and is disabled alone', async () => {
    const first = await at.accounts.createAccount('alice');
    const second = await at.accounts.createKey('alice');
    assert.equal(second.accountId, first.accountId);
    assert.notEqual(second.accessKeyId, first.accessKeyId);
    await at.accounts.setKeyStanding(second.accessKeyId, 'disabled');
    assert.equal((await at.accounts.findKey(second.accessKeyId))?.standing, 'disabled');
    assert.equal((await at.accounts.findKey(first.accessKeyId))?.standing, 'active');
    await assert.rejects(at.accounts.setKeyStanding('LTAInobody', 'disabled'), AccountProblem);
  });

  it('is listed without its secret', async () => {
    const alice = await at.accounts.createAccount('alice');
    await at.accounts.createAccount('bob');
    assert.equal((await at.accounts.listKeys()).length, 2);
    const [key, ...others] = await at.accounts.listKeys('alice');
    assert.deepEqual(others, []);
    assert.deepEqual(Object.keys(key ?? {}).sort(), [
      'accessKeyId',
      'accountId',
      'createdAt',
      'standing',
    ]);
    assert.equal(key?.accessKeyId, alice.accessKeyId);
  });

  it('that nobody has is not found', async () => {
    assert.equal(await at.accounts.findKey('LTAInobody'), undefined);
  });

  it('is found with one store read, and unsealed once', async () => {
    const key = await at.accounts.createAccount('alice');
    let reads = 0;
    let unsealed = 0;
    const store = at.engine.accounts;
    const counting = createAccounts({
      world: at.world,
      sealer: {
        currentVersion: at.sealer.currentVersion,
        seal: (plain, aad) => at.sealer.seal(plain, aad),
        unseal(sealed, aad) {
          unsealed += 1;
          return at.sealer.unseal(sealed, aad);
        },
        rewrap: (sealed, aad) => at.sealer.rewrap(sealed, aad),
        rotate: () => at.sealer.rotate(),
        createCheckValue: () => at.sealer.createCheckValue(),
        verify: (value) => at.sealer.verify(value),
      },
      engine: {
        settings: at.engine.settings,
        accounts: store,
        serving: {
          ...at.engine.serving,
          findCredential(accessKeyId) {
            reads += 1;
            return store.findCredential(accessKeyId);
          },
        },
      },
    });
    for (let i = 0; i < 5; i++) {
      assert.equal((await counting.findKey(key.accessKeyId))?.secret, key.accessKeySecret);
    }
    assert.deepEqual({ reads, unsealed }, { reads: 5, unsealed: 1 });
  });

  it('whose sealed secret was copied to another key does not open', async () => {
    const alice = await at.accounts.createAccount('alice');
    const bob = await at.accounts.createAccount('bob');
    await at.accounts.findKey(alice.accessKeyId);
    const sealedOf = async (id: string) =>
      (await at.engine.accounts.findCredential(id))?.credential.secretSealed ?? '';
    await at.engine.accounts.resealCredential(
      bob.accessKeyId,
      await sealedOf(bob.accessKeyId),
      await sealedOf(alice.accessKeyId),
    );
    await assert.rejects(at.accounts.findKey(bob.accessKeyId), SealingError);
  });

  it('comes under the new master key without a moment of not working', async () => {
    const alice = await at.accounts.createAccount('alice');
    await at.accounts.createKey('alice');
    const beside = await at.openBeside('beside');
    await at.sealer.rotate();
    assert.equal(await at.accounts.resealSecrets(), 2);
    assert.equal(await at.accounts.resealSecrets(), 0);
    const stored = await at.engine.accounts.findCredential(alice.accessKeyId);
    assert.equal(stored?.credential.secretSealed.split('.')[1], at.sealer.currentVersion);
    for (const accounts of [at.accounts, beside.accounts]) {
      assert.equal((await accounts.findKey(alice.accessKeyId))?.secret, alice.accessKeySecret);
    }
    await beside.close();
  });

  it('is drawn evenly from the whole alphabet', async () => {
    const counts = new Map<string, number>();
    for (let i = 0; i < 100; i++) {
      const { accessKeySecret } = await at.accounts.createAccount(`a${i}`);
      for (const character of accessKeySecret) {
        counts.set(character, (counts.get(character) ?? 0) + 1);
      }
    }
    // 3,000 draws of 62: 48 each on average; a modulo without rejection would favour the first 8.
    assert.equal(counts.size, 62);
    assert.ok(Math.max(...counts.values()) < 96, [...counts].join(' '));
  });
});
