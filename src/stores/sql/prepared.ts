import type { CompiledQuery } from 'kysely';
import type { Sql } from './database.ts';

/**
 * A hot read, written with Kysely and compiled once: `slot('domain')` stands where the value of
 * `input.domain` goes at each execution.
 */
export type HotRead<Input, Row> = (
  sql: Sql,
  slot: <Name extends keyof Input>(name: Name) => Input[Name],
) => { compile(): CompiledQuery<Row> };

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
  const names = parameters.map((parameter) => {
    if (parameter instanceof Slot) return parameter.name as keyof Input;
    throw new TypeError(`A hot read holds a value that is no slot: ${text}`);
  });
  return { text, values: (input) => names.map((name) => input[name]) };
}
