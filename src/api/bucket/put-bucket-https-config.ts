/**
 * PutBucketHttpsConfig: `PUT /?httpsConfig`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/putbuckethttpsconfig
 *
 * Replaces the whole document; it holds from the next handshake on. One that leaves nothing this
 * server speaks would shut the bucket's domains and is refused.
 */
import { tlsRestrictionOf } from '../../buckets/index.ts';
import type { HttpResponse } from '../../http/index.ts';
import { emptyAnswer } from '../answers.ts';
import { bucketOf } from '../context.ts';
import { invalidArgument, readDocument } from '../document.ts';
import type { OperationContext } from '../types.ts';
import { parseHttps } from './https-document.ts';

export async function putBucketHttpsConfig(context: OperationContext): Promise<HttpResponse> {
  const { documents, settings } = context.services;
  const document = parseHttps(await readDocument(context, 'HttpsConfiguration'));
  const restriction = tlsRestrictionOf(document);
  if (restriction !== undefined && !settings.canSpeak(restriction)) {
    const why = 'This server speaks none of the versions with none of the suites.';
    throw invalidArgument('HttpsConfiguration', document.versions.join(','), why);
  }
  await documents.put(bucketOf(context), 'https', document);
  return emptyAnswer(200);
}
