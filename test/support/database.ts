/** The database of a server, reached beside it: for tests that look at rows or damage them. */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import pg from 'pg';

export type Row = Readonly<Record<string, unknown>>;

export interface ServerDatabase {
  tables(): Promise<string[]>;
  columns(table: string): Promise<string[]>;
  rows(table: string): Promise<Row[]>;
  /** Returns how many rows the statement changed. */
  change(statement: string): Promise<number>;
  close(): Promise<void>;
}

/** Whichever engine the settings of the server name. */
export async function openDatabaseOf(
  settings: Readonly<Record<string, string>>,
): Promise<ServerDatabase> {
  const url = settings.CNAMED_DATABASE_URL;
  return url === undefined ? openFile(settings.CNAMED_DATA_DIR ?? '') : await connect(url);
}

function openFile(dataDir: string): ServerDatabase {
  const database = new Database(join(dataDir, 'cnamed.sqlite'), { fileMustExist: true });
  const names = (statement: string) => database.prepare(statement).pluck().all() as string[];
  return {
    tables: async () => names(`select name from sqlite_schema where type = 'table'`),
    columns: async (table) => names(`select name from pragma_table_info('${table}')`),
    rows: async (table) => database.prepare(`select * from "${table}"`).all() as Row[],
    change: async (statement) => database.prepare(statement).run().changes,
    close: async () => void database.close(),
  };
}

async function connect(url: string): Promise<ServerDatabase> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const here = `from information_schema.columns where table_schema = 'public'`;
  const names = async (statement: string) =>
    (await client.query<{ name: string }>(statement)).rows.map(({ name }) => name);
  return {
    tables: () => names(`select distinct table_name as name ${here}`),
    columns: (table) => names(`select column_name as name ${here} and table_name = '${table}'`),
    rows: async (table) => (await client.query(`select * from "${table}"`)).rows,
    change: async (statement) => (await client.query(statement)).rowCount ?? 0,
    close: () => client.end(),
  };
}
