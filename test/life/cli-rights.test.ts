/** Users, groups, roles, policies: made on the command line, used over the wire at once. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import OSS from 'ali-oss';
import { withEdition } from '../support/editions.ts';
import { rootKey, startTestServer, type TestServer } from '../support/server.ts';
import { runHere } from './cli-here.ts';

let server: TestServer;
let environment: Record<string, string>;

before(async () => {
  server = await startTestServer();
  const data = join(server.folder, 'data');
  environment = await withEdition(data, { CNAMED_DATA_DIR: data });
  await store(rootKey).putBucket('shop');
  await store(rootKey).put('a.txt', Buffer.from('a'));
});
after(() => server.close());

function store(key: { accessKeyId: string; accessKeySecret: string; stsToken?: string }): OSS {
  return new OSS({
    ...key,
    endpoint: `http://localhost:${server.httpPort}`,
    bucket: 'shop',
    sldEnable: true,
  } as never);
}

async function cnamed(...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await runHere(words, environment);
  assert.equal(code, 0, stderr);
  return stdout;
}

async function json(...words: string[]) {
  return JSON.parse(await cnamed(...words, '--json'));
}

async function refusal(...words: string[]): Promise<string> {
  const { code, stderr } = await runHere(words, environment);
  assert.equal(code, 1);
  return stderr;
}

async function file(name: string, content: unknown): Promise<string> {
  const path = join(server.folder, name);
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

/** DESIGN ruling 12: what another process changed, this one sees in time. */
const seenWithinMs = 10_000;

/** Until the server has seen what the command changed, at most so long as it may take. */
async function within(holds: () => Promise<void>): Promise<void> {
  const until = performance.now() + seenWithinMs;
  for (;;) {
    try {
      await holds();
      return;
    } catch (error) {
      if (performance.now() > until) throw error;
      await delay(10);
    }
  }
}

const refused = (call: () => Promise<unknown>, code: string): Promise<void> =>
  within(() => assert.rejects(call(), { code }));
const granted = (call: () => Promise<unknown>): Promise<void> =>
  within(async () => void (await call()));

const allow = (Action: string, Resource = '*') => ({
  Version: '1',
  Statement: [{ Effect: 'Allow', Action, Resource }],
});

test('a user may what the policies say, own and through groups', async () => {
  const ci = await json('user', 'create', 'ci');
  assert.match(ci.userId, /^\d{18}$/);
  const oss = store(ci);
  await refused(() => oss.get('a.txt'), 'AccessDenied');
  const read = await file('read.json', allow('oss:GetObject', 'acs:oss:*:*:shop/*'));
  await cnamed('policy', 'create', 'ReadShop', read);
  assert.match(await cnamed('user', 'attach', 'ci', 'ReadShop'), /policy ReadShop is attached/);
  await granted(() => oss.get('a.txt'));
  assert.equal(String((await oss.get('a.txt')).content), 'a');
  await refused(() => oss.put('b.txt', Buffer.from('b')), 'AccessDenied');
  await cnamed('group', 'create', 'writers');
  await cnamed('group', 'attach', 'writers', 'AliyunOSSFullAccess');
  await cnamed('group', 'add', 'writers', 'ci');
  await granted(() => oss.put('b.txt', Buffer.from('b')));
  const shown = await json('user', 'show', 'ci');
  assert.deepEqual([shown.policies, shown.groups], [['ReadShop'], ['writers']]);
  assert.deepEqual(shown.keys, [{ accessKeyId: ci.accessKeyId, standing: 'active' }]);
  assert.match(await cnamed('group', 'show', 'writers'), /members +ci/);
  await cnamed('group', 'remove', 'writers', 'ci');
  await refused(() => oss.put('b.txt', Buffer.from('b')), 'AccessDenied');
  await cnamed('user', 'detach', 'ci', 'ReadShop');
  await refused(() => oss.get('a.txt'), 'AccessDenied');
});

