/**
 * The check after an unclean stop (security.md 8.2). It reads the structure of the whole file: 0.3
 * s for 500 MB in memory, far more from a cold disk, and every start must be ready within 2 s. So a
 * small file is checked before it is used, a large one beside the first requests, on a thread and a
 * connection of its own; until it has ended, the log cannot shrink.
 */
import type { Database as SqliteConnection } from 'better-sqlite3';
import { startThread } from './threads.ts';

/** A file up to this size is checked in about 0.1 s. */
export const checkedAtOnceBytesMax = 64 * 1024 * 1024;

/** Fails with what SQLite found wrong in the structure of its file. */
export function checkIntegrity(connection: SqliteConnection): void {
  const found = connection.pragma('quick_check(1)', { simple: true });
  if (found !== 'ok') throw new Error(`The database is damaged: ${String(found)}`);
}

/** Calls `onDamage` with what is wrong, or nothing. The returned function ends the check early. */
export function checkInBackground(
  path: string,
  onDamage: (message: string) => void,
): () => Promise<void> {
  const worker = startThread('checker', path);
  worker.unref();
  worker.on('message', onDamage);
  worker.on('error', (error) => onDamage(String(error)));
  return async () => {
    await worker.terminate();
  };
}
