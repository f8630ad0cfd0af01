import type { ColumnDefinitionBuilder, CreateTableBuilder, RawBuilder } from 'kysely';
import type { Sql } from './database.ts';

/** What a dialect says differently when tables are made; queries need none of it. */
export interface SchemaFacts {
  /** Whole numbers of 53 bits. */
  readonly integer: 'integer' | 'bigint';
  /** Text that is compared by its bytes. */
  readonly text: RawBuilder<unknown>;
  readonly bytes: RawBuilder<unknown>;
  /** A primary key that counts up and never gives a number twice, not even of a removed row. */
  numbered(column: ColumnDefinitionBuilder): ColumnDefinitionBuilder;
  /** The first number a numbered column of the (new, empty) table gives. */
  startAt(sql: Sql, table: string, column: string, first: number): Promise<void>;
  /** A table whose rows lie in the order of their primary key, where the engine can do that. */
  clustered<Table extends string, Column extends string>(
    table: CreateTableBuilder<Table, Column>,
  ): CreateTableBuilder<Table, Column>;
  /** From now on the engine itself refuses to change or remove a row of the table. */
  appendOnly(sql: Sql, table: string): Promise<void>;
  /** Whatever the engine needs to learn what became of a commit nobody answered. */
  outcomes(sql: Sql): Promise<void>;
}
