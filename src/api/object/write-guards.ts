/**
 * What a bucket forbids its writers: to replace or delete what its retention policy protects, and
 * to overwrite what its rules keep (oss-semantics.md 8). Every operation that makes, replaces or
 * removes an object asks here and hands the answer to the store, which decides in the same step.
 */
import { isOverwriteForbidden, protectedSince } from '../../buckets/index.ts';
import { bucketOf, callerId } from '../context.ts';
import type { OperationContext } from '../types.ts';
import { readForbidOverwrite } from './request-options.ts';

export interface WriteGuards {
  readonly isOverwriteForbidden: boolean;
  /** `undefined`: nothing is protected. */
  readonly protectedSince: number | undefined;
}

/**
 * Of a write to `key`, the request's own unless given. Costs nothing where the bucket has neither
 * document. `isForbidden`: the caller asked for it; read from the header when left out.
 * @throws OssError InvalidArgument for a header that is neither true nor false.
 */
export async function readWriteGuards(
  context: OperationContext,
  key = context.target.key,
  isForbidden = readForbidOverwrite(context.request),
): Promise<WriteGuards> {
  const { caller, services } = context;
  const { documents } = services;
  const bucket = bucketOf(context);
  const rules = await documents.find(bucket, 'overwrite');
  return {
    isOverwriteForbidden: isForbidden || isOverwriteForbidden(rules, key, callerId(caller)),
    protectedSince: await findProtectedSince(context),
  };
}

/** What was last changed at or after this moment must stay; `undefined`: nothing must. */
export async function findProtectedSince(context: OperationContext): Promise<number | undefined> {
  const { documents, world } = context.services;
  const worm = await documents.find(bucketOf(context), 'worm');
  return protectedSince(worm, world.clock.now());
}
