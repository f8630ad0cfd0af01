/**
 * GetObject: `GET /key`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/getobject
 *
 * 200 with the content, 206 with a part of it, 304 when a condition says the client has it. Where
 * the bucket has a website document, everything goes through it, whoever asks: only the root
 * differs for signed requests (oss-semantics.md 0).
 */
import type { HttpResponse } from '../../http/index.ts';
import { bucketOf } from '../context.ts';
import type { OperationContext } from '../types.ts';
import { readTrafficLimit } from './pace.ts';
import { answerProcessed, processAsked } from './process-object.ts';
import { answerWithObject, readOverrides } from './read-answer.ts';
import { noCurrentObject, objectAsked, readVersionId } from './version-id.ts';
import { answerThroughWebsite } from './website-answer.ts';

export async function getObject(context: OperationContext): Promise<HttpResponse> {
  const { object, request, services, target } = context;
  readTrafficLimit(request);
  const versionId = readVersionId(request);
  // Before the lookup: what is wrong with the question does not depend on the answer.
  readOverrides(context);
  // Who asks for a process asks for an object, not for a page (oss-semantics.md 4.2).
  const process = processAsked(context);
  if (process !== undefined) return await answerProcessed(context, process);
  // Who asks for a version asks for an object, not for a page (oss-semantics.md 4.2).
  if (versionId !== undefined) {
    return await answerWithObject(context, target.key, object ?? (await objectAsked(context)));
  }
  const document = await services.documents.find(bucketOf(context), 'website');
  if (document !== undefined) {
    return await answerThroughWebsite(context, document, target.key, object);
  }
  if (object === undefined) throw await noCurrentObject(context);
  return await answerWithObject(context, target.key, object);
}
