/** Whoever signs: the root account, a user, and a session of a role; and the ways to sign. */
import type { Chance } from '../../support/chance.ts';
import type { TestServer } from '../../support/server.ts';
import {
  type RequestToSign,
  type SignedRequest,
  signHeaderV1,
  signHeaderV4,
  signUrlV1,
  signUrlV4,
  type TestCredentials,
} from '../../support/sign.ts';
import type { TestWorld } from '../../support/world.ts';

export interface Callers {
  /** Each may do everything with the buckets of the account. */
  readonly all: readonly TestCredentials[];
  /** Those that may ask for a session. */
  readonly assuming: readonly TestCredentials[];
  readonly roleArn: string;
}

const userId = '200000000000000077';
const roleId = '300000000000000077';
const builtIn = { isBuiltIn: true, limit: 20 };

export async function createCallers(server: TestServer, world: TestWorld): Promise<Callers> {
  const { accounts, engines } = server.rooms;
  const { identities } = engines.metadata;
  const accountId = server.rootAccountId;
  const now = world.clock.now();
  const facts = { accountId, standing: 'active', createdAt: now } as const;
  const trustPolicy = JSON.stringify({
    Version: '1',
    Statement: [
      {
        Effect: 'Allow',
        Action: 'sts:AssumeRole',
        Principal: { RAM: [`acs:ram::${accountId}:root`] },
      },
    ],
  });
  const role = { trustPolicy, sessionSecondsMax: 3600, sessionsFrom: now };
  const user = { ...facts, id: userId, kind: 'user', name: 'fuzzer', role: undefined } as const;
  await identities.createIdentity(user, 10);
  await identities.createIdentity(
    { ...facts, id: roleId, kind: 'role', name: 'spoiler', role },
    10,
  );
  for (const id of [userId, roleId]) {
    for (const policy of ['AliyunOSSFullAccess', 'AliyunSTSAssumeRoleAccess']) {
      await identities.attachPolicy(id, policy, builtIn);
    }
  }
  const root = { accessKeyId: server.accessKeyId, accessKeySecret: server.accessKeySecret };
  const ofUser = await accounts.createKey(accountId, userId);
  const { session, securityToken } = accounts.issueSession({
    accountId,
    roleId,
    roleName: 'spoiler',
    name: 'session',
    issuedAt: now,
    expiresAt: now + 3_600_000,
    policy: undefined,
  });
  const { accessKeyId, secret: accessKeySecret } = session;
  const ofSession = { accessKeyId, accessKeySecret, securityToken };
  return {
    all: [root, root, ofUser, ofSession],
    assuming: [root, ofUser, ofUser, ofSession],
    roleArn: `acs:ram::${accountId}:role/spoiler`,
  };
}

const ways = [signHeaderV4, signHeaderV4, signHeaderV1, signUrlV4, signUrlV1];

export function signSomehow(chance: Chance, request: RequestToSign): SignedRequest {
  return chance.pick(ways)(request);
}
