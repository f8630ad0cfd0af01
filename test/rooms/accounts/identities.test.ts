/** What the operator may do with users, groups, roles and policies, and what is refused. */
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { createIdentities, type Identities } from '../../../src/accounts/index.ts';
import { createInstallation, type Installation } from './installation.ts';

let at: Installation;
let identities: Identities;

before(async () => {
  at = await createInstallation('identities');
  await at.accounts.createAccount('acme');
  identities = createIdentities({ engine: at.engine, world: at.world });
  await identities.create('acme', 'user', 'ci');
  await identities.create('acme', 'group', 'writers');
  await identities.putPolicy('acme', 'Read', policyOf('oss:Get*'));
});
after(() => at.close());

function policyOf(action: string): string {
  const statement = { Effect: 'Allow', Action: action, Resource: '*' };
  return JSON.stringify({ Version: '1', Statement: [statement] });
}

const rows: readonly (readonly [string, (all: Identities) => Promise<unknown>, RegExp])[] = [
  ['a name with a space', (all) => all.create('acme', 'user', 'a b'), /has 1 to 64/],
  ['a name that is a number', (all) => all.create('acme', 'user', '123'), /is no number/],
  ['a name that is taken', (all) => all.create('acme', 'user', 'ci'), /named "ci" already/],
  ['a role with an underscore', (all) => all.createRole('acme', 'a_b', {}), /dots and hyphens/],
  ['an unknown account', (all) => all.list('nobody', 'user'), /no account "nobody"/],
  ['an unknown user', (all) => all.show('acme', 'user', 'nobody'), /no user "nobody"/],
  ['a user as a group', (all) => all.show('acme', 'group', 'ci'), /no group "ci"/],
  ['an unknown policy', (all) => all.attach('acme', 'user', 'ci', 'None'), /no policy "None"/],
  ['what is not attached', (all) => all.detach('acme', 'user', 'ci', 'Read'), /not attached/],
  [
    'a short session',
    (all) => all.createRole('acme', 'r', { sessionSecondsMax: 60 }),
    /3600 to 43200/,
  ],
  [
    'a bad trust policy',
    (all) => all.createRole('acme', 'r', { trustPolicy: 'x' }),
    /unknown char x/,
  ],
  ['a bad policy', (all) => all.putPolicy('acme', 'Bad', 'x'), /unknown char x/],
  ['a policy with a bad name', (all) => all.putPolicy('acme', 'a b', policyOf('*')), /1 to 128/],
  [
    'a name of the server',
    (all) => all.putPolicy('acme', 'AliyunOSSFullAccess', policyOf('*')),
    /comes with/,
  ],
  [
    'to delete what comes with the server',
    (all) => all.removePolicy('acme', 'AliyunOSSFullAccess'),
    /comes with/,
  ],
  ['to show no policy', (all) => all.showPolicy('acme', 'None'), /no policy "None"/],
  ['to delete no policy', (all) => all.removePolicy('acme', 'None'), /no policy "None"/],
  ['an unknown member', (all) => all.addMember('acme', 'writers', 'nobody'), /no user "nobody"/],
  ['who is no member', (all) => all.removeMember('acme', 'writers', 'ci'), /not in the group/],
];
for (const [name, act, message] of rows) {
  it(`refuses ${name}`, async () => {
    await assert.rejects(act(identities), message);
  });
}

it('keeps an attached policy, and every policy of the server', async () => {
  await identities.attach('acme', 'user', 'ci', 'Read');
  await assert.rejects(identities.removePolicy('acme', 'Read'), /attached to somebody/);
  const names = (await identities.listPolicies('acme')).map(({ name }) => name);
  assert.deepEqual(names, [
    'AliyunOSSFullAccess',
    'AliyunOSSReadOnlyAccess',
    'AliyunSTSAssumeRoleAccess',
    'Read',
  ]);
});

it('no more policies than the limit hang on one user', async () => {
  await identities.create('acme', 'user', 'many');
  for (let index = 0; index < 20; index += 1) {
    await identities.putPolicy('acme', `P${index}`, policyOf('*'));
    await identities.attach('acme', 'user', 'many', `P${index}`);
  }
  await assert.rejects(
    identities.attach('acme', 'user', 'many', 'Read'),
    /20 policies of one user/,
  );
});

it('the key of the root account that is found is never that of a user', async () => {
  const { accountId, accessKeyId } = await at.accounts.ensureRootAccount(undefined);
  const user = await identities.create('root', 'user', 'early');
  await at.accounts.createKey(accountId, user.id);
  await at.accounts.setKeyStanding(accessKeyId, 'disabled');
  assert.equal(await at.accounts.findRootKey(), undefined);
  await at.accounts.setKeyStanding(accessKeyId, 'active');
  assert.equal((await at.accounts.findRootKey())?.accessKeyId, accessKeyId);
});

it('the configuration cannot take a key of a user for the account', async () => {
  const user = await identities.create('root', 'user', 'late');
  const { accountId } = await at.accounts.ensureRootAccount(undefined);
  const key = await at.accounts.createKey(accountId, user.id);
  await assert.rejects(at.accounts.ensureRootAccount(key), /belongs to the user "late"/);
  await assert.rejects(
    at.accounts.ensureRootAccount({ accessKeyId: 'STS.x', accessKeySecret: 'y' }),
    /temporary keys do/,
  );
});
