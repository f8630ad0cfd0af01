/**
 * Decides whether the caller may do what the row says, and hands on the rows it looked at. Order
 * (custom-domain.md 2.6): the caller's kind, then the bucket, then the Referer, then policies,
 * ownership and ACLs (access-control.md 3).
 */

import type { Caller } from '../auth/index.ts';
import {
  type Bucket,
  checkObjectKey,
  type DeleteMarker,
  isBucketName,
  type StoredObject,
} from '../buckets/index.ts';
import { OssError, refine } from '../errors/index.ts';
import type { HttpRequest } from '../http/index.ts';
import type { AccessClass, Verdict } from '../rights/index.ts';
import { actionOnVersion } from './actions.ts';
import { queryValue } from './context.ts';
import { findAsked } from './object/version-id.ts';
import { checkReferer } from './referer.ts';
import { type BucketAction, type Rights, serviceOf } from './rights.ts';
import type { Services } from './services.ts';
import { checkTlsVersion } from './tls-version.ts';
import type { Access, Operation, Target } from './types.ts';

export interface Grant {
  readonly bucket: Bucket | undefined;
  readonly object: StoredObject | undefined;
  /** The delete marker that the request names by its version. */
  readonly marker?: DeleteMarker | undefined;
}

export interface Asked {
  readonly operation: Operation;
  readonly target: Target;
  readonly caller: Caller;
  readonly request: HttpRequest;
  readonly services: Services;
  readonly rights: Rights;
}

/** @throws OssError NoSuchBucket, InvalidBucketName, AccessDenied, InvalidObjectName. */
export async function authorise(asked: Asked): Promise<Grant> {
  const { operation, target, caller, request, services } = asked;
  if (target.level === 'service') {
    await authoriseService(asked);
    return { bucket: undefined, object: undefined };
  }
  const bucket = target.mapping?.bucket ?? (await services.buckets.findBucket(target.bucket));
  if (!bucket) return await grantWithoutBucket(asked);
  if (target.mapping && target.mapping.cname.status !== 'Enabled') {
    throw new OssError('AccessDenied', { message: 'The domain is disabled on this server.' });
  }
  await checkTlsVersion(request, operation, bucket, services);
  await checkReferer(request, operation, bucket, caller, services);
  if (operation.access === 'anyone') return { bucket, object: undefined };
  const grant = await grantWithBucket(asked, bucket);
  // After the rights: what a key may be is no secret, but it is the second thing to say.
  if (target.level === 'object') checkObjectKey(target.key);
  return grant;
}

async function authoriseService({ operation, caller, rights }: Asked): Promise<void> {
  if (operation.access === 'anyone') return;
  if (caller.kind === 'anonymous') throw refuseAnonymous();
  const resource = serviceOf(caller);
  // Where it depends on the bucket, the operation leaves out those that are not for the caller.
  if (operation.name === 'ListBuckets') {
    if ((await rights.judgeByBucketTags(operation.action, resource)) !== undefined) return;
  }
  await rights.demandOf(operation.action, resource);
}

async function grantWithoutBucket(asked: Asked): Promise<Grant> {
  const { operation, target, caller } = asked;
  // No bucket can have such a name, whatever is asked of it (oss-protocol.md 1.1).
  if (!isBucketName(target.bucket)) {
    throw new OssError('InvalidBucketName', { fields: { BucketName: target.bucket } });
  }
  if (!operation.mayCreateBucket) {
    throw new OssError('NoSuchBucket', { fields: { BucketName: target.bucket } });
  }
  if (caller.kind === 'anonymous') throw refuseAnonymous();
  await demandOfNewBucket(asked, caller.accountId);
  return { bucket: undefined, object: undefined };
}

/** A bucket to be belongs to the caller's account, and has no policy yet. */
async function demandOfNewBucket(
  { operation, target, rights }: Asked,
  accountId: string,
): Promise<void> {
  const bucket = { name: target.bucket, accountId };
  for (const action of new Set([operation.action, 'oss:PutBucket'])) {
    await rights.demand({ action, bucket, accessClass: 'none' });
  }
}

