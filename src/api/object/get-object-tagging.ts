/**
 * GetObjectTagging: `GET /key?tagging`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/getobjecttagging
 *
 * An object without tags has an empty set of them.
 */
import type { HttpResponse } from '../../http/index.ts';
import { xmlAnswer } from '../answers.ts';
import type { OperationContext } from '../types.ts';
import { taggingElement } from './object-tags.ts';
import { objectAsked, versionHeader } from './version-id.ts';

export async function getObjectTagging(context: OperationContext): Promise<HttpResponse> {
  const { extras, versionId } = await objectAsked(context);
  return xmlAnswer(taggingElement(extras.tags ?? []), versionHeader(context, versionId));
}
