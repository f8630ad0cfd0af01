/**
 * Kysely over one better-sqlite3 connection. Unlike Kysely's own driver it keeps prepared
 * statements, and it never begins a transaction: the writer does, around several requests at once.
 */
import type { Database as SqliteConnection, Statement } from 'better-sqlite3';
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  Kysely,
  type QueryResult,
  type SelectModifierNode,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { Lru } from '../../lru/index.ts';
import type { Database, Sql } from '../sql/database.ts';
import { runningDirectly } from '../sql/prepared.ts';

/** Statements kept per connection; the ports have fewer texts, lists of values make more. */
const statementsMax = 256;

/** One for all: hot statements are compiled once for it. */
const adapter = new SqliteAdapter();

export interface SqliteOverConnection {
  readonly sql: Sql;
  /** The statement of this text, prepared once. */
  statement(text: string): Statement<unknown[]>;
}

/** `convert` turns what the engine throws into what the callers of this connection expect. */
export function kyselyOver(
  connection: SqliteConnection,
  convert: (error: unknown) => Error = toError,
): SqliteOverConnection {
  const statement = keptStatements(connection);
  const statements = new StatementConnection(statement, convert);
  const dialect: Dialect = {
    createAdapter: () => adapter,
    createDriver: () => new SqliteDriver(statements),
    createIntrospector: (database) => new SqliteIntrospector(database),
    createQueryCompiler: () => new OneWriterCompiler(),
  };
  const sql = new Kysely<Database>({ dialect });
  return { sql: runningDirectly(sql, (query) => statements.executeQuery(query)), statement };
}

const locks = new Set(['ForUpdate', 'ForNoKeyUpdate', 'ForKeyShare', 'SkipLocked']);

/** With one writer every row is locked already: `for update` and its kin are left out. */
class OneWriterCompiler extends SqliteQueryCompiler {
  protected override visitSelectModifier(node: SelectModifierNode): void {
    if (!locks.has(node.modifier ?? '')) super.visitSelectModifier(node);
  }
}

function keptStatements(connection: SqliteConnection): (text: string) => Statement<unknown[]> {
  const kept = new Lru<Statement<unknown[]>>({ countMax: statementsMax });
  return (text) => {
    // Not by use: nearly every text is one of a fixed set, which there is room for.
    const found = kept.peek(text);
    if (found !== undefined) return found;
    const prepared = connection.prepare<unknown[]>(text);
    kept.keep(text, prepared);
    return prepared;
  };
}

class StatementConnection implements DatabaseConnection {
  readonly #statement: (text: string) => Statement<unknown[]>;
  readonly #convert: (error: unknown) => Error;
  constructor(
    statement: (text: string) => Statement<unknown[]>,
    convert: (error: unknown) => Error,
  ) {
    this.#statement = statement;
    this.#convert = convert;
  }
  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    try {
      const statement = this.#statement(query.sql);
      if (statement.reader) {
        return { rows: statement.all(...query.parameters) as Row[] };
      }
      const { changes, lastInsertRowid } = statement.run(...query.parameters);
      return {
        numAffectedRows: BigInt(changes),
        insertId: BigInt(lastInsertRowid),
        rows: [],
      };
    } catch (error) {
      throw this.#convert(error);
    }
  }
  // biome-ignore lint/correctness/useYield: the interface demands a generator; no port streams.
  async *streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error('Queries are not streamed: a page at a time is read.');
  }
}

class SqliteDriver implements Driver {
  readonly #connection: DatabaseConnection;
  constructor(connection: DatabaseConnection) {
    this.#connection = connection;
  }
  async init(): Promise<void> {}
  async acquireConnection(): Promise<DatabaseConnection> {
    return this.#connection;
  }
  async releaseConnection(): Promise<void> {}
  beginTransaction(): Promise<void> {
    return refuseTransaction();
  }
  commitTransaction(): Promise<void> {
    return refuseTransaction();
  }
  rollbackTransaction(): Promise<void> {
    return refuseTransaction();
  }
  async destroy(): Promise<void> {}
}

function refuseTransaction(): Promise<never> {
  return Promise.reject(new Error('The writer begins and ends transactions.'));
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
