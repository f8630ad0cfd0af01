import { StoreUnavailable } from '../ports/engine.ts';

/** No space, no quota, or a volume that fails: what `StoreUnavailable` says of each. */
export function unavailable(error: unknown, doing: string): StoreUnavailable {
  if (error instanceof StoreUnavailable) return error;
  const code = codeOf(error);
  const reason = code === 'ENOSPC' || code === 'EDQUOT' ? 'full' : 'failed';
  const text = error instanceof Error ? error.message : String(error);
  return new StoreUnavailable(reason, `${doing}: ${text}`, { cause: error });
}

/** Names of others never become paths (security.md 7.5). */
export function noBlobId(text: string): StoreUnavailable {
  return new StoreUnavailable('failed', `"${text}" is no id of a blob.`);
}

export function isMissing(error: unknown): boolean {
  return codeOf(error) === 'ENOENT';
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}
