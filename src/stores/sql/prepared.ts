import type { CompiledQuery, QueryResult } from 'kysely';
import type { Sql } from './database.ts';

/**
 * A hot read, written with Kysely and compiled once: `slot('domain')` stands where the value of
 * `input.domain` goes at each execution.
 *
 * A join starts from a sub-select of one row: SQLite plans a statement again at each execution when
 * the values of a join condition are bound, which costs five times the read itself (measured).
 */
export type HotRead<Input, Row> = (
  sql: Sql,
  slot: Slots<Input>,
) => { compile(): CompiledQuery<Row> };

/** A compiled read on an engine. */
export interface PreparedRead<Input, Row> {
  first(input: Input): Promise<Row | undefined>;
  all(input: Input): Promise<Row[]>;
}

export interface CompiledRead<Input> {
  readonly query: CompiledQuery;
  readonly text: string;
  /** The values of one execution, in the order of the placeholders. */
  values(input: Input): unknown[];
}

/** Stands for the values of a hot statement until it is run. */
export type Slots<Input> = <Name extends keyof Input>(name: Name) => Input[Name];

/** Runs a compiled statement on one connection. */
export type RunCompiled = <Row>(query: CompiledQuery<Row>) => Promise<QueryResult<Row>>;

const directs = new WeakMap<Sql, RunCompiled>();

/**
 * Hot statements on `sql` go to `run` at once: for engines within the process, where Kysely's way
 * to a connection costs as much as the statement. One far away must not have it: there statements
 * that are under way together would overtake those that go through Kysely.
 */
export function runningDirectly(sql: Sql, run: RunCompiled): Sql {
  directs.set(sql, run);
  return sql;
}

/**
 * A statement of writes that come often, written with Kysely and compiled once for each engine: to
 * build it anew costs several times what SQLite needs to run it. What it answers runs it on `sql`,
 * inside whatever transaction that is.
 */
export function hotStatement<Input, Row>(
  statement: (sql: Sql, slot: Slots<Input>) => { compile(): CompiledQuery<Row> },
): (sql: Sql, input: Input) => Promise<QueryResult<Row>> {
  // An engine has one adapter, whatever number of connections and transactions.
  const compiled = new WeakMap<object, CompiledRead<Input>>();
  return (sql, input) => {
    const { adapter } = sql.getExecutor();
    let known = compiled.get(adapter);
    if (known === undefined) {
      known = compileRead(sql, statement);
      compiled.set(adapter, known);
    }
    const query = { ...known.query, parameters: known.values(input) } as CompiledQuery<Row>;
    return directs.get(sql)?.(query) ?? sql.executeQuery(query);
  };
}

class Slot {
  readonly name: PropertyKey;
  constructor(name: PropertyKey) {
    this.name = name;
  }
}

export function compileRead<Input, Row>(sql: Sql, read: HotRead<Input, Row>): CompiledRead<Input> {
  const query = read(sql, (name) => new Slot(name) as never).compile();
  const { sql: text, parameters } = query;
  const values = parameters.map((value) => (value instanceof Slot ? value : { value }));
  return {
    query,
    text,
    values: (input) =>
      values.map((each) => (each instanceof Slot ? input[each.name as keyof Input] : each.value)),
  };
}
