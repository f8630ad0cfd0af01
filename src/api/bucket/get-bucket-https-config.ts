/**
 * GetBucketHttpsConfig: `GET /?httpsConfig`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/getbuckethttpsconfig
 *
 * A bucket that has none shows that nothing is restricted.
 */
import type { HttpResponse } from '../../http/index.ts';
import { xmlAnswer } from '../answers.ts';
import { bucketOf } from '../context.ts';
import type { OperationContext } from '../types.ts';
import { renderHttps } from './https-document.ts';

export async function getBucketHttpsConfig(context: OperationContext): Promise<HttpResponse> {
  const document = await context.services.documents.find(bucketOf(context), 'https');
  return xmlAnswer(renderHttps(document ?? { versions: [] }));
}
