/**
 * DeleteBucket: `DELETE /`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/deletebucket
 *
 * Only an empty bucket goes. Its mapped domains go with it in the same step, each with an audit
 * record: nobody may be left with a domain that points nowhere and cannot be claimed
 * (security.md 3.4).
 */
import type { HttpResponse } from '../../http/index.ts';
import { emptyAnswer } from '../answers.ts';
import { actorOf, bucketOf } from '../context.ts';
import type { OperationContext } from '../types.ts';

export async function deleteBucket(context: OperationContext): Promise<HttpResponse> {
  await context.services.buckets.deleteBucket(bucketOf(context), actorOf(context));
  return emptyAnswer(204);
}