function refuseAnonymous(): OssError {
  return refine('anonymousForbidden', {
    message: 'Anonymous access is forbidden for this operation.',
  });
}

const classes: Readonly<Partial<Record<Access, AccessClass>>> = {
  'object-read': 'read',
  'object-write': 'write',
};

/** Conditions on the tags of the object count for these, too (access-control.md 2.4). */
const taggings: readonly string[] = ['GetObjectTagging', 'PutObjectTagging', 'DeleteObjectTagging'];

async function grantWithBucket(asked: Asked, bucket: Bucket): Promise<Grant> {
  const { operation, target, caller, request, rights } = asked;
  if (operation.access === 'account') {
    if (caller.kind === 'anonymous') throw refuseAnonymous();
    // PutBucket on another account's bucket has its own answer: BucketAlreadyExists.
    if (caller.accountId !== bucket.accountId) await demandOfNewBucket(asked, caller.accountId);
    else await rights.demand({ action: operation.action, bucket, accessClass: 'none' });
    return { bucket, object: undefined };
  }
  // The root of a website is for everybody; what is served there is asked for by its key.
  if (caller.kind === 'anonymous' && operation.anonymousAct) return { bucket, object: undefined };
  const versionId = queryValue(request, 'versionId');
  const wanted: BucketAction = {
    action: actionOnVersion(operation.action, versionId !== undefined),
    bucket,
    key: target.level === 'object' ? target.key : undefined,
    accessClass: classes[operation.access] ?? 'none',
  };
  if (target.level === 'bucket' && wanted.accessClass === 'write') {
    refuseHopeless(asked, wanted, bucket);
    return { bucket, object: undefined };
  }
  const judgement = await rights.judge(wanted);
  const { services } = asked;
  const isByObject = wanted.accessClass !== 'none' || taggings.includes(operation.name);
  const found = isByObject
    ? await findAsked({ operation, bucket, target, versionId, services })
    : { object: undefined };
  let isByNewTags = false;
  const verdict = judgement(found.object, (key) => {
    isByNewTags ||= key === 'oss:RequestObjectTag';
  });
  // Tags in a document are known once it is read: then the operation asks.
  if (!(isByNewTags && operation.name === 'PutObjectTagging')) demand(asked, wanted, verdict);
  if (request.headers['x-oss-tagging'] !== undefined && wanted.action === 'oss:PutObject') {
    await demandTagging(asked, wanted);
  }
  return { bucket, ...found };
}

function demand({ rights }: Asked, wanted: BucketAction, verdict: Verdict): void {
  if (!verdict.isAllowed) throw rights.refuse(wanted, verdict);
}

/**
 * Operations on many objects at once ask for each (access-control.md 3), once their document is
 * read; for callers of whom it is clear before, none is.
 */
function refuseHopeless({ caller, rights }: Asked, wanted: BucketAction, bucket: Bucket): void {
  const isHopeless =
    caller.kind === 'anonymous' &&
    bucket.acl !== 'public-read-write' &&
    !bucket.documents.includes('policy');
  if (!isHopeless) return;
  throw rights.refuse({ ...wanted, key: '' }, { isAllowed: false, because: 'implicit' });
}

/** Tags along with an upload are a right of their own, with an EC of its own. */
async function demandTagging({ rights }: Asked, upload: BucketAction): Promise<void> {
  const wanted: BucketAction = { ...upload, action: 'oss:PutObjectTagging', accessClass: 'none' };
  const verdict = (await rights.judge(wanted))(undefined);
  if (verdict.isAllowed) return;
  if (verdict.because !== 'implicit') throw rights.refuse(wanted, verdict);
  const { fields, nested } = rights.refuse(wanted, verdict);
  throw refine('taggingForbidden', { fields, nested });
}
