/**
 * DeleteObject: `DELETE /key`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/deleteobject
 *
 * 204 whether or not there was one; afterwards there is none. A version that never existed is gone
 * already, and the object stays.
 */
import type { HttpResponse } from '../../http/index.ts';
import { emptyAnswer } from '../answers.ts';
import { bucketOf, queryValue } from '../context.ts';
import type { OperationContext } from '../types.ts';
import { isStandingVersion } from './version-id.ts';

export async function deleteObject(context: OperationContext): Promise<HttpResponse> {
  const { request, services, target } = context;
  const id = queryValue(request, 'versionId') ?? 'null';
  if (isStandingVersion(id)) {
    await services.objects.deleteObjects(bucketOf(context), [target.key]);
  }
  return emptyAnswer(204);
}
