/**
 * Kysely over `pg`. Statements are prepared under a name once per connection. Transactions are not
 * Kysely's: `transactions.ts` begins and commits them around a whole write.
 */
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely';
import type { QueryResult as PgResult, QueryConfig } from 'pg';
import type { Database, Sql } from '../sql/database.ts';
import { takingTogether } from '../sql/together.ts';

/** Statements a server keeps for one connection of ours. */
const namesMax = 256;

/** Lists of values make a text for each length: those are not worth a name. */
const withList = /\(\$\d+, \$\d+|\), \(/;

/** Gives each text one name, the same on every connection. */
export class StatementNames {
  readonly #names = new Map<string, string>();
  readonly #isPreparing: boolean;
  constructor(isPreparing: boolean) {
    this.#isPreparing = isPreparing;
  }
  /** The statement, by name where it is worth one. */
  query(text: string, values: readonly unknown[]): QueryConfig {
    const name = this.#nameOf(text);
    return name === undefined ? { text, values: [...values] } : { name, text, values: [...values] };
  }
  #nameOf(text: string): string | undefined {
    const known = this.#names.get(text);
    if (known !== undefined) return known;
    const isInsertOfOne = /^insert into/.test(text) && !/\), \(/.test(text);
    if (!this.#isPreparing || this.#names.size >= namesMax) return undefined;
    if (!isInsertOfOne && withList.test(text)) return undefined;
    const name = `s${this.#names.size}`;
    this.#names.set(text, name);
    return name;
  }
}

/** Runs one statement, on whichever connection. */
export type RunStatement = (query: QueryConfig) => Promise<PgResult>;

export function kyselyOver(run: RunStatement, names: StatementNames): Sql {
  const connection = new RunConnection(run, names);
  const dialect: Dialect = {
    createAdapter: () => adapter,
    createDriver: () => new RunDriver(connection),
    createIntrospector: (database) => new PostgresIntrospector(database),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  };
  return takingTogether(new Kysely<Database>({ dialect }));
}

/** Migrations run inside a transaction and under a lock that are there already. */
class OuterTransactionAdapter extends PostgresAdapter {
  override get supportsTransactionalDdl(): boolean {
    return false;
  }
  override async acquireMigrationLock(): Promise<void> {}
  override async releaseMigrationLock(): Promise<void> {}
}

/** One for all: hot statements are compiled once for it. */
const adapter = new OuterTransactionAdapter();

const changing = new Set(['INSERT', 'UPDATE', 'DELETE']);

class RunConnection implements DatabaseConnection {
  readonly #run: RunStatement;
  readonly #names: StatementNames;
  constructor(run: RunStatement, names: StatementNames) {
    this.#run = run;
    this.#names = names;
  }
  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    const result = await this.#run(this.#names.query(query.sql, query.parameters));
    const rows = result.rows as Row[];
    if (!changing.has(result.command)) return { rows };
    return { rows, numAffectedRows: BigInt(result.rowCount ?? 0) };
  }
  // biome-ignore lint/correctness/useYield: the interface demands a generator; no port streams.
  async *streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error('Queries are not streamed: a page at a time is read.');
  }
}

class RunDriver implements Driver {
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
  return Promise.reject(new Error('The engine begins and ends transactions.'));
}
