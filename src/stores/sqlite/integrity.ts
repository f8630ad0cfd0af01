import type { Database as SqliteConnection } from 'better-sqlite3';

/** Fails with what SQLite found wrong in the structure of its file. */
export function checkIntegrity(connection: SqliteConnection): void {
  const found = connection.pragma('quick_check(1)', { simple: true });
  if (found !== 'ok') throw new Error(`The database is damaged: ${String(found)}`);
}
