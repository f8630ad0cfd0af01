/**
 * DeleteBucketWebsite: `DELETE /?website`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/deletebucketwebsite
 *
 * 204 also when there was none.
 */
import type { HttpResponse } from '../../http/index.ts';
import { emptyAnswer } from '../answers.ts';
import { bucketOf } from '../context.ts';
import type { OperationContext } from '../types.ts';

export async function deleteBucketWebsite(context: OperationContext): Promise<HttpResponse> {
  await context.services.documents.remove(bucketOf(context), 'website');
  return emptyAnswer(204);
}
