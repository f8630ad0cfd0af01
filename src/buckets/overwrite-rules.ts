/**
 * Rules of a bucket that forbid overwriting (`?overwriteConfig`, oss-semantics.md 8). They act like
 * `x-oss-forbid-overwrite: true` on the keys they match, and only without versions.
 */

export interface OverwriteRule {
  readonly id: string;
  /** Empty: every key, like the suffix. */
  readonly prefix: string;
  readonly suffix: string;
  /** Whom it binds; empty: everybody. */
  readonly principals: readonly string[];
}

export interface OverwriteDocument {
  readonly rules: readonly OverwriteRule[];
}

/** Whether the caller, `undefined` when anonymous, must not replace an object of that key. */
export function isOverwriteForbidden(
  document: OverwriteDocument | undefined,
  key: string,
  callerId: string | undefined,
): boolean {
  const rules = document?.rules ?? [];
  return rules.some(
    ({ prefix, suffix, principals }) =>
      key.startsWith(prefix) && key.endsWith(suffix) && isBound(principals, callerId),
  );
}

function isBound(principals: readonly string[], callerId: string | undefined): boolean {
  if (principals.length === 0 || principals.includes('*')) return true;
  return callerId !== undefined && principals.includes(callerId);
}
