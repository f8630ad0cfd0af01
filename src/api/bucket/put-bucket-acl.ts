/**
 * PutBucketAcl: `PUT /?acl` with `x-oss-acl`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/putbucketacl
 *
 * A missing bucket is created (ali-oss tests it).
 */
import type { HttpResponse } from '../../http/index.ts';
import { emptyAnswer } from '../answers.ts';
import { actorOf } from '../context.ts';
import type { OperationContext } from '../types.ts';
import { readBucketAcl, refuseBucketAcl } from './bucket-acl.ts';

export async function putBucketAcl(context: OperationContext): Promise<HttpResponse> {
  const { bucket, request, services, target } = context;
  const acl = readBucketAcl(request);
  if (acl === undefined) throw refuseBucketAcl('');
  if (bucket !== undefined) {
    await services.buckets.setBucketAcl(bucket, acl);
  } else {
    await services.buckets.putBucket({
      name: target.bucket,
      accountId: actorOf(context).accountId,
      acl,
      storageClass: undefined,
      redundancy: undefined,
    });
  }
  return emptyAnswer(200);
}
