import type { Bucket, BucketAcl, StoredObject } from '../stores/index.ts';

/**
 * The ACL that counts: the object's own, unless it is `default` or there is no such object, then
 * the bucket's (oss-protocol.md 4). What it grants is said in the room `rights`.
 */
export function effectiveAcl(bucket: Bucket, object: StoredObject | undefined): BucketAcl {
  return object === undefined || object.acl === 'default' ? bucket.acl : object.acl;
}

/**
 * Block Public Access of the bucket (access-control.md 4). The document is only there while the
 * block is on, so the bucket's row tells.
 */
export function isPublicAccessBlocked({ documents }: Bucket): boolean {
  return documents.includes('public-access-block');
}
