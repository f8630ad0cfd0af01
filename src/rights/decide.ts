/** The order in which everything that has a say is asked (access-control.md 3). */
import type { ConditionKeys } from './conditions.ts';
import type { Policy } from './document.ts';
import { type Asked, type Effect, evaluate, evaluateBucketPolicy } from './evaluate.ts';
import type { Who } from './principals.ts';
import { isPublicStatement } from './public-status.ts';
import type { Resource } from './resources.ts';

export type Acl = 'private' | 'public-read' | 'public-read-write';

/** `read` and `write` may be opened by an ACL; `none` never is. */
export type AccessClass = 'read' | 'write' | 'none';

export interface Question {
  readonly who: Who;
  readonly action: string;
  readonly resource: Resource;
  readonly keys: ConditionKeys;
  /** Of the user with their groups, or of the role; empty for all others. */
  readonly policies: readonly Policy[];
  /** What a session was narrowed to when it was made. */
  readonly sessionPolicy: Policy | undefined;
  readonly bucketPolicy: Policy | undefined;
  readonly accessClass: AccessClass;
  /** Of the object, or of the bucket where the object has none of its own. */
  readonly acl: Acl;
  /** Block Public Access is on: public ACLs and public statements do not count. */
  readonly isPublicBlocked: boolean;
  /** Whether an anonymous caller may be let in by a policy here. */
  readonly isOpenToAnonymous: boolean;
}

export type Verdict =
  | { readonly isAllowed: true; readonly by: 'owner' | 'identity' | 'bucket-policy' | 'acl' }
  | { readonly isAllowed: false; readonly because: Refusal };

/** `implicit`: nothing allows it. */
export type Refusal =
  | 'session-policy'
  | 'identity-policy'
  | 'bucket-policy'
  | 'both-policies'
  | 'implicit';

const granted: Readonly<Record<Acl, readonly AccessClass[]>> = {
  private: [],
  'public-read': ['read'],
  'public-read-write': ['read', 'write'],
};

export function decide(question: Question): Verdict {
  const { who, sessionPolicy } = question;
  const isOfOwner = who.kind !== 'anonymous' && who.accountId === question.resource.accountId;
  const isOwner = isOfOwner && who.kind === 'account';
  // Before everything else, so that neither a bucket policy nor a public ACL helps.
  if (sessionPolicy !== undefined && evaluate([sessionPolicy], question) !== 'allow') {
    return refused('session-policy');
  }
  // An account's own policies say nothing about the buckets of another.
  const byIdentity = isOfOwner ? evaluate(question.policies, question) : 'none';
  const byBucket = bucketPolicyOf(question, isOwner);
  if (byIdentity === 'deny') {
    return refused(byBucket === 'deny' ? 'both-policies' : 'identity-policy');
  }
  if (byBucket === 'deny') return refused('bucket-policy');
  if (byIdentity === 'allow') return { isAllowed: true, by: 'identity' };
  if (byBucket === 'allow') return { isAllowed: true, by: 'bucket-policy' };
  if (isOwner) return { isAllowed: true, by: 'owner' };
  const { acl, accessClass, isPublicBlocked } = question;
  const isPublic = !isPublicBlocked && granted[acl].includes(accessClass);
  return isPublic ? { isAllowed: true, by: 'acl' } : refused('implicit');
}

function bucketPolicyOf(question: Question, isOwner: boolean): Effect {
  const { bucketPolicy, who, isPublicBlocked, isOpenToAnonymous } = question;
  if (bucketPolicy === undefined) return 'none';
  const asked: Asked = question;
  const effect = evaluateBucketPolicy(
    bucketPolicy,
    asked,
    who,
    isOwner,
    (statement) => isPublicBlocked && isPublicStatement(statement),
  );
  const isTooMuch = effect === 'allow' && who.kind === 'anonymous' && !isOpenToAnonymous;
  return isTooMuch ? 'none' : effect;
}

function refused(because: Refusal): Verdict {
  return { isAllowed: false, because };
}
