import { OssError } from '../errors/index.ts';
import type { Bucket, BucketAcl, ObjectAcl, StoredObject } from '../stores/index.ts';

/**
 * The ACL that counts: the object's own, unless it is `default` or there is no such object, then
 * the bucket's (oss-protocol.md 4). What it grants is said in the room `rights`.
 */
export function effectiveAcl(bucket: Bucket, object: StoredObject | undefined): BucketAcl {
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
