/**
 * DeleteObjectTagging: `DELETE /key?tagging`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/deleteobjecttagging
 *
 * 204 also where there were none.
 */
import type { HttpResponse } from '../../http/index.ts';
import { emptyAnswer } from '../answers.ts';
import type { OperationContext } from '../types.ts';
import { replaceTags } from './put-object-tagging.ts';

export async function deleteObjectTagging(context: OperationContext): Promise<HttpResponse> {
  return emptyAnswer(204, await replaceTags(context, []));
}
