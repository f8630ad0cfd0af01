/**
 * The values that conditions of policies compare, read from the request (access-control.md 2.4).
 */
import type { Caller } from '../auth/index.ts';
import type { HttpRequest } from '../http/index.ts';
import type { ConditionKeys } from '../rights/index.ts';

/** Only these have a prefix; with them an absent one is an empty one. */
const listings: readonly string[] = ['oss:ListObjects', 'oss:ListObjectVersions'];
const bucketAclWrites: readonly string[] = ['oss:PutBucketAcl', 'oss:PutBucket'];
const objectAclWrites: readonly string[] = [
  'oss:PutObject',
  'oss:PutObjectAcl',
  'oss:PutObjectVersionAcl',
];

/** Of one action of the request: what it says of another is no value of it. */
export function conditionKeys(request: HttpRequest, caller: Caller, action: string): ConditionKeys {
  return (key, tag) => {
    switch (key) {
      case 'acs:SourceIp':
        return request.remoteAddress;
      case 'acs:SourceVpc':
        // Outside of every VPC, which is where everybody is here, the value is empty.
        return '';
      case 'acs:SourceVpcId':
      case 'acs:SourceVpcIp':
        return undefined;
      case 'acs:UserAgent':
        return request.headers['user-agent'];
      case 'acs:CurrentTime':
        return new Date(request.receivedAt).toISOString();
      case 'acs:SecureTransport':
        return String(request.isSecure);
      case 'acs:AccessId':
        return caller.kind === 'anonymous' ? undefined : caller.accessKeyId;
      case 'acs:MFAPresent':
        return 'false';
      case 'oss:Prefix':
        return listings.includes(action) ? (queryValue(request, 'prefix') ?? '') : undefined;
      case 'oss:Delimiter':
        return listings.includes(action) ? (queryValue(request, 'delimiter') ?? '') : undefined;
      case 'oss:x-oss-acl':
        return bucketAclWrites.includes(action) ? request.headers['x-oss-acl'] : undefined;
      case 'oss:x-oss-object-acl':
        return objectAclWrites.includes(action) ? request.headers['x-oss-object-acl'] : undefined;
      case 'oss:RequestObjectTag':
        return requestTag(request, tag);
      // Neither buckets nor objects have tags in this release.
      case 'oss:BucketTag':
      case 'oss:ExistingObjectTag':
        return undefined;
    }
  };
}

function queryValue({ query }: HttpRequest, name: string): string | undefined {
  return query.find((parameter) => parameter.name === name)?.value;
}

function requestTag({ headers }: HttpRequest, tag: string): string | undefined {
  const tagging = headers['x-oss-tagging'];
  return tagging === undefined ? undefined : (new URLSearchParams(tagging).get(tag) ?? undefined);
}
