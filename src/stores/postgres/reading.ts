import type pg from 'pg';
import { ConnectionLost, fromDriver } from './failures.ts';

/** After a fail-over every idle connection may be dead; the pool drops most of them by itself. */
const readTriesMax = 3;

/** One statement that changes nothing, asked again when the connection it was on is lost. */
export async function runRead(pool: pg.Pool, query: pg.QueryConfig): Promise<pg.QueryResult> {
  for (let tries = 1; ; tries += 1) {
    // When no connection can be had, asking again does not make one.
    const client = await pool.connect();
    try {
      const result = await client.query(query);
      client.release();
      return result;
    } catch (error) {
      const told = fromDriver(error);
      const isLost = told instanceof ConnectionLost;
      client.release(isLost);
      if (!isLost || isTimeout(error) || tries >= readTriesMax) throw told;
    }
  }
}

/** Who waited so long already is not made to wait as long again. */
function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.message === 'Query read timeout';
}
