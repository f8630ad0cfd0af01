/**
 * PutBucketReferer: `PUT /?referer`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/putbucketreferer
 *
 * Replaces the whole document; clients delete it by putting the default.
 */
import type { HttpResponse } from '../../http/index.ts';
import { emptyAnswer } from '../answers.ts';
import { bucketOf } from '../context.ts';
import { readDocument } from '../document.ts';
import type { OperationContext } from '../types.ts';
import { parseReferer, refererElementsMax } from './referer-document.ts';

export async function putBucketReferer(context: OperationContext): Promise<HttpResponse> {
  const root = await readDocument(context, 'RefererConfiguration', {
    elementsMax: refererElementsMax,
  });
  await context.services.documents.put(bucketOf(context), 'referer', parseReferer(root));
  return emptyAnswer(200);
}
