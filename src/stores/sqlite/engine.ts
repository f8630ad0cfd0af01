import type { Database as SqliteConnection, Statement } from 'better-sqlite3';
import { realDisk } from '../../world/index.ts';
import { type MetadataEngine, StoreUnavailable } from '../ports/engine.ts';
import type { SchemaWish } from '../ports/schema.ts';
import { directReads } from '../serving/reads.ts';
import { oneShard } from '../sql/counters.ts';
import { noSchema, OlderDatabase } from '../sql/migrate.ts';
import { assemblePorts } from '../sql/ports.ts';
import { compileRead, type HotRead, type PreparedRead } from '../sql/prepared.ts';
import type { RunWrite, WriteName } from '../sql/writes.ts';
import { openForReading } from './connection.ts';
import { prepareFile } from './database-file.ts';
import { kyselyOver } from './dialect.ts';
import { unavailable } from './failures.ts';
import { checkedAtOnceBytesMax, checkInBackground } from './integrity.ts';
import type { WriteOutcome } from './messages.ts';
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

/** The embedded engine of the process that writes. */
export interface SqliteEngine extends MetadataEngine {
  /** Makes a write of a sibling (`openSqliteSibling`). Never rejects. */
  writeFor(name: string, rest: readonly unknown[]): Promise<WriteOutcome>;
}

/**
 * The embedded engine over one SQLite file. Several processes may have the same file open: what one
 * has committed the next read of any other sees.
 *
 * Rejects with `StoreUnavailable` when the file cannot be used; its name is `NewerDatabase` when a
 * newer release made it, `OlderDatabase` when an older one did and it is wanted as it is.
 */
export async function openSqliteEngine(options: SqliteEngineOptions): Promise<SqliteEngine> {
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
  const endCheck =
    isCheckDue && !isSmall
      ? checkInBackground(path, (message) => {
          thread.stop(message);
          options.onDamage?.(message);
        })
      : undefined;
  const opened = assemble(path, thread.write, async (connection) => {
    await endCheck?.();
    connection.close();
    await thread.close();
  });
  noteCommit = opened.noteCommit;
  return {
    ...opened.engine,
    async writeFor(name, rest) {
      try {
        return { value: await thread.write(name as WriteName, ...(rest as never)) };
      } catch (error) {
        const { reason, message } = unavailable(error);
        return { reason, message };
      }
    },
  };
}

/**
 * The same engine in a process that reads for itself and has its writes made by another
 * (`SqliteEngine.writeFor`), which has opened the file before and keeps it open. A write that
 * `send` rejects counts as not made.
 */
export function openSqliteSibling(
  path: string,
  send: (name: string, rest: readonly unknown[]) => Promise<WriteOutcome>,
): MetadataEngine {
  const write = (async (name: string, ...rest: unknown[]) => {
    const outcome = await send(name, rest).catch((cause: unknown) => {
      throw new StoreUnavailable('failed', 'The process that writes is gone.', { cause });
    });
    noteCommit();
    if ('reason' in outcome) throw new StoreUnavailable(outcome.reason, outcome.message);
    return outcome.value;
  }) as RunWrite;
  const { engine, noteCommit } = assemble(path, write, async (connection) => {
    connection.close();
  });
  return engine;
}

/** `noteCommit` is to be called after each commit of this process, before anybody is told. */
function assemble(
  path: string,
  write: RunWrite,
  close: (connection: SqliteConnection) => Promise<void>,
): { engine: MetadataEngine; noteCommit(): void } {
  const connection = openForReading(path);
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
    write,
    prepare<Input, Row>(read: HotRead<Input, Row>): PreparedRead<Input, Row> {
      const prepared = prepareNow(read);
      return {
        first: (input) => answer(() => prepared.first(input)),
        all: (input) => answer(() => prepared.all(input)),
      };
    },
    pickShard: oneShard,
    hasOwnClock: false,
    close: () => close(connection),
  });
  const kept = createSeenReads(connection, (read) => prepareNow(read).first, refusal);
  const serving = { ...directReads(stores), ...kept.serving };
  const reach = { silentForMs: () => 0, onDomainsChanged: () => () => {} };
  const engine = { ...stores, seen: kept.seen, serving, reach };
  return { engine, noteCommit: kept.noteCommit };
}

/** Who changes nothing makes no file either. */
async function requireFile(path: string): Promise<void> {
  if ((await realDisk.facts(path)) !== undefined) return;
  const { name, message } = new OlderDatabase(noSchema);
  throw notOpened(name, message);
}
