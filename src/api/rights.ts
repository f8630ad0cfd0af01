/**
 * What the caller of one request may do: brings the facts to the rules of the room `rights`. The
 * policies of a caller are read once in a request, and only when something depends on them.
 */
import type { Caller } from '../auth/index.ts';
import {
  type Bucket,
  effectiveAcl,
  isPublicAccessBlocked,
  type ObjectExtras,
  type StoredObject,
  type Tag,
} from '../buckets/index.ts';
import { OssError } from '../errors/index.ts';
import type { HttpRequest } from '../http/index.ts';
import {
  type AccessClass,
  type ConditionKey,
  type ConditionKeys,
  decide,
  type Policy,
  PolicyProblem,
  type Resource,
  type Verdict,
  type Who,
} from '../rights/index.ts';
import { conditionKeys } from './condition-keys.ts';
import { denied } from './denial.ts';
import type { Services } from './services.ts';

/** An action on a bucket, or on an object in it. */
export interface BucketAction {
  /** `oss:GetObject` */
  readonly action: string;
  readonly bucket: Pick<Bucket, 'name' | 'accountId'> & Partial<Bucket>;
  /** Left out: the bucket itself. */
  readonly key?: string | undefined;
  readonly accessClass: AccessClass;
  /** Tags in the document of the request; left out: those of its header count. */
  readonly requestTags?: ObjectExtras['tags'];
}

/**
 * A judgement waits only for the row of the object, whose ACL may decide. `onLook` hears of each
 * condition key that had a say.
 */
export type Judgement = (
  object: StoredObject | undefined,
  onLook?: (key: ConditionKey) => void,
) => Verdict;

type ServiceResource = Pick<Resource, 'service' | 'accountId' | 'relative'>;

export interface Rights {
  judge(asked: BucketAction): Promise<Judgement>;
  /** @throws OssError AccessDenied */
  demand(asked: BucketAction, object?: StoredObject): Promise<void>;
  /** On the service itself, or on what has no bucket. @throws OssError AccessDenied */
  demandOf(action: string, resource: ServiceResource): Promise<void>;
  /**
   * Of ListBuckets: whether a bucket with these tags is shown, where policies look at tags of
   * buckets; `undefined`: they do not, and the answer is the same for all.
   */
  judgeByBucketTags(
    action: string,
    resource: ServiceResource,
  ): Promise<((bucketTags: readonly Tag[]) => boolean) | undefined>;
  /** The refusal that a verdict means. `isBatch`: one of several objects is meant. */
  refuse(asked: BucketAction, verdict: Verdict, isBatch?: boolean): OssError;
}

const reads: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];

const noPolicies: readonly Policy[] = [];

/** What meets a caller who has no policies in a bucket that has none. */
const withoutPolicies = {
  policies: noPolicies,
  sessionPolicy: undefined,
  bucketPolicy: undefined,
  bucketTags: [] as readonly Tag[],
};

export function createRights(request: HttpRequest, caller: Caller, services: Services): Rights {
  const who = whoIs(caller);
  const { region } = services.settings;
  const policies = policiesOf(caller, services);

  async function judge(asked: BucketAction): Promise<Judgement> {
    const { action, bucket, key, accessClass, requestTags } = asked;
    const isWhole = isWholeBucket(bucket);
    const { bucketTags, ...found } = await policies.on(bucket);
    const question = {
      ...found,
      who,
      action,
      resource: {
        service: 'oss' as const,
        region,
        accountId: bucket.accountId,
        relative: key === undefined ? bucket.name : `${bucket.name}/${key}`,
      },
      keys: conditionKeys({ request, caller, action, bucketTags, requestTags }),
      accessClass,
      isPublicBlocked: isWhole && isPublicAccessBlocked(bucket),
      // Whatever a policy says, nobody without a name changes how a bucket is set up.
      isOpenToAnonymous: accessClass !== 'none' || reads.includes(request.method),
    };
    return (object, onLook) => {
      const keys = heard(withObjectTags(question.keys, object), onLook);
      return decide({ ...question, keys, acl: isWhole ? effectiveAcl(bucket, object) : 'private' });
    };
  }

  async function judgeOf(action: string, resource: ServiceResource) {
    const question = {
      who,
      action,
      resource: { ...resource, region },
      policies: await policies.forAccount(resource.accountId),
      sessionPolicy: policies.session(),
      bucketPolicy: undefined,
      accessClass: 'none',
      acl: 'private',
      isPublicBlocked: false,
      isOpenToAnonymous: false,
    } as const;
    return (bucketTags: readonly Tag[], onLook?: (key: ConditionKey) => void): Verdict => {
      const keys = heard(conditionKeys({ request, caller, action, bucketTags }), onLook);
      return decide({ ...question, keys });
    };
  }

  function refuse(asked: BucketAction, verdict: Verdict, isBatch = false): OssError {
    const { action, bucket, key } = asked;
    return denied(verdict, { caller, action, isBatch, bucket, key });
  }

  return {
    judge,
    refuse,
    async demand(asked, object) {
      const verdict = (await judge(asked))(object);
      if (!verdict.isAllowed) throw refuse(asked, verdict);
    },
    async demandOf(action, resource) {
      const verdict = (await judgeOf(action, resource))([]);
      if (!verdict.isAllowed) {
        throw denied(verdict, { caller, action, ownerId: resource.accountId, isBatch: false });
      }
    },
    async judgeByBucketTags(action, resource) {
      const judgement = await judgeOf(action, resource);
      let isByTags = false;
      judgement([], (key) => {
        isByTags ||= key === 'oss:BucketTag';
      });
      return isByTags ? (bucketTags) => judgement(bucketTags).isAllowed : undefined;
    },
  };
}

