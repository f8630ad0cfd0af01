/** What a website document makes of a GET or HEAD, as an answer (oss-semantics.md 4). */
import {
  type Bucket,
  noSuchKey,
  resolveWebsite,
  type StoredObject,
  type WebsiteAnswer,
  type WebsiteDocument,
} from '../../buckets/index.ts';
import { catalogue } from '../../errors/index.ts';
import type { HttpResponse } from '../../http/index.ts';
import { emptyAnswer, encodePath } from '../answers.ts';
import { bucketOf } from '../context.ts';
import type { BucketAction } from '../rights.ts';
import type { OperationContext } from '../types.ts';
import { answerWithObject, contentBody, readOverrides, storedHeaders } from './read-answer.ts';

/**
 * Serves `key`, which no object stands under, through the website document; the empty key is the
 * root. A website document never grants access: the ACL of the served object decides.
 * @throws OssError NoSuchKey, AccessDenied, and those of reading an object.
 */
export async function answerThroughWebsite(
  context: OperationContext,
  document: WebsiteDocument,
  key: string,
): Promise<HttpResponse> {
  const bucket = bucketOf(context);
  const { objects } = context.services;
  // Anonymous overrides are refused whatever is found, the error document included.
  readOverrides(context);
  const find = (wanted: string): Promise<StoredObject | undefined> =>
    objects.findServedObject(bucket, wanted);
  const answer = await resolveWebsite(document, key, undefined, find);
  switch (answer.kind) {
    case 'object': {
      const { found } = answer;
      await context.rights.demand(readingOf(bucket, found.key), found.object);
      return await answerWithObject(context, found.key, found.object);
    }
    case 'redirect':
      return emptyAnswer(302, { Location: folderLocation(context, answer.key) });
    case 'missing':
      return await answerMissing(context, answer);
  }
}

/** The right to the object that is served, not to the one that was asked for. */
function readingOf(bucket: Bucket, key: string): BucketAction {
  return { action: 'oss:GetObject', bucket, key, accessClass: 'read' };
}

/**
 * Scheme and host are the client's own, so the location names neither (custom-domain.md 8.3); the
 * query goes along.
 */
function folderLocation({ request, target }: OperationContext, key: string): string {
  const bucketPath = target.addressing === 'path' ? `/${target.bucket}` : '';
  const query = request.rawQuery === '' ? '' : `?${request.rawQuery}`;
  return `${bucketPath}/${encodePath(key)}${query}`;
}

/**
 * Body and stored headers of the error document; no conditions, no ranges (oss-semantics.md 4.2).
 */
async function answerMissing(
  context: OperationContext,
  { key, errorDocument }: Extract<WebsiteAnswer, { kind: 'missing' }>,
): Promise<HttpResponse> {
  if (errorDocument === undefined) throw noSuchKey(key);
  const judgement = await context.rights.judge(readingOf(bucketOf(context), errorDocument.key));
  if (!judgement(errorDocument.object).isAllowed) throw noSuchKey(key);
  const { object, status } = errorDocument;
  const cause = { 'x-oss-ec': catalogue.NoSuchKey.ec };
  if (context.request.method === 'HEAD') {
    const headers = { ...storedHeaders(object), ...cause };
    return { status, headers, body: { kind: 'none' }, headLength: object.size };
  }
  const bucket = bucketOf(context);
  const opened = await context.services.objects.openObject(bucket, errorDocument.key, object);
  return {
    status,
    headers: { ...storedHeaders(opened.object), ...cause },
    body: contentBody(opened.content, 0, opened.object.size),
  };
}
