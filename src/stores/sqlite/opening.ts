/** The tables of the embedded engine: read, required, or brought up to this release. */
import type { Database as SqliteConnection } from 'better-sqlite3';
import { realDisk } from '../../world/index.ts';
import { StoreUnavailable } from '../ports/engine.ts';
import type { SchemaKeeper, SchemaWish } from '../ports/schema.ts';
import { migrate, noSchema, readSchema, requireSchema } from '../sql/migrate.ts';
import { openForReading, openForWriting } from './connection.ts';
import { prepareFile } from './database-file.ts';
import { kyselyOver } from './dialect.ts';
import { messageOf, unavailable } from './failures.ts';
import { sqliteSchema } from './schema.ts';

/** Failures of the schema keep their name on the way to whoever opened the engine. */
const told: ReadonlySet<string> = new Set(['NewerDatabase', 'OlderDatabase']);

/** All steps in one transaction, which a second writer waits for. */
export async function openSchema(
  connection: SqliteConnection,
  wish: SchemaWish,
): Promise<readonly string[]> {
  const { sql } = kyselyOver(connection);
  if (wish === 'as-it-is') {
    await requireSchema(sql);
    return [];
  }
  connection.exec('begin immediate');
  const made = await migrate(sql, sqliteSchema);
  connection.exec('commit');
  return made;
}

/** What a failed opening is for callers: the thread of the writer can send no error itself. */
export function notOpened(name: string, message: string): StoreUnavailable {
  const error = new StoreUnavailable('failed', message);
  if (told.has(name)) error.name = name;
  return error;
}

/** The one who upgrades holds the folder's lock, so that no server runs meanwhile. */
export function sqliteSchemaKeeper(path: string): SchemaKeeper {
  return {
    async read() {
      if ((await realDisk.facts(path)) === undefined) return noSchema;
      return withConnection(
        () => openForReading(path),
        (connection) => readSchema(kyselyOver(connection).sql),
      );
    },
    async upgrade() {
      await prepareFile(path);
      return withConnection(
        () => openForWriting(path),
        (connection) => openSchema(connection, 'upgraded'),
      );
    },
  };
}

async function withConnection<Value>(
  open: () => SqliteConnection,
  work: (connection: SqliteConnection) => Promise<Value>,
): Promise<Value> {
  let connection: SqliteConnection | undefined;
  try {
    connection = open();
    return await work(connection);
  } catch (error) {
    const { name } = error as Error;
    throw told.has(name) ? notOpened(name, messageOf(error)) : unavailable(error);
  } finally {
    connection?.close();
  }
}
