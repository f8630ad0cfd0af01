import { dirname } from 'node:path';
import type { Statement } from 'better-sqlite3';
import { realDisk } from '../../world/index.ts';
import { type MetadataEngine, StoreUnavailable } from '../ports/engine.ts';
import { assemblePorts } from '../sql/ports.ts';
import { compileRead, type HotRead, type PreparedRead } from '../sql/prepared.ts';
import { openForReading } from './connection.ts';
import { kyselyOver } from './dialect.ts';
import { unavailable } from './failures.ts';
import { WriteThread } from './write-thread.ts';

export interface SqliteEngineOptions {
  /** The database file; its folder must exist. Made with mode 0600 when it is not there. */
  readonly path: string;
  /** Whether the file is checked when the last process that used it did not close it. */
  readonly isCheckedAfterUncleanStop?: boolean;
  /** For tests: the database is full at so many pages. */
  readonly pagesMax?: number;
}

/**
 * Largest file that is checked before the engine opens: about 0.1 s. Every start must be ready
 * within 2 s, so a larger one is left to `cnamed check` and to SQLite's own checks of what it reads.
 */
const checkedBytesMax = 64 * 1024 * 1024;

/**
 * The embedded engine over one SQLite file. Several processes may have the same file open: what one
 * has committed the next read of any other sees.
 *
 * Rejects with `StoreUnavailable` when the file cannot be used; its name is `NewerDatabase` when a
 * newer release made it.
 */
export async function openSqliteEngine(options: SqliteEngineOptions): Promise<MetadataEngine> {
  const { path } = options;
  const isChecked = await prepareFile(path, options.isCheckedAfterUncleanStop ?? true);
  const thread = new WriteThread({ path, pagesMax: options.pagesMax, isChecked });
  await thread.open();
  const connection = openForReading(path);
  const { sql, statement } = kyselyOver(connection, unavailable);
  let isClosed = false;
  const answer = async <Value>(read: () => Value): Promise<Value> => {
    if (isClosed) throw new StoreUnavailable('closed', 'The database is closed.');
    try {
      return read();
    } catch (error) {
      throw unavailable(error);
    }
  };
  return assemblePorts({
    sql,
    write: thread.write,
    prepare<Input, Row>(read: HotRead<Input, Row>): PreparedRead<Input, Row> {
      const { text, values } = compileRead(sql, read);
      const prepared = statement(text) as Statement<unknown[], Row>;
      return {
        first: (input) => answer(() => prepared.get(...values(input))),
        all: (input) => answer(() => prepared.all(...values(input))),
      };
    },
    async close() {
      isClosed = true;
      connection.close();
      await thread.close();
    },
  });
}

/** Makes the file if there is none; says whether it must be checked before use. */
async function prepareFile(path: string, isCheckWanted: boolean): Promise<boolean> {
  try {
    const file = await realDisk.facts(path);
    if (file === undefined) {
      await createFile(path);
      return false;
    }
    // The last process that closes the database properly removes the log.
    const log = await realDisk.facts(`${path}-wal`);
    const isUnclean = log !== undefined && log.size > 0;
    return isCheckWanted && isUnclean && file.size <= checkedBytesMax;
  } catch (error) {
    throw new StoreUnavailable('failed', `The database cannot be opened: ${path}`, {
      cause: error,
    });
  }
}

async function createFile(path: string): Promise<void> {
  try {
    await (await realDisk.create(path)).close();
    await realDisk.syncFolder(dirname(path));
  } catch (error) {
    // Another process that starts at the same time was faster.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
