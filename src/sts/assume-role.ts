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
import type { AuditStore, Identity, IdentityStore, RoleFacts } from '../stores/index.ts';
import type { Instant } from '../world/index.ts';
import type { Answer } from './render.ts';
import { type Parameters, required } from './request.ts';

export interface RoleParts {
  readonly accounts: Pick<Accounts, 'findGrants' | 'issueSession'>;
  readonly identities: Pick<IdentityStore, 'findIdentity'>;
  readonly policies: PolicyShelf;
  readonly audit: Pick<AuditStore, 'appendAudit'>;
}

const secondsMin = 900;
const secondsByDefault = 3600;
/** Of a session that was taken by a session. */
const chainedSecondsMax = 3600;
/** So that a token with it stays well inside the limit of headers. */
const policyBytesMax = 4096;

const roleForm = /^acs:ram::(\d{1,32}):role\/([A-Za-z0-9.-]{1,64})$/;
const sessionForm = /^[A-Za-z0-9.@_-]{2,64}$/;
/** Of a name that was not looked at yet, as much goes into the audit record. */
const sessionCharactersMax = 64;
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
  const record = (detail: Readonly<Record<string, string>>) =>
    parts.audit.appendAudit({
      at: now,
      action: 'AssumeRole',
      accountId: caller.accountId,
      accessKeyId: caller.accessKeyId,
      remoteAddress: request.remoteAddress,
      requestId: request.requestId,
      ownerId: identity.accountId,
      domain: '',
      bucket: '',
      detail: { role: arn, session: name.slice(0, sessionCharactersMax), ...detail },
    });
  const refusal = await findRefusal(request, caller, identity, role, parts);
  if (refusal !== undefined) {
    await record({ outcome: 'NoPermission', by: refusal.by });
    throw new StsError('NoPermission', refusal.message);
  }
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
  const expires = `${new Date(session.expiresAt).toISOString().slice(0, 19)}Z`;
  // Before the answer, so that no session is out there without its record.
  await record({ outcome: 'taken', accessKeyId: session.accessKeyId, expires });
  return {
    AssumedRoleUser: { Arn: `${arn}/${name}`, AssumedRoleId: `${identity.id}:${name}` },
    Credentials: {
      AccessKeyId: session.accessKeyId,
      AccessKeySecret: session.secret,
      SecurityToken: securityToken,
      Expiration: expires,
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

/** Whose policies did not allow it: those of the caller, or the trust policy of the role. */
interface Refusal {
  readonly by: 'caller' | 'trust';
  readonly message?: string;
}

/** Both must agree: the policies of the caller, and the role in whom it trusts. */
async function findRefusal(
  request: HttpRequest,
  caller: SignedCaller,
  { accountId, name }: Identity,
  { trustPolicy }: RoleFacts,
  { accounts, policies }: RoleParts,
): Promise<Refusal | undefined> {
  if (caller.kind === 'account') {
    return { by: 'caller', message: 'Roles may not be assumed by root accounts.' };
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
  if (!isAllowed) return { by: 'caller' };
  const isTaken = isTrusted(policies.policy('trust', trustPolicy), whoIs(caller), keys);
  return isTaken ? undefined : { by: 'trust' };
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
