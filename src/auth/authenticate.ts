import { type Accounts, isSessionKeyId } from '../accounts/index.ts';
import { type OssError, refine } from '../errors/index.ts';
import type { HttpRequest } from '../http/index.ts';
import type { World } from '../world/index.ts';
import { anonymous } from './anonymous.ts';
import { callerOfKey, callerOfSession } from './callers.ts';
import { presentForm } from './form.ts';
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
import type { Authenticator, Caller, FormFields, SigningFacts } from './types.ts';
import { checkFormSignature, checkSignature } from './verify.ts';

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
    return await identify(presented, (secret) => checkSignature(presented, secret, request, facts));
  }

  async function authenticateForm(fields: FormFields): Promise<Caller> {
    const presented = presentForm(fields, world.clock.now(), { regions, keys });
    if (!presented) return anonymous;
    return await identify(presented, (secret) => checkFormSignature(presented, secret));
  }

  async function identify(presented: Identity, check: Check): Promise<Caller> {
    return presented.securityToken === ''
      ? await identifyKey(presented, check)
      : await identifySession(presented, check);
  }

  async function identifyKey(presented: Identity, check: Check): Promise<Caller> {
    const { accessKeyId, form } = presented;
    const key = await accounts.findKey(accessKeyId);
    const problem = check(key?.secret ?? nobodysSecret);
    if (!key) throw unknownKey(accessKeyId);
    if (key.standing === 'disabled') throw disabledKey(accessKeyId);
    if (problem) throw problem;
    return callerOfKey(key, form);
  }

  /** Order (access-control.md 7): the token opens, is the key's, has not expired; the signature. */
  async function identifySession(presented: Identity, check: Check): Promise<Caller> {
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
    const problem = check(session.secret);
    if (role.standing === 'void') throw invalidToken(accessKeyId);
    if (role.standing === 'disabled') throw disabledKey(accessKeyId);
    if (problem) throw problem;
    return callerOfSession(session, role.accountName, form);
  }

  return { authenticate, authenticateForm };
}

type Identity = Pick<Presented, 'accessKeyId' | 'securityToken' | 'form'>;
/** The refusal that a signature is under this secret; `undefined` when it is right. */
type Check = (secret: string) => OssError | undefined;

function refuseTokenPlace(presented: Presented, request: HttpRequest): void {
  if (presented.form !== 'query' || !request.headers['x-oss-security-token']) return;
  throw refine('tokenPlace', {
    message: 'Security-token must be provided by query string parameter.',
  });
}
