import Database from 'better-sqlite3';

export interface InstanceLock {
  release(): void;
}

/**
 * Holds `path` for this process until released, or until the process ends in whatever way: the lock
 * is the kernel's, on the file of a small SQLite database, so that no SIGKILL leaves one behind.
 * `undefined` when another process holds it.
 */
export function acquireInstanceLock(path: string): InstanceLock | undefined {
  const database = new Database(path, { timeout: 0 });
  try {
    // A rollback journal, since an exclusive transaction must keep every other process out.
    database.pragma('journal_mode = DELETE');
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if ((error as { code?: string }).code?.startsWith('SQLITE_BUSY')) return undefined;
    throw error;
  }
  return { release: () => database.close() };
}
