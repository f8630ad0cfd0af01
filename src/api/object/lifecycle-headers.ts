/** What answers about an object say of its lifecycle (oss-semantics.md 2.3). */
import { expirationHeader, factsOf, type StoredObject } from '../../buckets/index.ts';
import { formatHttpDate } from '../answers.ts';
import { bucketOf } from '../context.ts';
import type { OperationContext } from '../types.ts';
import { readVersionId } from './version-id.ts';

/**
 * When the object will be deleted, and when its class last changed without it. Costs nothing where
 * the bucket has no rules. Where versions are kept no rule deletes one that is asked for by its id.
 */
export async function lifecycleHeaders(
  context: OperationContext,
  key: string,
  object: StoredObject,
): Promise<Record<string, string>> {
  const headers = transitionHeader(object);
  const bucket = bucketOf(context);
  const document = await context.services.documents.find(bucket, 'lifecycle');
  if (document === undefined) return headers;
  if (bucket.versioning === 'Enabled' && readVersionId(context.request) !== undefined) {
    return headers;
  }
  const expiration = expirationHeader(document.rules, factsOf(key, object));
  return expiration === undefined ? headers : { ...headers, 'x-oss-expiration': expiration };
}

export function transitionHeader({ extras }: StoredObject): Record<string, string> {
  const { transitionedAt } = extras;
  if (transitionedAt === undefined) return {};
  return { 'x-oss-transition-time': formatHttpDate(transitionedAt) };
}