test('keys of a user are the user, and go with the user', async () => {
  const bob = await json('user', 'create', 'bob');
  const second = await json('user', 'key', 'bob');
  assert.equal(second.userId, bob.userId);
  const listed: { accessKeyId: string; userId?: string }[] = await json('key', 'list');
  const ids = listed.filter(({ userId }) => userId === bob.userId);
  assert.equal(ids.length, 2);
  await cnamed('user', 'attach', 'bob', 'AliyunOSSReadOnlyAccess');
  for (const key of [bob, second]) await granted(() => store(key).get('a.txt'));
  await cnamed('user', 'disable', 'bob');
  await refused(() => store(bob).get('a.txt'), 'InvalidAccessKeyId');
  await cnamed('user', 'enable', 'bob');
  await cnamed('key', 'disable', second.accessKeyId);
  await refused(() => store(second).get('a.txt'), 'InvalidAccessKeyId');
  await granted(() => store(bob).get('a.txt'));
  await cnamed('user', 'delete', 'bob');
  await refused(() => store(bob).get('a.txt'), 'InvalidAccessKeyId');
  assert.ok(await store(rootKey).get('a.txt'), 'the account keeps its own key');
});

test('a role is taken, changed and deleted', async () => {
  const tom = await json('user', 'create', 'tom');
  const role = await json('role', 'create', 'reader', '--max-session', '7200');
  assert.equal(role.arn, `acs:ram::${server.rootAccountId}:role/reader`);
  await cnamed('role', 'attach', 'reader', 'AliyunOSSReadOnlyAccess');
  const sts = new OSS.STS({ ...tom, endpoint: `http://localhost:${server.httpPort}` } as never);
  await refused(() => sts.assumeRole(role.arn), 'NoPermission');
  await cnamed('user', 'attach', 'tom', 'AliyunSTSAssumeRoleAccess');
  await granted(() => sts.assumeRole(role.arn));
  const { credentials } = await sts.assumeRole(role.arn, undefined, 7200, 'tom');
  const { AccessKeyId: accessKeyId, AccessKeySecret: accessKeySecret } = credentials;
  const session = store({ accessKeyId, accessKeySecret, stsToken: credentials.SecurityToken });
  await granted(() => session.get('a.txt'));
  assert.equal(String((await session.get('a.txt')).content), 'a');
  const trust = await file('trust.json', {
    Version: '1',
    Statement: [
      {
        Effect: 'Allow',
        Action: 'sts:AssumeRole',
        Principal: { RAM: `acs:ram::${server.rootAccountId}:user/somebody` },
      },
    ],
  });
  await cnamed('role', 'change', 'reader', '--trust', trust);
  await refused(() => session.get('a.txt'), 'InvalidSecurityToken');
  await refused(() => sts.assumeRole(role.arn), 'NoPermission');
  const shown = await json('role', 'show', 'reader');
  assert.equal(shown.maxSessionSeconds, 7200);
  assert.match(shown.trustPolicy, /user\/somebody/);
  await cnamed('role', 'delete', 'reader');
  await refused(() => sts.assumeRole(role.arn), 'EntityNotExist.Role');
  assert.deepEqual(await json('role', 'list'), []);
});

test('a policy that locks everybody out is removed by the operator', async () => {
  const deny = { Effect: 'Deny', Action: '*', Resource: '*', Principal: '*' };
  const Condition = { Bool: { 'acs:SecureTransport': ['true', 'false'] } };
  const oss = store(rootKey);
  const policy = { Version: '1', Statement: [{ ...deny, Condition }] };
  await oss.putBucketPolicy('shop', policy as never);
  await refused(() => oss.get('a.txt'), 'AccessDenied');
  await refused(() => oss.deleteBucketPolicy('shop'), 'AccessDenied');
  assert.match(await cnamed('bucket', 'policy', 'remove', 'shop'), /has no policy any more/);
  await granted(() => oss.get('a.txt'));
  assert.deepEqual(await json('bucket', 'policy', 'remove', 'shop'), {
    bucket: 'shop',
    isRemoved: false,
  });
  assert.match(await refusal('bucket', 'policy', 'remove', 'none'), /There is no bucket "none"/);
});

test('what cannot be is refused in a sentence', async () => {
  const bad = await file('bad.json', 'policy');
  assert.match(await refusal('policy', 'create', 'Bad', bad), /cannot be taken: unknown char p/);
  const listed = await json('policy', 'list');
  const own = listed.filter(({ isBuiltIn }: { isBuiltIn: boolean }) => !isBuiltIn);
  assert.deepEqual(own, [{ policy: 'ReadShop', isBuiltIn: false }]);
  await cnamed('policy', 'delete', 'ReadShop');
  assert.match(await cnamed('policy', 'show', 'AliyunOSSFullAccess'), /"oss:\*"/);
});
