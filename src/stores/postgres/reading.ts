import type pg from 'pg';
import type { Connections } from './connections.ts';
import { ConnectionLost } from './failures.ts';

/** After a fail-over every idle connection may be dead; most are forgotten by themselves. */
const readTriesMax = 3;

/** One statement that changes nothing, asked again when the connection it was on is lost. */
export async function runRead(
  connections: Connections,
  query: pg.QueryConfig,
): Promise<pg.QueryResult> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await connections.query(query);
    } catch (error) {
      const isLost = error instanceof ConnectionLost;
      if (!isLost || isTimeout(error) || tries >= readTriesMax) throw error;
    }
  }
}

/** Who waited so long already is not made to wait as long again. */
function isTimeout({ cause }: ConnectionLost): boolean {
  return cause instanceof Error && cause.message === 'Query read timeout';
}
