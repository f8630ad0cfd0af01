/**
 * GetBucketPolicy: `GET /?policy`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/getbucketpolicy
 */
import { OssError } from '../../errors/index.ts';
import type { HttpResponse } from '../../http/index.ts';
import { bucketOf } from '../context.ts';
import type { OperationContext } from '../types.ts';

export async function getBucketPolicy(context: OperationContext): Promise<HttpResponse> {
  const bucket = bucketOf(context);
  const document = await context.services.documents.find(bucket, 'policy');
  if (document === undefined) {
    throw new OssError('NoSuchBucketPolicy', { fields: { BucketName: bucket.name } });
  }
  return {
    status: 200,
    headers: { 'Content-Type': 'application/json' },
    body: { kind: 'bytes', bytes: Buffer.from(document.text, 'utf8') },
  };
}
