import { dirname } from 'node:path';
import type { Statement } from 'better-sqlite3';
import { realDisk } from '../../world/index.ts';
import { type MetadataEngine, StoreUnavailable } from '../ports/engine.ts';
import { directReads } from '../serving/reads.ts';
import { assemblePorts } from '../sql/ports.ts';
import { compileRead, type HotRead, type PreparedRead } from '../sql/prepared.ts';
import { openForReading } from './connection.ts';
import { kyselyOver } from './dialect.ts';
import { unavailable } from './failures.ts';
import { checkedAtOnceBytesMax, checkInBackground } from './integrity.ts';
import { WriteThread } from './write-thread.ts';

export interface SqliteEngineOptions {
  /** The database file; its folder must exist. Made with mode 0600 when it is not there. */
  readonly path: string;
  /** Whether the file is checked when the last process that used it did not close it. */
  readonly isCheckedAfterUncleanStop?: boolean;
  /** Told when a check beside the first requests finds damage; writes have stopped by then. */
  readonly onDamage?: (message: string) => void;
  /** For tests: how large a file may be to be checked before the engine opens, in bytes. */
  readonly checkedAtOnceBytesMax?: number;
  /** For tests: the database is full at so many pages. */
  readonly pagesMax?: number;
}

/**
 * The embedded engine over one SQLite file. Several processes may have the same file open: what one
 * has committed the next read of any other sees.
 *
 * Rejects with `StoreUnavailable` when the file cannot be used; its name is `NewerDatabase` when a
 * newer release made it.
 */
export async function openSqliteEngine(options: SqliteEngineOptions): Promise<MetadataEngine> {
  const { path } = options;
  const uncleanBytes = await prepareFile(path);
  const isCheckDue = uncleanBytes > 0 && options.isCheckedAfterUncleanStop !== false;
  const isSmall = uncleanBytes <= (options.checkedAtOnceBytesMax ?? checkedAtOnceBytesMax);
  const thread = new WriteThread({
    path,
    pagesMax: options.pagesMax,
    isChecked: isCheckDue && isSmall,
  });
  await thread.open();
  const connection = openForReading(path);
  const endCheck =
    isCheckDue && !isSmall
      ? checkInBackground(path, (message) => {
          thread.stop(message);
          options.onDamage?.(message);
        })
      : undefined;
  const refusal = (error: unknown) =>
    connection.open
      ? unavailable(error)
      : new StoreUnavailable('closed', 'The database is closed.', { cause: error });
  const { sql, statement } = kyselyOver(connection, refusal);
  const answer = async <Value>(read: () => Value): Promise<Value> => {
    try {
      return read();
    } catch (error) {
      throw refusal(error);
    }
  };
  const stores = assemblePorts({
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
    hasOwnClock: false,
    async close() {
      await endCheck?.();
      connection.close();
      await thread.close();
    },
  });
  // A read takes microseconds in this process: nothing is kept (decision 4).
  const reach = { silentForMs: () => 0, onDomainsChanged: () => () => {} };
  return { ...stores, serving: directReads(stores), reach };
}

/** Makes the file if there is none; returns its size when the last process did not close it. */
async function prepareFile(path: string): Promise<number> {
  try {
    const file = await realDisk.facts(path);
    if (file === undefined) {
      await createFile(path);
      return 0;
    }
    // The last process that closes the database properly removes the log.
    const log = await realDisk.facts(`${path}-wal`);
    return log === undefined || log.size === 0 ? 0 : file.size + log.size;
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
