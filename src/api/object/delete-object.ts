/**
 * DeleteObject: `DELETE /key`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/deleteobject
 *
 * 204 whether or not there was one; afterwards there is none.
 */
import type { HttpResponse } from '../../http/index.ts';
import { emptyAnswer } from '../answers.ts';
import { bucketOf } from '../context.ts';
import type { OperationContext } from '../types.ts';

export async function deleteObject(context: OperationContext): Promise<HttpResponse> {
  await context.services.objects.deleteObjects(bucketOf(context), [context.target.key]);
  return emptyAnswer(204);
}
