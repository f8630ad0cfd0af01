/** How a refusal is worded (access-control.md 8). */
import type { Caller } from '../auth/index.ts';
import {
  type OssError,
  type RefinementName,
  OssError as Refusal,
  refine,
} from '../errors/index.ts';
import type { Verdict } from '../rights/index.ts';

export interface Denied {
  readonly caller: Caller;
  readonly action: string;
  /** One of several objects of the request is meant. */
  readonly isBatch: boolean;
  readonly bucket?: { readonly name: string; readonly accountId: string };
  readonly key?: string | undefined;
  /** Where there is no bucket. */
  readonly ownerId?: string;
}

type Cause = Exclude<Extract<Verdict, { isAllowed: false }>['because'], 'implicit'>;

const explicit: Readonly<Record<Cause, RefinementName>> = {
  'session-policy': 'deniedBySessionPolicy',
  'identity-policy': 'deniedByIdentityPolicy',
  'bucket-policy': 'deniedByBucketPolicy',
  'both-policies': 'deniedByBothPolicies',
};

export function denied(verdict: Verdict, facts: Denied): OssError {
  if (verdict.isAllowed) throw new Error('What is allowed is not refused.');
  const { because } = verdict;
  const fields: Record<string, string> = {};
  if (facts.bucket !== undefined) fields.BucketName = facts.bucket.name;
  if (because === 'implicit') return implicit(facts, fields);
  if (because === 'session-policy') {
    return refine(explicit[because], { message: "Access denied by authorizer's policy.", fields });
  }
  const message = 'Access denied by bucket policy.';
  const name = facts.isBatch ? 'batchDenied' : explicit[because];
  if (because === 'bucket-policy') return refine(name, { message, fields });
  if (facts.bucket !== undefined) fields.Bucket = facts.bucket.name;
  const { caller } = facts;
  if (caller.kind === 'user') fields.User = caller.userId;
  return refine(name, { message, fields, nested: detail(facts, 'ExplicitDeny') });
}

const listings: readonly string[] = [
  'oss:ListBuckets',
  'oss:ListObjects',
  'oss:ListObjectVersions',
];
const objectAcls: Readonly<Record<string, string>> = {
  'oss:GetObjectAcl': 'read',
  'oss:GetObjectVersionAcl': 'read',
  'oss:PutObjectAcl': 'write',
  'oss:PutObjectVersionAcl': 'write',
};

/** Nothing allows it. */
function implicit(facts: Denied, fields: Readonly<Record<string, string>>): OssError {
  const { caller, action, key } = facts;
  const isListing = listings.includes(action);
  const acl = objectAcls[action];
  if (caller.kind === 'anonymous' && (key === undefined || acl !== undefined)) {
    const message =
      isListing && facts.bucket !== undefined
        ? 'Anonymous user has no right to access this bucket.'
        : 'Anonymous access is forbidden for this operation.';
    return refine('anonymousForbidden', { message, fields });
  }
  const details = (message: string) => ({
    message,
    fields,
    nested: detail(facts, 'ImplicitDeny'),
  });
  if (isListing) return new Refusal('AccessDenied', details('You are forbidden to list buckets.'));
  if (action.startsWith('yundun-cert:')) {
    return new Refusal('AccessDenied', details(`A certificate needs the right ${action}.`));
  }
  if (acl !== undefined) {
    const message = `You do not have ${acl} acl permission on this object.`;
    return new Refusal('AccessDenied', details(message));
  }
  if (key !== undefined) {
    const message = 'You have no right to access this object because of bucket acl.';
    return new Refusal('AccessDenied', details(message));
  }
  if (facts.bucket === undefined || action === 'oss:PutBucket') {
    return new Refusal('AccessDenied', details('AccessDenied'));
  }
  const message = 'The bucket you access does not belong to you.';
  if (action === 'oss:GetBucketAcl') return refine('aclForbidden', details(message));
  if (action === 'oss:PutBucketReferer') return refine('bucketForbidden', details(message));
  return new Refusal('AccessDenied', details(message));
}

/** Which right is missing; for users and sessions of the owner alone, and never of a policy. */
function detail(
  { caller, action, bucket, ownerId }: Denied,
  kind: 'ImplicitDeny' | 'ExplicitDeny',
): Record<string, Record<string, string>> {
  if (caller.kind === 'anonymous' || caller.kind === 'account') return {};
  if (caller.accountId !== (bucket?.accountId ?? ownerId)) return {};
  const isUser = caller.kind === 'user';
  return {
    AccessDeniedDetail: {
      PolicyType: 'AccountLevelIdentityBasedPolicy',
      AuthPrincipalOwnerId: caller.accountId,
      AuthPrincipalType: isUser ? 'SubUser' : 'AssumedRoleUser',
      AuthPrincipalDisplayName: isUser ? caller.userId : `${caller.roleName}:${caller.sessionName}`,
      NoPermissionType: kind,
      AuthAction: action,
    },
  };
}
