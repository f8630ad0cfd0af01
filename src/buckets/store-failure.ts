import { OssError } from '../errors/index.ts';
import { StoreUnavailable } from '../stores/index.ts';

/**
 * Waits for a store; when it could not do its work, says so in the API's form. Then nothing was
 * acknowledged (security.md 8.3, 8.4): the caller may retry.
 * @throws OssError InsufficientStorage when there is no room left, else ServiceUnavailable.
 */
export async function fromStore<Answer>(work: Promise<Answer>): Promise<Answer> {
  try {
    return await work;
  } catch (problem) {
    throw toRefusal(problem);
  }
}

/** A database that fails over, or a store that restarts, is back within seconds. */
const retryAfterSeconds = 2;

const awayMessage =
  'The server cannot reach the storage behind it at the moment, so nothing was acknowledged. ' +
  'Please retry.';

/** The refusal that a store's failure means to a caller; any other problem as it is. */
export function toRefusal(problem: unknown): unknown {
  if (!(problem instanceof StoreUnavailable)) return problem;
  if (problem.reason === 'full') return new OssError('InsufficientStorage', { cause: problem });
  return new OssError('ServiceUnavailable', {
    cause: problem,
    headers: { 'Retry-After': String(retryAfterSeconds) },
    ...(problem.reason === 'failed' ? { message: awayMessage } : {}),
  });
}
