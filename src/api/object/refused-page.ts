/**
 * A page whose reading was refused before it was looked up: a routing rule of the website may be
 * for that status, say to lead to a page that explains (oss-semantics.md 4.2, step 4).
 */
import { OssError } from '../../errors/index.ts';
import type { HttpResponse } from '../../http/index.ts';
import { queryValue } from '../context.ts';
import type { OperationContext } from '../types.ts';
import { answerRefusal } from './website-answer.ts';

const pages: readonly string[] = ['GetObject', 'HeadObject'];

/** @throws the problem itself when no rule is for it. */
export async function answerRefusedPage(
  problem: unknown,
  context: OperationContext,
): Promise<HttpResponse> {
  const { bucket, operation, request, services, target } = context;
  const isRefused = problem instanceof OssError && problem.status === 403;
  if (!isRefused || !bucket?.documents.includes('website')) throw problem;
  // A domain that is off serves nothing at all.
  if (target.mapping && target.mapping.cname.status !== 'Enabled') throw problem;
  // Whether somebody pays for the page was not asked yet.
  if (bucket.documents.includes('payment')) throw problem;
  if (!pages.includes(operation.name) || queryValue(request, 'versionId') !== undefined) {
    throw problem;
  }
  const document = await services.documents.find(bucket, 'website');
  if (document === undefined) throw problem;
  return await answerRefusal(context, document, target.key, problem);
}
