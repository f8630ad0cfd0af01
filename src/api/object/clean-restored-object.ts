/**
 * CleanRestoredObject: `POST /key?cleanRestoredObject`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/cleanrestoredobject
 *
 * An object that was restored is archived again before its time.
 */
import { checkCleanable } from '../../buckets/index.ts';
import type { HttpResponse } from '../../http/index.ts';
import { emptyAnswer } from '../answers.ts';
import { bucketOf } from '../context.ts';
import type { OperationContext } from '../types.ts';
import { objectAsked, versionHeader } from './version-id.ts';

export async function cleanRestoredObject(context: OperationContext): Promise<HttpResponse> {
  const { services, target } = context;
  const object = await objectAsked(context);
  checkCleanable(object, services.world.clock.now());
  const { versionId } = object;
  const change = { extras: { restore: null } };
  await services.objects.changeObject(bucketOf(context), target.key, { versionId, change });
  return emptyAnswer(200, versionHeader(context, versionId));
}