/** The policies that have a say about the caller, each read when it is asked for, once. */
function policiesOf(caller: Caller, services: Services) {
  // An account has none, and those of another account say nothing here.
  const hasPolicies = caller.kind === 'user' || caller.kind === 'session';
  let read: Promise<readonly Policy[]> | undefined;

  async function forAccount(accountId: string): Promise<readonly Policy[]> {
    if (caller.kind === 'anonymous' || caller.kind === 'account') return noPolicies;
    if (caller.accountId !== accountId) return noPolicies;
    read ??= readPolicies(caller.kind === 'user' ? caller.userId : caller.roleId, services);
    return await read;
  }

  function session(): Policy | undefined {
    if (caller.kind !== 'session' || caller.policy === undefined) return undefined;
    const { policy } = caller;
    return readStored(() => services.policies.policy('session', policy));
  }

  /** What policies there are; most requests meet none, and then nothing else is asked for. */
  async function on(bucket: BucketAction['bucket']) {
    const isWhole = isWholeBucket(bucket);
    const hasOwn = isWhole && bucket.documents.includes('policy');
    if (!hasOwn && !hasPolicies) return withoutPolicies;
    const text = hasOwn ? (await services.documents.find(bucket, 'policy'))?.text : undefined;
    return {
      policies: await forAccount(bucket.accountId),
      sessionPolicy: session(),
      bucketPolicy:
        text === undefined ? undefined : readStored(() => services.policies.policy('bucket', text)),
      bucketTags: isWhole ? ((await services.documents.find(bucket, 'tags'))?.tags ?? []) : [],
    };
  }

  return { forAccount, session, on };
}

function heard(keys: ConditionKeys, onLook?: (key: ConditionKey) => void): ConditionKeys {
  if (onLook === undefined) return keys;
  return (key, tag) => {
    onLook(key);
    return keys(key, tag);
  };
}

/** Known only once the object is found; one that has no tag of the name has no value. */
function withObjectTags(keys: ConditionKeys, object: StoredObject | undefined): ConditionKeys {
  return (key, tag) =>
    key === 'oss:ExistingObjectTag'
      ? object?.extras.tags?.find(([name]) => name === tag)?.[1]
      : keys(key, tag);
}

/** What has no bucket belongs to the account that asks (access-control.md 3). */
export function serviceOf({ accountId }: { readonly accountId: string }): ServiceResource {
  return { service: 'oss', accountId, relative: '*' };
}

function isWholeBucket(bucket: BucketAction['bucket']): bucket is Bucket {
  return bucket.documents !== undefined;
}

function whoIs(caller: Caller): Who {
  switch (caller.kind) {
    case 'anonymous':
      return { kind: 'anonymous' };
    case 'account':
      return { kind: 'account', accountId: caller.accountId };
    case 'user': {
      const { accountId, userId, userName: name } = caller;
      return { kind: 'user', accountId, userId, name };
    }
    case 'session': {
      const { accountId, roleName: role, sessionName: session } = caller;
      return { kind: 'session', accountId, role, session };
    }
  }
}

async function readPolicies(identityId: string, services: Services): Promise<readonly Policy[]> {
  const grants = await services.accounts.findGrants(identityId);
  if (grants === undefined) return [];
  return readStored(() => [
    ...grants.documents.map((text) => services.policies.policy('ram', text)),
    ...grants.builtIn.map((name) => services.policies.builtIn(name)),
  ]);
}

/** What was taken once can be read; a text that cannot is damage, and must let nobody in. */
function readStored<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof PolicyProblem)) throw cause;
    throw new OssError('InternalError', { cause });
  }
}
