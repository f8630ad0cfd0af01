/**
 * GetBucketWebsite: `GET /?website`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/getbucketwebsite
 */
import { OssError } from '../../errors/index.ts';
import type { HttpResponse } from '../../http/index.ts';
import { xmlAnswer } from '../answers.ts';
import { bucketOf } from '../context.ts';
import type { OperationContext } from '../types.ts';
import { renderWebsite } from './website-document.ts';

export async function getBucketWebsite(context: OperationContext): Promise<HttpResponse> {
  const bucket = bucketOf(context);
  const document = await context.services.documents.find(bucket, 'website');
  if (document === undefined) {
    throw new OssError('NoSuchWebsiteConfiguration', { fields: { BucketName: bucket.name } });
  }
  return xmlAnswer(renderWebsite(document));
}
