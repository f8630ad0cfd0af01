/**
 * PutObjectTagging: `PUT /key?tagging`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/putobjecttagging
 *
 * Replaces the tags of the object or of a version; its Last-Modified stays.
 */
import type { HttpResponse } from '../../http/index.ts';
import { actionOnVersion } from '../actions.ts';
import { emptyAnswer } from '../answers.ts';
import { bucketOf, queryValue } from '../context.ts';
import { readDocument } from '../document.ts';
import type { OperationContext } from '../types.ts';
import { type ObjectTags, parseTagging } from './object-tags.ts';
import { objectAsked, versionHeader } from './version-id.ts';

export async function putObjectTagging(context: OperationContext): Promise<HttpResponse> {
  const tags = parseTagging(await readDocument(context, 'Tagging'));
  await demandTags(context, tags);
  return emptyAnswer(200, await replaceTags(context, tags));
}

/** Conditions on the new tags (`oss:RequestObjectTag`) could not be looked at before. */
async function demandTags(context: OperationContext, requestTags: ObjectTags): Promise<void> {
  const { operation, request, target } = context;
  const action = actionOnVersion(operation.action, queryValue(request, 'versionId') !== undefined);
  const tagged = { action, bucket: bucketOf(context), key: target.key, requestTags };
  await context.rights.demand({ ...tagged, accessClass: 'none' }, context.object);
}

/** The headers of the answer: which version it was. */
export async function replaceTags(
  context: OperationContext,
  tags: ObjectTags,
): Promise<Record<string, string>> {
  const { services, target } = context;
  const { versionId } = await objectAsked(context);
  const change = { extras: { tags: tags.length === 0 ? null : tags } };
  await services.objects.changeObject(bucketOf(context), target.key, { versionId, change });
  return versionHeader(context, versionId);
}
