/**
 * DeleteObject: `DELETE /key`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/deleteobject
 *
 * 204 whether or not there was one. Where there are versions, a delete marker comes on top, unless
 * the request names the version that is to go for good (oss-semantics.md 1.2).
 */
import { OssError } from '../../errors/index.ts';
import type { HttpResponse } from '../../http/index.ts';
import { emptyAnswer } from '../answers.ts';
import { bucketOf } from '../context.ts';
import type { OperationContext } from '../types.ts';
import { markerHeaders, readVersionId, versionHeader } from './version-id.ts';
import { findProtectedSince } from './write-guards.ts';

export async function deleteObject(context: OperationContext): Promise<HttpResponse> {
  const { request, services, target } = context;
  const versionId = readVersionId(request);
  const deletions = [{ key: target.key, versionId }];
  const since = await findProtectedSince(context);
  const [result] = await services.objects.deleteObjects(bucketOf(context), deletions, since);
  if (result?.isProtected === true) throw new OssError('FileImmutable');
  if (result?.removed === 'object') context.notes.deltaBytes = -(context.object?.size ?? 0);
  if (result?.markerId !== undefined) return emptyAnswer(204, markerHeaders(result.markerId));
  return emptyAnswer(204, {
    ...versionHeader(context, versionId),
    ...(result?.removed === 'marker' ? { 'x-oss-delete-marker': 'true' } : {}),
  });
}
