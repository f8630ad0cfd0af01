/**
 * PutBucketWebsite: `PUT /?website`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/putbucketwebsite
 *
 * Replaces the whole document.
 */
import type { HttpResponse } from '../../http/index.ts';
import { emptyAnswer } from '../answers.ts';
import { bucketOf } from '../context.ts';
import { readDocument } from '../document.ts';
import type { OperationContext } from '../types.ts';
import { parseWebsite, websiteElementsMax } from './website-document.ts';

export async function putBucketWebsite(context: OperationContext): Promise<HttpResponse> {
  const root = await readDocument(context, 'WebsiteConfiguration', {
    elementsMax: websiteElementsMax,
  });
  await context.services.documents.put(bucketOf(context), 'website', parseWebsite(root));
  return emptyAnswer(200);
}
