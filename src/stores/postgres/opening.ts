import type pg from 'pg';
import { StoreUnavailable } from '../ports/engine.ts';
import { migrate, NewerDatabase } from '../sql/migrate.ts';
import type { Connections } from './connections.ts';
import { kyselyOver, type StatementNames } from './dialect.ts';
import { messageOf, unavailable } from './failures.ts';
import { postgresSchema } from './schema.ts';

/** One number for all nodes of all installations: "cnamed" read as bytes. */
const migrationLock = '109356937962852';

/** Making an index over many rows takes longer than any statement of a port may. */
const migrationMs = 30 * 60_000;

/** Makes the tables or brings them up to this release; nodes that start at once wait for one. */
export async function openSchema(connections: Connections, names: StatementNames): Promise<void> {
  const client = await connect(connections);
  let isSound = false;
  const ask = (query: string | pg.QueryConfig) => {
    const config = typeof query === 'string' ? { text: query } : query;
    return client.query({ ...config, query_timeout: migrationMs } as pg.QueryConfig);
  };
  try {
    await ask('begin');
    for (const name of ['statement_timeout', 'lock_timeout']) {
      await ask(`set local ${name} = ${migrationMs}`);
    }
    await ask(`select pg_advisory_xact_lock(${migrationLock})`);
    await migrate(kyselyOver(ask, names), postgresSchema);
    await ask('commit');
    isSound = true;
  } catch (error) {
    throw refusal(error);
  } finally {
    connections.give(client, isSound);
  }
}

async function connect(connections: Connections): Promise<pg.Client> {
  try {
    return await connections.take();
  } catch (error) {
    throw unavailable(error, 'The database cannot be reached');
  }
}

function refusal(error: unknown): StoreUnavailable {
  const told = new StoreUnavailable('failed', messageOf(error), { cause: error });
  if (error instanceof NewerDatabase) told.name = error.name;
  return error instanceof NewerDatabase || error instanceof StoreUnavailable
    ? told
    : unavailable(error, 'The tables cannot be made');
}
