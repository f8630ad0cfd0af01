/**
 * GetBucketReferer: `GET /?referer`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/getbucketreferer
 *
 * A bucket that has none shows the default, which lets everybody in.
 */
import { refererByDefault } from '../../buckets/index.ts';
import type { HttpResponse } from '../../http/index.ts';
import { xmlAnswer } from '../answers.ts';
import { bucketOf } from '../context.ts';
import type { OperationContext } from '../types.ts';
import { renderReferer } from './referer-document.ts';

export async function getBucketReferer(context: OperationContext): Promise<HttpResponse> {
  const document = await context.services.documents.find(bucketOf(context), 'referer');
  return xmlAnswer(renderReferer(document ?? refererByDefault));
}
