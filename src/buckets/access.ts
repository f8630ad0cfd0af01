import type { Bucket, StoredObject } from '../stores/index.ts';

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
  return object === undefined || object.acl === 'default' ? bucket.acl : object.acl;
}
