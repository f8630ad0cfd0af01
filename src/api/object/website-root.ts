/**
 * The root of a bucket for callers without a signature: the index document of its website
 * (https://www.alibabacloud.com/help/en/oss/developer-reference/putbucketwebsite). A signed GET of
 * the root is ListObjects.
 */
import { refine } from '../../errors/index.ts';
import type { HttpResponse } from '../../http/index.ts';
import { bucketOf } from '../context.ts';
import type { OperationContext } from '../types.ts';
import { answerByRule, answerRefusal, answerThroughWebsite } from './website-answer.ts';

/** @throws OssError AccessDenied when the bucket has no index document, and those of reading. */
export async function serveWebsiteRoot(context: OperationContext): Promise<HttpResponse> {
  const bucket = bucketOf(context);
  const document = await context.services.documents.find(bucket, 'website');
  if (document?.index !== undefined) {
    return await answerThroughWebsite(context, document, '', undefined);
  }
  const who =
    context.caller.kind === 'anonymous'
      ? 'Anonymous user has no right to list objects'
      : 'HEAD asks for the index document of a website';
  // People meet this as "my domain does not work" (custom-domain.md 8.2): say what to do.
  const refusal = refine('bucketForbidden', {
    message:
      `${who} here, and no website is configured: ` +
      'set an index document with PutBucketWebsite to serve a page here.',
    fields: { BucketName: bucket.name },
  });
  if (document === undefined) throw refusal;
  const early = await answerByRule(context, document, '', undefined);
  return early ?? (await answerRefusal(context, document, '', refusal));
}
