/**
 * Decides whether the caller may do what the row says, and hands on the rows it looked at. Order
 * (custom-domain.md 2.6): the caller's kind, then the bucket, then the Referer, then ownership or
 * ACL.
 */
import type { Caller } from '../auth/index.ts';
import {
  type Bucket,
  checkObjectKey,
  type DeleteMarker,
  isBucketName,
  mayReadObject,
  mayWriteObject,
  type StoredObject,
} from '../buckets/index.ts';
import { OssError, refine } from '../errors/index.ts';
import type { HttpRequest } from '../http/index.ts';
import { queryValue } from './context.ts';
import { findAsked } from './object/version-id.ts';
import { checkReferer } from './referer.ts';
import type { Services } from './services.ts';
import { checkTlsVersion } from './tls-version.ts';
import type { Operation, Target } from './types.ts';

export interface Grant {
  readonly bucket: Bucket | undefined;
  readonly object: StoredObject | undefined;
  /** The delete marker that the request names by its version. */
  readonly marker?: DeleteMarker | undefined;
}

/** @throws OssError NoSuchBucket, InvalidBucketName, AccessDenied, InvalidObjectName. */
export async function authorise(
  operation: Operation,
  request: HttpRequest,
  target: Target,
  caller: Caller,
  services: Services,
): Promise<Grant> {
  if (target.level === 'service') {
    if (operation.access !== 'anyone' && caller.kind === 'anonymous') {
      throw refuseAnonymous();
    }
    return { bucket: undefined, object: undefined };
  }
  const bucket = target.mapping?.bucket ?? (await services.buckets.findBucket(target.bucket));
  if (!bucket) return grantWithoutBucket(operation, target, caller);
  if (target.mapping && target.mapping.cname.status !== 'Enabled') {
    throw new OssError('AccessDenied', { message: 'The domain is disabled on this server.' });
  }
  await checkTlsVersion(request, operation, bucket, services);
  await checkReferer(request, operation, bucket, caller, services);
  if (operation.access === 'anyone') return { bucket, object: undefined };
  const versionId = queryValue(request, 'versionId');
  const grant = await grantWithBucket(operation, bucket, target, caller, services, versionId);
  // After the rights: what a key may be is no secret, but it is the second thing to say.
  if (target.level === 'object') checkObjectKey(target.key);
  return grant;
}

async function grantWithBucket(
  operation: Operation,
  bucket: Bucket,
  target: Target,
  caller: Caller,
  services: Services,
  versionId: string | undefined,
): Promise<Grant> {
  if (operation.access === 'account' || operation.access === 'owner') {
    checkOwner(operation, bucket, caller);
    return { bucket, object: undefined };
  }
  return await checkObjectAccess(operation, bucket, target, caller, services, versionId);
}

function grantWithoutBucket(operation: Operation, target: Target, caller: Caller): Grant {
  // No bucket can have such a name, whatever is asked of it (oss-protocol.md 1.1).
  if (!isBucketName(target.bucket)) {
    throw new OssError('InvalidBucketName', { fields: { BucketName: target.bucket } });
  }
  if (!operation.mayCreateBucket) {
    throw new OssError('NoSuchBucket', { fields: { BucketName: target.bucket } });
  }
  if (caller.kind === 'anonymous') throw refuseAnonymous();
  return { bucket: undefined, object: undefined };
}

function refuseAnonymous(): OssError {
  return refine('bucketForbidden', {
    message: 'Anonymous access is forbidden for this operation.',
  });
}

/** The one kind of documents whose refusal has an EC of its own (oss-signature.md 7). */
const aclReads: readonly string[] = ['oss:GetBucketAcl', 'oss:GetObjectAcl'];

function checkOwner(operation: Operation, bucket: Bucket, caller: Caller): void {
  if (caller.kind === 'account' && caller.accountId === bucket.accountId) return;
  // PutBucket on another account's bucket has its own answer: BucketAlreadyExists.
  if (caller.kind === 'account' && operation.access === 'account') return;
  if (caller.kind === 'anonymous' && operation.anonymousAct) return;
  throw refine(aclReads.includes(operation.action) ? 'aclForbidden' : 'bucketForbidden', {
    message:
      caller.kind === 'anonymous'
        ? 'Anonymous user has no right to access this bucket.'
        : 'You have no right to access this bucket: it belongs to another account.',
    fields: { BucketName: bucket.name },
  });
}

async function checkObjectAccess(
  operation: Operation,
  bucket: Bucket,
  target: Target,
  caller: Caller,
  services: Services,
  versionId: string | undefined,
): Promise<Grant> {
  const callerId = caller.kind === 'account' ? caller.accountId : undefined;
  const { object, marker } = await findAsked({ operation, bucket, target, versionId, services });
  const isAllowed =
    operation.access === 'object-read'
      ? mayReadObject(bucket, object, callerId)
      : mayWriteObject(bucket, object, callerId);
  if (!isAllowed) {
    throw new OssError('AccessDenied', {
      message:
        object && object.acl !== 'default'
          ? 'You have no right to access this object.'
          : 'You have no right to access this object because of bucket acl.',
      fields: { BucketName: bucket.name },
    });
  }
  return { bucket, object, marker };
}
