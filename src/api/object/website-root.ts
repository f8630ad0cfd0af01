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
  const listing = await listingAllowed(context);
  if (listing !== undefined) return listing;
  const who =
    context.caller.kind === 'anonymous'
      ? 'Anonymous user has no right to list objects'
      : 'HEAD asks for the index document of a website';
  // People meet this as "my domain does not work" (custom-domain.md 8.2): say what to do.
  const refusal = refine('anonymousForbidden', {
    message:
      `${who} here, and no website is configured: ` +
      'set an index document with PutBucketWebsite to serve a page here.',
    fields: { BucketName: bucket.name },
  });
  if (document === undefined) throw refusal;
  const early = await answerByRule(context, document, '', undefined);
  return early ?? (await answerRefusal(context, document, '', refusal));
}

/** A policy may let everybody list the bucket (access-control.md 3); HEAD asks for no list. */
async function listingAllowed(context: OperationContext): Promise<HttpResponse | undefined> {
  const { operation, rights } = context;
  if (operation.anonymousAct === undefined) return undefined;
  const { action } = operation;
  const judgement = await rights.judge({ action, bucket: bucketOf(context), accessClass: 'none' });
  return judgement(undefined).isAllowed ? await operation.act(context) : undefined;
}
