/**
 * PutBucketCors: `PUT /?cors`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/putbucketcors
 *
 * Replaces the whole document.
 */
import type { HttpResponse } from '../../http/index.ts';
import { emptyAnswer } from '../answers.ts';
import { bucketOf } from '../context.ts';
import { readDocument } from '../document.ts';
import type { OperationContext } from '../types.ts';
import { parseCors } from './cors-document.ts';

export async function putBucketCors(context: OperationContext): Promise<HttpResponse> {
  const document = parseCors(await readDocument(context, 'CORSConfiguration'));
  await context.services.documents.put(bucketOf(context), 'cors', document);
  return emptyAnswer(200);
}
