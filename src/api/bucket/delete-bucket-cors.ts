/**
 * DeleteBucketCors: `DELETE /?cors`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/deletebucketcors
 *
 * 204 also when there was none.
 */
import type { HttpResponse } from '../../http/index.ts';
import { emptyAnswer } from '../answers.ts';
import { bucketOf } from '../context.ts';
import type { OperationContext } from '../types.ts';

export async function deleteBucketCors(context: OperationContext): Promise<HttpResponse> {
  await context.services.documents.remove(bucketOf(context), 'cors');
  return emptyAnswer(204);
}
