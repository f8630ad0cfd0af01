import type { CompiledQuery } from 'kysely';
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
  slot: <Name extends keyof Input>(name: Name) => Input[Name],
) => { compile(): CompiledQuery<Row> };

/** A compiled read on an engine. */
export interface PreparedRead<Input, Row> {
  first(input: Input): Promise<Row | undefined>;
  all(input: Input): Promise<Row[]>;
}

export interface CompiledRead<Input> {
  readonly text: string;
  /** The values of one execution, in the order of the placeholders. */
  values(input: Input): unknown[];
}

class Slot {
  readonly name: PropertyKey;
  constructor(name: PropertyKey) {
    this.name = name;
  }
}

export function compileRead<Input, Row>(sql: Sql, read: HotRead<Input, Row>): CompiledRead<Input> {
  const { sql: text, parameters } = read(sql, (name) => new Slot(name) as never).compile();
  const values = parameters.map((value) => (value instanceof Slot ? value : { value }));
  return {
    text,
    values: (input) =>
      values.map((each) => (each instanceof Slot ? input[each.name as keyof Input] : each.value)),
  };
}
