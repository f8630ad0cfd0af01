import SqliteDatabase from 'better-sqlite3';
import { StoreUnavailable } from '../ports/engine.ts';

export type Reason = StoreUnavailable['reason'];

/** What a failed statement or commit means for the caller. */
export function reasonOf(error: unknown): Reason {
  return codeOf(error) === 'SQLITE_FULL' ? 'full' : 'failed';
}

/**
 * Whether writes must stop until a restart: after a failed write or fsync nobody knows what the
 * volume holds (security.md 8.3). A full volume and a busy database are states that pass.
 */
export function isFinal(error: unknown): boolean {
  const code = codeOf(error);
  return (
    code.startsWith('SQLITE_IOERR') ||
    code.startsWith('SQLITE_CORRUPT') ||
    code === 'SQLITE_NOTADB' ||
    code.startsWith('SQLITE_READONLY') ||
    code.startsWith('SQLITE_CANTOPEN')
  );
}

export function unavailable(error: unknown): StoreUnavailable {
  if (error instanceof StoreUnavailable) return error;
  return new StoreUnavailable(reasonOf(error), `The database failed: ${messageOf(error)}`, {
    cause: error,
  });
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function codeOf(error: unknown): string {
  return error instanceof SqliteDatabase.SqliteError ? error.code : '';
}
