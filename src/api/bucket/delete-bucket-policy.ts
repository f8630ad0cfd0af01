/**
 * DeleteBucketPolicy: `DELETE /?policy`; no error when there is none
 * https://www.alibabacloud.com/help/en/oss/developer-reference/deletebucketpolicy
 */
import type { HttpResponse } from '../../http/index.ts';
import { emptyAnswer } from '../answers.ts';
import { bucketOf } from '../context.ts';
import type { OperationContext } from '../types.ts';

export async function deleteBucketPolicy(context: OperationContext): Promise<HttpResponse> {
  await context.services.documents.remove(bucketOf(context), 'policy');
  return emptyAnswer(204);
}
