import SqliteDatabase, { type Database as SqliteConnection } from 'better-sqlite3';

/** How long a writer waits for another process (the command line) before it gives up. */
const busyTimeoutMs = 5_000;

/** A reader waits, holding the event loop, only while another process recovers the log. */
const readBusyTimeoutMs = 250;

/** After a spike the write-ahead log shrinks back to this. */
const journalBytesMax = 64 * 1024 * 1024;

/** The one connection that writes: WAL, and every commit on the platter (security.md 8.2). */
export function openForWriting(path: string, pagesMax?: number): SqliteConnection {
  const connection = new SqliteDatabase(path, { timeout: busyTimeoutMs });
  try {
    connection.pragma('journal_mode = WAL');
    connection.pragma('synchronous = FULL');
    // macOS: fsync alone leaves the data in the drive's cache.
    connection.pragma('fullfsync = ON');
    connection.pragma('checkpoint_fullfsync = ON');
    connection.pragma('foreign_keys = ON');
    connection.pragma('trusted_schema = OFF');
    connection.pragma(`journal_size_limit = ${journalBytesMax}`);
    // The writer checkpoints itself, after it has answered, and sees it fail.
    connection.pragma('wal_autocheckpoint = 0');
    if (pagesMax !== undefined) connection.pragma(`max_page_count = ${pagesMax}`);
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** A connection that cannot write; in WAL mode it sees each commit as soon as it is made. */
export function openForReading(path: string): SqliteConnection {
  const connection = new SqliteDatabase(path, {
    readonly: true,
    fileMustExist: true,
    timeout: readBusyTimeoutMs,
  });
  connection.pragma('trusted_schema = OFF');
  return connection;
}
