import { PostgresAdapter } from 'kysely';
import type { Sql } from './database.ts';

/** For what the dialects have different words for; else a statement is written once. */
export function isPostgres(sql: Sql): boolean {
  return sql.getExecutor().adapter instanceof PostgresAdapter;
}
