import { type Accounts, isSessionKeyId } from '../accounts/index.ts';
import { refine } from '../errors/index.ts';
import type { HttpRequest } from '../http/index.ts';
import type { World } from '../world/index.ts';
import { anonymous } from './anonymous.ts';
import { callerOfKey, callerOfSession } from './callers.ts';
import { presentHeaderV1 } from './header-v1.ts';
import { presentHeaderV4 } from './header-v4.ts';
import type { Presented } from './presented.ts';
import { presentQueryV1 } from './query-v1.ts';
import { presentQueryV4 } from './query-v4.ts';
import {
  disabledKey,
  expiredToken,
  foreignToken,
  invalidToken,
  tokenOfLastingKey,
  unknownKey,
} from './refusals.ts';
import { detectScheme } from './scheme.ts';
import { createSigningKeys } from './signing-keys.ts';
import type { Authenticator, Caller, SigningFacts } from './types.ts';
import { checkSignature } from './verify.ts';

export interface AuthenticatorParts {
  readonly accounts: Pick<Accounts, 'findKey' | 'openToken' | 'findRoleOf'>;
  readonly world: Pick<World, 'clock' | 'random'>;
  /** Regions a V4 signature may name: users come with whatever region their code had. */
  readonly regions: readonly string[];
}

export function createAuthenticator(parts: AuthenticatorParts): Authenticator {
  const { accounts, world, regions } = parts;
  const keys = createSigningKeys();
  /** Signs for keys that do not exist, so that they cost what a wrong signature costs. */
  const nobodysSecret = world.random.bytes(30).toString('base64');

  function present(request: HttpRequest): Presented | undefined {
    const now = world.clock.now();
    switch (detectScheme(request)) {
      case 'anonymous':
        return undefined;
      case 'header-v1':
        return presentHeaderV1(request, now);
      case 'header-v4':
        return presentHeaderV4(request, now, { regions, keys });
      case 'query-v1':
        return presentQueryV1(request, now);
      case 'query-v4':
        return presentQueryV4(request, now, { regions, keys });
    }
  }

  async function authenticate(request: HttpRequest, facts: SigningFacts): Promise<Caller> {
    const presented = present(request);
    if (!presented) return anonymous;
    refuseTokenPlace(presented, request);
    return presented.securityToken === ''
      ? await authenticateKey(presented, request, facts)
      : await authenticateSession(presented, request, facts);
  }

  async function authenticateKey(
    presented: Presented,
    request: HttpRequest,
    facts: SigningFacts,
  ): Promise<Caller> {
    const { accessKeyId, form } = presented;
    const key = await accounts.findKey(accessKeyId);
    const problem = checkSignature(presented, key?.secret ?? nobodysSecret, request, facts);
    if (!key) throw unknownKey(accessKeyId);
    if (key.standing === 'disabled') throw disabledKey(accessKeyId);
    if (problem) throw problem;
    return callerOfKey(key, form);
  }

  /** Order (access-control.md 7): the token opens, is the key's, has not expired; the signature. */
  async function authenticateSession(
    presented: Presented,
    request: HttpRequest,
    facts: SigningFacts,
  ): Promise<Caller> {
    const { accessKeyId, securityToken, form } = presented;
    const session = accounts.openToken(securityToken);
    if (session?.accessKeyId !== accessKeyId) {
      if (!isSessionKeyId(accessKeyId)) {
        throw tokenOfLastingKey(accessKeyId, (await accounts.findKey(accessKeyId)) !== undefined);
      }
      throw session === undefined ? invalidToken(accessKeyId) : foreignToken(accessKeyId);
    }
    if (world.clock.now() >= session.expiresAt) throw expiredToken(accessKeyId);
    const role = await accounts.findRoleOf(session);
    const problem = checkSignature(presented, session.secret, request, facts);
    if (role.standing === 'void') throw invalidToken(accessKeyId);
    if (role.standing === 'disabled') throw disabledKey(accessKeyId);
    if (problem) throw problem;
    return callerOfSession(session, role.accountName, form);
  }

  return { authenticate };
}

function refuseTokenPlace(presented: Presented, request: HttpRequest): void {
  if (presented.form !== 'query' || !request.headers['x-oss-security-token']) return;
  throw refine('tokenPlace', {
    message: 'Security-token must be provided by query string parameter.',
  });
}
