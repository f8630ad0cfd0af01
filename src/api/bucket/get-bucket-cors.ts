/**
 * GetBucketCors: `GET /?cors`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/getbucketcors
 */
import { OssError } from '../../errors/index.ts';
import type { HttpResponse } from '../../http/index.ts';
import { xmlAnswer } from '../answers.ts';
import { bucketOf } from '../context.ts';
import type { OperationContext } from '../types.ts';
import { renderCors } from './cors-document.ts';

export async function getBucketCors(context: OperationContext): Promise<HttpResponse> {
  const bucket = bucketOf(context);
  const document = await context.services.documents.find(bucket, 'cors');
  if (document === undefined) {
    throw new OssError('NoSuchCORSConfiguration', { fields: { BucketName: bucket.name } });
  }
  return xmlAnswer(renderCors(document));
}
