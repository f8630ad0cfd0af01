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
import { parseWebsite } from './website-document.ts';

export async function putBucketWebsite(context: OperationContext): Promise<HttpResponse> {
  const document = parseWebsite(await readDocument(context, 'WebsiteConfiguration'));
  await context.services.documents.put(bucketOf(context), 'website', document);
  return emptyAnswer(200);
}
