import type { Statement } from 'better-sqlite3';
import { realDisk } from '../../world/index.ts';
import { type MetadataEngine, StoreUnavailable } from '../ports/engine.ts';
import type { SchemaWish } from '../ports/schema.ts';
import { directReads } from '../serving/reads.ts';
import { oneShard } from '../sql/counters.ts';
import { noSchema, OlderDatabase } from '../sql/migrate.ts';
import { assemblePorts } from '../sql/ports.ts';
import { compileRead, type HotRead, type PreparedRead } from '../sql/prepared.ts';
import { openForReading } from './connection.ts';
import { prepareFile } from './database-file.ts';
import { kyselyOver } from './dialect.ts';
import { unavailable } from './failures.ts';
import { checkedAtOnceBytesMax, checkInBackground } from './integrity.ts';
import { notOpened } from './opening.ts';
import { createSeenReads } from './seen-reads.ts';
import { WriteThread } from './write-thread.ts';

export interface SqliteEngineOptions {
  /** The database file; its folder must exist. Made with mode 0600 when it is not there. */
  readonly path: string;
  /** Whether the file is checked when the last process that used it did not close it. */
  readonly isCheckedAfterUncleanStop?: boolean;
  /** Told when a check beside the first requests finds damage; writes have stopped by then. */
  readonly onDamage?: (message: string) => void;
  /** `upgraded` when left out. */
  readonly schema?: SchemaWish;
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
 * newer release made it, `OlderDatabase` when an older one did and it is wanted as it is.
 */
export async function openSqliteEngine(options: SqliteEngineOptions): Promise<MetadataEngine> {
  const { path } = options;
  if (options.schema === 'as-it-is') await requireFile(path);
  const uncleanBytes = await prepareFile(path);
  const isCheckDue = uncleanBytes > 0 && options.isCheckedAfterUncleanStop !== false;
  const isSmall = uncleanBytes <= (options.checkedAtOnceBytesMax ?? checkedAtOnceBytesMax);
  let noteCommit = (): void => {};
  const setup = {
    path,
    pagesMax: options.pagesMax,
    schema: options.schema ?? 'upgraded',
    isChecked: isCheckDue && isSmall,
  };
  const thread = new WriteThread(setup, () => noteCommit());
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
  const prepareNow = <Input, Row>(read: HotRead<Input, Row>) => {
    const { text, values } = compileRead(sql, read);
    const prepared = statement(text) as Statement<unknown[], Row>;
    return {
      first: (input: Input) => prepared.get(...values(input)),
      all: (input: Input) => prepared.all(...values(input)),
    };
  };
  const stores = assemblePorts({
    sql,
    write: thread.write,
    prepare<Input, Row>(read: HotRead<Input, Row>): PreparedRead<Input, Row> {
      const prepared = prepareNow(read);
      return {
        first: (input) => answer(() => prepared.first(input)),
        all: (input) => answer(() => prepared.all(input)),
      };
    },
    pickShard: oneShard,
    hasOwnClock: false,
    async close() {
      await endCheck?.();
      connection.close();
      await thread.close();
    },
  });
  const kept = createSeenReads(connection, (read) => prepareNow(read).first, refusal);
  noteCommit = kept.noteCommit;
  const serving = { ...directReads(stores), ...kept.serving };
  const reach = { silentForMs: () => 0, onDomainsChanged: () => () => {} };
  return { ...stores, seen: kept.seen, serving, reach };
}

/** Who changes nothing makes no file either. */
async function requireFile(path: string): Promise<void> {
  if ((await realDisk.facts(path)) !== undefined) return;
  const { name, message } = new OlderDatabase(noSchema);
  throw notOpened(name, message);
}
