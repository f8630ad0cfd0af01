import { OssError } from '../errors/index.ts';
import type { Bucket, BucketAcl, ObjectAcl, StoredObject } from '../stores/index.ts';

/** What an ACL grants to everybody, with or without a signature. */
const grants = {
  private: { read: false, write: false },
  'public-read': { read: true, write: false },
  'public-read-write': { read: true, write: true },
} as const;

/**
 * oss-protocol.md 4: the bucket's owner always may; for others the ACL of the object decides unless
 * it is `default` or there is no such object, then the ACL of the bucket.
 */
export function mayReadObject(
  bucket: Bucket,
  object: StoredObject | undefined,
  callerAccountId: string | undefined,
): boolean {
  return callerAccountId === bucket.accountId || grants[effectiveAcl(bucket, object)].read;
}

/** The same for writing, replacing and deleting. */
export function mayWriteObject(
  bucket: Bucket,
  object: StoredObject | undefined,
  callerAccountId: string | undefined,
): boolean {
  return callerAccountId === bucket.accountId || grants[effectiveAcl(bucket, object)].write;
}

function effectiveAcl(bucket: Bucket, object: StoredObject | undefined): keyof typeof grants {
  if (isPublicAccessBlocked(bucket)) return 'private';
  return object === undefined || object.acl === 'default' ? bucket.acl : object.acl;
}

/**
 * Block Public Access of the bucket or of its account (access-control.md 4): public ACLs grant
 * nothing. Either document is only there while the block is on, so the bucket's row tells.
 */
export function isPublicAccessBlocked({ documents }: Bucket): boolean {
  return documents.includes('public-access-block') || documents.includes('account-access-block');
}

export function isPublicAcl(acl: BucketAcl | ObjectAcl | undefined): boolean {
  return acl === 'public-read' || acl === 'public-read-write';
}

/** @throws OssError AccessDenied when the ACL is public and public access is blocked. */
export function checkAclAllowed(
  bucket: Bucket,
  what: 'bucket' | 'object',
  acl: BucketAcl | ObjectAcl | undefined,
): void {
  if (isPublicAcl(acl) && isPublicAccessBlocked(bucket)) throw publicAclRefused(what);
}

/** Wording of the service for buckets; for objects by analogy. */
export function publicAclRefused(what: 'bucket' | 'object'): OssError {
  return new OssError('AccessDenied', { message: `Put public ${what} acl is not allowed` });
}
