/**
 * Continuation tokens of ListObjectsV2: opaque to clients, and told from arbitrary text by a check
 * value, so that a wrong one is refused and not taken for a key (oss-bucket-api.md ListObjectsV2).
 */
import { createHash } from 'node:crypto';

const checkBytes = 6;

function checkValue(entry: Buffer): Buffer {
  return createHash('sha256')
    .update('list-objects-v2\0')
    .update(entry)
    .digest()
    .subarray(0, checkBytes);
}

/** The token of a page that ended with `entry`, a key or a common prefix. */
export function formatContinuationToken(entry: string): string {
  const bytes = Buffer.from(entry, 'utf8');
  return Buffer.concat([checkValue(bytes), bytes]).toString('base64url');
}

/** The entry again; `undefined` for a text that is no token of ours. */
export function parseContinuationToken(token: string): string | undefined {
  if (!/^[A-Za-z0-9_-]+$/.test(token)) return undefined;
  const bytes = Buffer.from(token, 'base64url');
  const entry = bytes.subarray(checkBytes);
  return checkValue(entry).equals(bytes.subarray(0, checkBytes))
    ? entry.toString('utf8')
    : undefined;
}
