import type { KnownKey, Session } from '../../../src/accounts/index.ts';
import type { SigningFacts } from '../../../src/auth/index.ts';
import { type Authenticator, type Caller, createAuthenticator } from '../../../src/auth/index.ts';
import { OssError } from '../../../src/errors/index.ts';
import type { HttpRequest } from '../../../src/http/index.ts';
import type { SignedRequest } from '../../support/sign.ts';
import { createTestWorld, type TestWorld } from '../../support/world.ts';
import { readTarget } from '../signing/vectors.ts';

export const alice = { accessKeyId: 'LTAIalice', accessKeySecret: 'secret of alice' };
export const bob = { accessKeyId: 'LTAIbob', accessKeySecret: 'secret of bob' };
export const gone = { accessKeyId: 'LTAIgone', accessKeySecret: 'secret of gone' };

function known(key: typeof alice, standing: KnownKey['standing']): KnownKey {
  const { accessKeyId, accessKeySecret } = key;
  const name = accessKeyId.slice(4);
  return {
    accessKeyId,
    accountId: `id-${name}`,
    accountName: name,
    secret: accessKeySecret,
    standing,
    user: undefined,
  };
}

/** Of a role, good for an hour of the test's clock. */
export function sessionOf(
  key: { accessKeyId: string; secret: string },
  changes: Partial<Session> = {},
): Session {
  return {
    ...key,
    accountId: '1',
    roleId: '3',
    roleName: 'uploader',
    name: 'ci-1',
    issuedAt: 0,
    expiresAt: Date.UTC(2027, 0),
    policy: undefined,
    ...changes,
  };
}

export interface AuthRoom {
  world: TestWorld;
  authenticator: Authenticator;
  /** How often a key was looked up. */
  lookups(): number;
}

/** Two active keys and a disabled one. The room's one outside call is a map look-up here. */
export function createAuthRoom(
  options: {
    now?: number;
    regions?: string[];
    keys?: KnownKey[];
    sessions?: Record<string, Session>;
    role?: KnownKey['standing'] | 'void';
  } = {},
): AuthRoom {
  const world = createTestWorld(options.now === undefined ? {} : { now: options.now });
  const rows = options.keys ?? [
    known(alice, 'active'),
    known(bob, 'active'),
    known(gone, 'disabled'),
  ];
  const keys = new Map(rows.map((key) => [key.accessKeyId, key]));
  let lookups = 0;
  const accounts = {
    async findKey(accessKeyId: string) {
      lookups += 1;
      return keys.get(accessKeyId);
    },
    openToken: (token: string) => options.sessions?.[token],
    findRoleOf: async () => ({ standing: options.role ?? 'active', accountName: 'a' }),
  };
  const regions = options.regions ?? ['cn-hangzhou'];
  return {
    world,
    authenticator: createAuthenticator({ accounts, world, regions }),
    lookups: () => lookups,
  };
}

/** The signed request as the pipeline would hand it over. */
export function viewOf(signed: SignedRequest): HttpRequest {
  const at = signed.target.indexOf('?');
  const headers: Record<string, string> = Object.assign(Object.create(null), signed.headers);
  return {
    requestId: '0123456789ABCDEF01234567',
    receivedAt: 0,
    method: signed.method,
    target: signed.target,
    rawPath: at < 0 ? signed.target : signed.target.slice(0, at),
    rawQuery: at < 0 ? '' : signed.target.slice(at + 1),
    query: readTarget(signed.target).query,
    headers,
    host: headers.host ?? 'localhost',
    remoteAddress: '127.0.0.1',
    isSecure: false,
    serverName: undefined,
    tlsVersion: undefined,
    body: {
      length: 0,
      stream: () => (async function* () {})(),
      readAll: async () => Buffer.alloc(0),
    },
    signal: new AbortController().signal,
  };
}

/** Where the request points in path style. */
export function factsOf(signed: SignedRequest): SigningFacts {
  const [, bucket = '', ...key] = readTarget(signed.target).path.split('/');
  if (bucket === '') return { bucket: '', key: '', addressing: 'service' };
  return { bucket, key: key.join('/'), addressing: 'path' };
}

export function authenticate(
  room: AuthRoom,
  signed: SignedRequest,
  facts: SigningFacts = factsOf(signed),
): Promise<Caller> {
  return room.authenticator.authenticate(viewOf(signed), facts);
}

/** The refusal; fails when the request is let in or when anything but an OssError is thrown. */
export async function refusalOf(
  room: AuthRoom,
  signed: SignedRequest,
  facts?: SigningFacts,
): Promise<OssError> {
  try {
    const caller = await authenticate(room, signed, facts);
    throw new Error(`let in as ${JSON.stringify(caller)}`);
  } catch (error) {
    if (error instanceof OssError) return error;
    throw error;
  }
}
