import type pg from 'pg';
import type { World } from '../../world/index.ts';
import { StoreUnavailable } from '../ports/engine.ts';
import type { SchemaKeeper, SchemaWish } from '../ports/schema.ts';
import type { Sql } from '../sql/database.ts';
import {
  migrate,
  NewerDatabase,
  OlderDatabase,
  readSchema,
  requireSchema,
} from '../sql/migrate.ts';
import { readPostgresUrl } from './address.ts';
import { Connections } from './connections.ts';
import { kyselyOver, StatementNames } from './dialect.ts';
import { messageOf, unavailable } from './failures.ts';
import { Primary } from './primary.ts';
import { postgresSchema } from './schema.ts';

/** One number for all nodes of all installations: "cnamed" read as bytes. */
const migrationLock = '109356937962852';

/** Making an index over many rows takes longer than any statement of a port may. */
const migrationMs = 30 * 60_000;

/**
 * `upgraded` makes the tables or brings them up to this release, all in one transaction; nodes that
 * start at once wait for one. Returns the names of the steps made here.
 */
export async function openSchema(
  connections: Connections,
  names: StatementNames,
  wish: SchemaWish,
): Promise<readonly string[]> {
  if (wish === 'as-it-is') {
    await asking(connections, names, ({ sql }) => requireSchema(sql));
    return [];
  }
  return await asking(connections, names, async ({ ask, sql }) => {
    await ask('begin');
    for (const name of ['statement_timeout', 'lock_timeout']) {
      await ask(`set local ${name} = ${migrationMs}`);
    }
    await ask(`select pg_advisory_xact_lock(${migrationLock})`);
    const made = await migrate(sql, postgresSchema);
    await ask('commit');
    return made;
  });
}

/** @throws BadDatabaseUrl for a text that is no address. */
export function postgresSchemaKeeper(options: {
  readonly url: string;
  readonly world: Pick<World, 'clock' | 'timers' | 'disk'>;
  readonly nodeName?: string;
}): SchemaKeeper {
  const { world } = options;
  const address = readPostgresUrl(options.url, (path) => world.disk.readNow(path));
  const names = new StatementNames(address.isPreparing);
  const withConnection = async <Value>(
    work: (connections: Connections) => Promise<Value>,
  ): Promise<Value> => {
    const connections = new Connections(new Primary(address, world, options.nodeName), 1, world);
    try {
      return await work(connections);
    } finally {
      connections.end();
    }
  };
  return {
    read: () => withConnection((one) => asking(one, names, ({ sql }) => readSchema(sql))),
    upgrade: () => withConnection((one) => openSchema(one, names, 'upgraded')),
  };
}

type Ask = (query: string | pg.QueryConfig) => Promise<pg.QueryResult>;

/** One connection for the work; a failure leaves no transaction on it. */
async function asking<Value>(
  connections: Connections,
  names: StatementNames,
  work: (parts: { ask: Ask; sql: Sql }) => Promise<Value>,
): Promise<Value> {
  const client = await connect(connections);
  let isSound = false;
  const ask: Ask = (query) => {
    const config = typeof query === 'string' ? { text: query } : query;
    return client.query({ ...config, query_timeout: migrationMs } as pg.QueryConfig);
  };
  try {
    const value = await work({ ask, sql: kyselyOver(ask, names) });
    isSound = true;
    return value;
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
  if (error instanceof NewerDatabase || error instanceof OlderDatabase) {
    const told = new StoreUnavailable('failed', error.message, { cause: error });
    told.name = error.name;
    return told;
  }
  if (error instanceof StoreUnavailable) {
    return new StoreUnavailable('failed', messageOf(error), { cause: error });
  }
  return unavailable(error, 'The tables cannot be made');
}
