/** The official client against a server on the real clock: its STS class, then its store. */
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import OSS from 'ali-oss';
import { startTestServer, type TestServer } from '../../support/server.ts';

const policy = JSON.stringify({
  Version: '1',
  Statement: [
    {
      Effect: 'Allow',
      Action: ['oss:PutObject', 'oss:GetObject'],
      Resource: ['acs:oss:*:*:shop/*'],
    },
  ],
});

let server: TestServer;
let sts: OSS.STS;
let arn: string;

before(async () => {
  server = await startTestServer();
  const { accounts, engines } = server.rooms;
  const { identities } = engines.metadata;
  const root = server.rootAccountId;
  const createdAt = Date.now();
  const base = { accountId: root, standing: 'active', createdAt } as const;
  const trustPolicy = JSON.stringify({
    Version: '1',
    Statement: [
      { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { RAM: [`acs:ram::${root}:root`] } },
    ],
  });
  const role = { trustPolicy, sessionSecondsMax: 3600, sessionsFrom: createdAt };
  await identities.createIdentity(
    { ...base, id: '2', kind: 'user', name: 'ci', role: undefined },
    9,
  );
  await identities.createIdentity({ ...base, id: '3', kind: 'role', name: 'uploader', role }, 9);
  const builtIn = { isBuiltIn: true, limit: 9 };
  await identities.attachPolicy('2', 'AliyunSTSAssumeRoleAccess', builtIn);
  await identities.attachPolicy('3', 'AliyunOSSFullAccess', builtIn);
  const key = await accounts.createKey(root, '2');
  arn = `acs:ram::${root}:role/uploader`;
  sts = new OSS.STS({ ...key, endpoint: `http://localhost:${server.httpPort}` } as never);
  await engines.metadata.buckets.createBucket({
    name: 'shop',
    accountId: root,
    bucketsMax: 9,
    now: createdAt,
  });
});
after(() => server.close());

function store(credentials: OSS.Credentials): OSS {
  return new OSS({
    accessKeyId: credentials.AccessKeyId,
    accessKeySecret: credentials.AccessKeySecret,
    stsToken: credentials.SecurityToken,
    endpoint: `http://localhost:${server.httpPort}`,
    bucket: 'shop',
    sldEnable: true,
  } as never);
}

for (const given of [policy, JSON.parse(policy)]) {
  it(`takes a role with its policy as ${typeof given}`, async () => {
    const { credentials } = await sts.assumeRole(arn, given, 3600, 'ci-1');
    const oss = store(credentials);
    await oss.put('a.txt', Buffer.from('a'));
    assert.equal(String((await oss.get('a.txt')).content), 'a');
    // As the client's own suite asserts it: the whole call fails.
    await assert.rejects(oss.deleteMulti(['a.txt']), /Access denied by authorizer's policy/);
    await assert.rejects(oss.list({ 'max-keys': 1 }, {}), { status: 403 });
  });
}

it('is refused as the client expects', async () => {
  await assert.rejects(sts.assumeRole(`${arn}s`), /The specified Role not exists/);
  await assert.rejects(
    sts.assumeRole(arn, '{"Statements":[]}'),
    /The parameter Policy has not passed grammar check/,
  );
});
