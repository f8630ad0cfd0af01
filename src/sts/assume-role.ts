/**
 * AssumeRole: temporary credentials of a role
 * https://www.alibabacloud.com/help/doc-detail/28763.htm
 */
import type { Accounts } from '../accounts/index.ts';
import type { SignedCaller } from '../auth/index.ts';
import { StsError } from '../errors/index.ts';
import type { HttpRequest } from '../http/index.ts';
import {
  evaluate,
  isTrusted,
  type Policy,
  PolicyProblem,
  type PolicyShelf,
  parseSessionPolicy,
  requestKeys,
  type Who,
} from '../rights/index.ts';
import type { Identity, IdentityStore, RoleFacts } from '../stores/index.ts';
import type { Instant } from '../world/index.ts';
import type { Answer } from './render.ts';
import { type Parameters, required } from './request.ts';

export interface RoleParts {
  readonly accounts: Pick<Accounts, 'findGrants' | 'issueSession'>;
  readonly identities: Pick<IdentityStore, 'findIdentity'>;
  readonly policies: PolicyShelf;
}

const secondsMin = 900;
const secondsByDefault = 3600;
/** Of a session that was taken by a session. */
const chainedSecondsMax = 3600;
/** So that a token with it stays well inside the limit of headers. */
const policyBytesMax = 4096;

const roleForm = /^acs:ram::(\d{1,32}):role\/([A-Za-z0-9.-]{1,64})$/;
const sessionForm = /^[A-Za-z0-9.@_-]{2,64}$/;
const externalIdForm = /^[\w+=,.@:/-]{2,1224}$/;

/** Checks in the order of access-control.md 6.4. @throws StsError */
export async function assumeRole(
  request: HttpRequest,
  parameters: Parameters,
  caller: SignedCaller,
  parts: RoleParts,
  now: Instant,
): Promise<Answer> {
  const arn = required(parameters, 'RoleArn');
  const name = required(parameters, 'RoleSessionName');
  const { identity, role } = await findRole(arn, parts);
  await checkAllowed(request, caller, identity, role, parts);
  if (!sessionForm.test(name)) throw new StsError('InvalidParameter.RoleSessionName');
  const seconds = readDuration(parameters, caller, role);
  const externalId = parameters.get('ExternalId');
  if (externalId !== undefined && !externalIdForm.test(externalId)) {
    throw new StsError('InvalidParameter.ExternalId');
  }
  const { session, securityToken } = parts.accounts.issueSession({
    accountId: identity.accountId,
    roleId: identity.id,
    roleName: identity.name,
    name,
    issuedAt: now,
    expiresAt: now + seconds * 1000,
    policy: readPolicy(parameters),
  });
  return {
    AssumedRoleUser: { Arn: `${arn}/${name}`, AssumedRoleId: `${identity.id}:${name}` },
    Credentials: {
      AccessKeyId: session.accessKeyId,
      AccessKeySecret: session.secret,
      SecurityToken: securityToken,
      Expiration: `${new Date(session.expiresAt).toISOString().slice(0, 19)}Z`,
    },
  };
}

async function findRole(
  arn: string,
  { identities }: RoleParts,
): Promise<{ identity: Identity; role: RoleFacts }> {
  const [, accountId = '', name = ''] = roleForm.exec(arn) ?? [];
  if (name === '') throw new StsError('InvalidParameter.RoleArn');
  const identity = await identities.findIdentity(accountId, 'role', name);
  if (identity?.role === undefined || identity.name !== name) {
    throw new StsError('EntityNotExist.Role');
  }
  return { identity, role: identity.role };
}

/** Both must agree: the policies of the caller, and the role in whom it trusts. */
async function checkAllowed(
  request: HttpRequest,
  caller: SignedCaller,
  { accountId, name }: Identity,
  { trustPolicy }: RoleFacts,
  { accounts, policies }: RoleParts,
): Promise<void> {
  if (caller.kind === 'account') {
    throw new StsError('NoPermission', 'Roles may not be assumed by root accounts.');
  }
  const grants = await accounts.findGrants(caller.kind === 'user' ? caller.userId : caller.roleId);
  const own = [
    ...(grants?.documents ?? []).map((text) => policies.policy('ram', text)),
    ...(grants?.builtIn ?? []).map((builtIn) => policies.builtIn(builtIn)),
  ];
  const keys = requestKeys({ ...request, accessKeyId: caller.accessKeyId });
  const resource = { service: 'ram', region: '', accountId, relative: `role/${name}` } as const;
  const isAllowedBy = (which: readonly Policy[]): boolean =>
    evaluate(which, { action: 'sts:AssumeRole', resource, keys }) === 'allow';
  const isNarrowed = caller.kind === 'session' && caller.policy !== undefined;
  const isAllowed =
    isAllowedBy(own) &&
    (!isNarrowed || isAllowedBy([policies.policy('session', caller.policy ?? '')]));
  if (isAllowed && isTrusted(policies.policy('trust', trustPolicy), whoIs(caller), keys)) return;
  throw new StsError('NoPermission');
}

function whoIs(caller: Exclude<SignedCaller, { kind: 'account' }>): Who {
  const { accountId } = caller;
  return caller.kind === 'user'
    ? { kind: 'user', accountId, userId: caller.userId, name: caller.userName }
    : { kind: 'session', accountId, role: caller.roleName, session: caller.sessionName };
}

function readDuration(parameters: Parameters, caller: SignedCaller, role: RoleFacts): number {
  const { sessionSecondsMax } = role;
  const max =
    caller.kind === 'session' ? Math.min(chainedSecondsMax, sessionSecondsMax) : sessionSecondsMax;
  const text = parameters.get('DurationSeconds') || String(secondsByDefault);
  const seconds = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (seconds >= secondsMin && seconds <= max) return seconds;
  const hours = Number((max / 3600).toFixed(1));
  throw new StsError(
    'InvalidParameter.DurationSeconds',
    `The Min/Max value of DurationSeconds is 15min/${hours}hr.`,
  );
}

function readPolicy(parameters: Parameters): string | undefined {
  const text = parameters.get('Policy') || undefined;
  if (text === undefined) return undefined;
  if (Buffer.byteLength(text) > policyBytesMax) {
    throw new StsError('InvalidParameter.PolicySize');
  }
  try {
    parseSessionPolicy(text);
    return text;
  } catch (problem) {
    if (!(problem instanceof PolicyProblem)) throw problem;
    throw new StsError(
      problem.about === 'size' ? 'InvalidParameter.PolicySize' : 'InvalidParameter.PolicyGrammar',
    );
  }
}
