/**
 * A server with everybody of access-control.md 9 on it, under the very ids the documents there
 * name; the bucket `shop` belongs to the account 1000000000000001.
 */
import { type IncomingMessage, request as sendRequest } from 'node:http';
import { request as sendOverTls } from 'node:https';
import type { Session } from '../../../src/accounts/index.ts';
import type { Bucket, Identity } from '../../../src/stores/index.ts';
import { callers, other, owner } from '../../rooms/rights/cases.ts';
import { type DocumentName, documentNames, documentOf } from '../../rooms/rights/documents.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { type RequestToSign, signHeaderV4, type TestCredentials } from '../../support/sign.ts';
import { createTestWorld, type TestWorld, testEpoch } from '../../support/world.ts';

export type Who = keyof typeof callers;

export interface Answer {
  readonly status: number;
  readonly code: string;
  readonly ec: string;
  readonly message: string;
  readonly text: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

export interface Call extends Omit<RequestToSign, 'host' | 'credentials'> {
  readonly as: Who;
  readonly session?: string | undefined;
  readonly body?: string;
}

export interface Stage {
  readonly server: TestServer;
  readonly world: TestWorld;
  readonly shop: Bucket;
  call(call: Call): Promise<Answer>;
  /** Policies of alice, of carol and of both roles. */
  attach(names: readonly DocumentName[]): Promise<void>;
  setPolicy(text: string | undefined): Promise<void>;
  credentialsOf(who: Who, sessionPolicy?: string): Promise<TestCredentials | undefined>;
  close(): Promise<void>;
}

const roles = { [owner]: 'uploader', [other]: 'reader' } as const;
const roleIds = { [owner]: '300000000000000001', [other]: '300000000000000002' } as const;
/** Whoever a case gives policies to. */
const holders = [callers.alice.userId, callers.carol.userId, ...Object.values(roleIds)];

export function textOf(document: string, name: string): string {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(document)?.[1] ?? '';
}

export async function openStage(settings: Record<string, string> = {}): Promise<Stage> {
  const world = createTestWorld({ seed: 'rights' });
  const server = await startTestServer({ world, settings });
  const { accounts, engines } = server.rooms;
  const { identities, buckets } = engines.metadata;
  const keys = new Map<Who, TestCredentials>();
  for (const [who, id] of [['owner', owner] as const, ['other', other] as const]) {
    await createAccount(server, id, who);
    keys.set(who, await accounts.createKey(id));
    await identities.createIdentity(roleOf(id), 10);
    for (const name of documentNames) {
      if (!name.startsWith('R')) continue;
      const policy = { accountId: id, name, document: documentOf(name), createdAt: testEpoch };
      await identities.putPolicy(policy, 100);
    }
  }
  for (const who of ['alice', 'bob', 'carol'] as const) {
    const { userId, accountId, name } = callers[who];
    await identities.createIdentity(identityOf(userId, accountId, 'user', name), 10);
    keys.set(who, await accounts.createKey(accountId, userId));
  }
  const made = await buckets.createBucket({
    name: 'shop',
    accountId: owner,
    bucketsMax: 10,
    now: testEpoch,
  });
  if (!('bucket' in made)) throw new Error('The bucket was not made.');
  const shop = made.bucket;

  async function credentialsOf(who: Who, policy?: string): Promise<TestCredentials | undefined> {
    const caller = callers[who];
    if (caller.kind !== 'session') return keys.get(who);
    const { accountId, role: roleName, session: name } = caller;
    const now = world.clock.now();
    const facts = { issuedAt: now, expiresAt: now + 3_600_000, policy };
    const roleId = roleIds[accountId as keyof typeof roleIds];
    return toCredentials(accounts.issueSession({ accountId, roleId, roleName, name, ...facts }));
  }

  return {
    server,
    world,
    shop,
    credentialsOf,
    async call({ as, session, body = '', ...call }) {
      const credentials = await credentialsOf(as, session);
      return await send(server.httpPort, call, credentials, body, world.clock.now());
    },
    async attach(names) {
      for (const id of holders) {
        for (const name of await identities.listAttachments(id)) {
          if (!names.some((wanted) => wanted === name)) await identities.detachPolicy(id, name);
        }
        for (const name of names) {
          await identities.attachPolicy(id, name, { isBuiltIn: false, limit: 20 });
        }
      }
    },
    async setPolicy(text) {
      const document = text === undefined ? undefined : JSON.stringify({ text });
      await buckets.setBucketDocument(shop.id, 'policy', document);
    },
    close: () => server.close(),
  };
}

async function createAccount(server: TestServer, id: string, name: string): Promise<void> {
  const { accounts } = server.rooms.engines.metadata;
  const credential = {
    accessKeyId: `LTAIunused${name}`,
    accountId: id,
    secretSealed: 'never opened',
    standing: 'disabled',
    createdAt: testEpoch,
  } as const;
  const account = { id, name, standing: 'active', createdAt: testEpoch } as const;
  const { outcome } = await accounts.createAccount(account, credential);
  if (outcome !== 'created') throw new Error(`The account ${name} was not made.`);
}

function identityOf(id: string, accountId: string, kind: Identity['kind'], name: string): Identity {
  return { id, accountId, kind, name, standing: 'active', createdAt: testEpoch, role: undefined };
}

function roleOf(accountId: typeof owner | typeof other): Identity {
  const Principal = { RAM: [`acs:ram::${owner}:root`] };
  const trustPolicy = JSON.stringify({
    Version: '1',
    Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal }],
  });
  return {
    ...identityOf(roleIds[accountId], accountId, 'role', roles[accountId]),
    role: { trustPolicy, sessionSecondsMax: 3600, sessionsFrom: testEpoch },
  };
}

export function toCredentials(issued: {
  readonly session: Session;
  readonly securityToken: string;
}): TestCredentials {
  const { accessKeyId, secret: accessKeySecret } = issued.session;
  return { accessKeyId, accessKeySecret, securityToken: issued.securityToken };
}

export function send(
  port: number,
  call: Omit<RequestToSign, 'host' | 'credentials'>,
  credentials: TestCredentials | undefined,
  body = '',
  at = testEpoch,
): Promise<Answer> {
  const host = `127.0.0.1:${port}`;
  const nobody = { accessKeyId: 'nobody', accessKeySecret: 'nothing' };
  const signed = signHeaderV4({ ...call, host, at, credentials: credentials ?? nobody });
  const headers = { ...signed.headers, 'content-length': String(Buffer.byteLength(body)) };
  if (credentials === undefined) Reflect.deleteProperty(headers, 'authorization');
  return exchange(port, signed.method, signed.target, headers, body);
}

export function exchange(
  port: number,
  method: string,
  path: string,
  headers: Record<string, string>,
  body: string,
  ca?: string,
): Promise<Answer> {
  const target = { host: '127.0.0.1', port, method, path, headers };
  return new Promise((resolve, reject) => {
    const receive = (incoming: IncomingMessage): void => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.once('error', reject);
      incoming.once('end', () => {
        const text = Buffer.concat(chunks).toString();
        const { statusCode: status = 0, headers: received } = incoming;
        resolve({
          status,
          text,
          headers: received,
          code: status < 400 ? '' : textOf(text, 'Code'),
          ec: String(received['x-oss-ec'] ?? ''),
          message: textOf(text, 'Message'),
        });
      });
    };
    const outgoing =
      ca === undefined ? sendRequest(target, receive) : sendOverTls({ ...target, ca }, receive);
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}
