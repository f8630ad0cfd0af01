/**
 * The values that conditions of policies compare, read from the request (access-control.md 2.4).
 */
import type { Caller } from '../auth/index.ts';
import type { ObjectExtras, Tag } from '../buckets/index.ts';
import type { HttpRequest } from '../http/index.ts';
import { type ConditionKeys, requestKeys } from '../rights/index.ts';

/** Only these have a prefix; with them an absent one is an empty one. */
const listings: readonly string[] = ['oss:ListObjects', 'oss:ListObjectVersions'];
const bucketAclWrites: readonly string[] = ['oss:PutBucketAcl', 'oss:PutBucket'];
const objectAclWrites: readonly string[] = [
  'oss:PutObject',
  'oss:PutObjectAcl',
  'oss:PutObjectVersionAcl',
];

export interface KeyFacts {
  readonly request: HttpRequest;
  readonly caller: Caller;
  readonly action: string;
  readonly bucketTags: readonly Tag[];
  /** Of the request's document; left out: those of its header count. */
  readonly requestTags?: ObjectExtras['tags'];
}

/** Of one action of the request: what it says of another is no value of it. */
export function conditionKeys(facts: KeyFacts): ConditionKeys {
  const { request, caller, action, bucketTags, requestTags } = facts;
  const accessKeyId = caller.kind === 'anonymous' ? undefined : caller.accessKeyId;
  return (key, tag) => {
    switch (key) {
      case 'oss:Prefix':
        return listings.includes(action) ? (queryValue(request, 'prefix') ?? '') : undefined;
      case 'oss:Delimiter':
        return listings.includes(action) ? (queryValue(request, 'delimiter') ?? '') : undefined;
      case 'oss:x-oss-acl':
        return bucketAclWrites.includes(action) ? request.headers['x-oss-acl'] : undefined;
      case 'oss:x-oss-object-acl':
        return objectAclWrites.includes(action) ? request.headers['x-oss-object-acl'] : undefined;
      case 'oss:RequestObjectTag':
        return requestTags === undefined
          ? headerTag(request, tag)
          : requestTags.find(([name]) => name === tag)?.[1];
      case 'oss:BucketTag':
        return bucketTags.find(({ key: name }) => name === tag)?.value;
      default:
        return requestKeys({ ...request, accessKeyId })(key, tag);
    }
  };
}

function queryValue({ query }: HttpRequest, name: string): string | undefined {
  return query.find((parameter) => parameter.name === name)?.value;
}

function headerTag({ headers }: HttpRequest, tag: string): string | undefined {
  const tagging = headers['x-oss-tagging'];
  return tagging === undefined ? undefined : (new URLSearchParams(tagging).get(tag) ?? undefined);
}
