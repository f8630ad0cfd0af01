/**
 * GetObject: `GET /key`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/getobject
 *
 * 200 with the content, 206 with a part of it, 304 when a condition says the client has it. Where
 * the bucket has a website document, everything goes through it, whoever asks: only the root
 * differs for signed requests (oss-semantics.md 0).
 */
import { noSuchKey } from '../../buckets/index.ts';
import type { HttpResponse } from '../../http/index.ts';
import { bucketOf } from '../context.ts';
import type { OperationContext } from '../types.ts';
import { answerWithObject, readOverrides } from './read-answer.ts';
import { checkReadRequest } from './request-options.ts';
import { checkVersionAsked } from './version-id.ts';
import { answerThroughWebsite } from './website-answer.ts';

export async function getObject(context: OperationContext): Promise<HttpResponse> {
  const { object, request, services, target } = context;
  checkReadRequest(request);
  checkVersionAsked(request);
  // Before the lookup: what is wrong with the question does not depend on the answer.
  readOverrides(context);
  // Who asks for the version `null` asks for an object, not for a page (oss-semantics.md 4.2).
  const isVersionAsked = request.query.some(({ name }) => name === 'versionId');
  const document = isVersionAsked
    ? undefined
    : await services.documents.find(bucketOf(context), 'website');
  if (document !== undefined) {
    return await answerThroughWebsite(context, document, target.key, object);
  }
  if (object === undefined) throw noSuchKey(target.key);
  return await answerWithObject(context, target.key, object);
}
