import type { BucketAcl } from '../../buckets/index.ts';
import type { HttpRequest } from '../../http/index.ts';
import { invalidArgument } from '../document.ts';

const acls: readonly string[] = ['private', 'public-read', 'public-read-write'];

/** The header x-oss-acl; `undefined` when it is not there. @throws OssError InvalidArgument. */
export function readBucketAcl({ headers }: HttpRequest): BucketAcl | undefined {
  const value = headers['x-oss-acl'];
  if (value === undefined) return undefined;
  if (acls.includes(value)) return value as BucketAcl;
  throw refuseBucketAcl(value);
}

export function refuseBucketAcl(value: string): Error {
  return invalidArgument('x-oss-acl', value, 'no such bucket access control exists');
}
