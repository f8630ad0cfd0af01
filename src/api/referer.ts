/**
 * Hot-link protection, before anything is looked up: a page elsewhere learns nothing about what
 * there is (oss-semantics.md 5). Whoever signs in a header comes from no page and is not asked.
 */
import type { Caller } from '../auth/index.ts';
import { type Bucket, isRefererAllowed } from '../buckets/index.ts';
import { refine } from '../errors/index.ts';
import type { HttpRequest } from '../http/index.ts';
import type { Services } from './services.ts';
import type { Operation } from './types.ts';

/** @throws OssError AccessDenied. Costs nothing for a bucket without a document. */
export async function checkReferer(
  request: HttpRequest,
  operation: Operation,
  bucket: Bucket,
  caller: Caller,
  services: Pick<Services, 'documents'>,
): Promise<void> {
  if (!bucket.documents.includes('referer')) return;
  if (caller.kind === 'account' && caller.form === 'header') return;
  if (!isAboutObjects(operation, caller)) return;
  const document = await services.documents.find(bucket, 'referer');
  if (document === undefined || isRefererAllowed(document, request.headers.referer)) return;
  throw refine('refererForbidden', {
    message: 'You are denied by bucket referer policy.',
    fields: { BucketName: bucket.name },
  });
}

/** Reads and writes of objects, and the pages at a website's root. */
function isAboutObjects({ access, action, anonymousAct }: Operation, caller: Caller): boolean {
  if (access === 'object-read' || access === 'object-write') return true;
  return action === 'oss:GetObject' || (caller.kind === 'anonymous' && anonymousAct !== undefined);
}
