/**
 * PutBucketVersioning: `PUT /?versioning`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/putbucketversioning
 *
 * Once it has versions, a bucket can only suspend them (oss-semantics.md 1.1).
 */
import type { HttpResponse } from '../../http/index.ts';
import { emptyAnswer } from '../answers.ts';
import { requiredWord } from '../configuration/reading.ts';
import { bucketOf } from '../context.ts';
import { readDocument } from '../document.ts';
import type { OperationContext } from '../types.ts';

export async function putBucketVersioning(context: OperationContext): Promise<HttpResponse> {
  const root = await readDocument(context, 'VersioningConfiguration');
  const versioning = requiredWord(root, 'Status', ['Enabled', 'Suspended']);
  await context.services.buckets.setVersioning(bucketOf(context), versioning);
  return emptyAnswer(200);
}
