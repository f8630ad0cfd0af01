import type pg from 'pg';
import type { World } from '../../world/index.ts';
import { type MetadataEngine, StoreUnavailable } from '../ports/engine.ts';
import { assemblePorts } from '../sql/ports.ts';
import { compileRead, type HotRead, type PreparedRead } from '../sql/prepared.ts';
import type { RunWrite } from '../sql/writes.ts';
import { readPostgresUrl } from './address.ts';
import { openPool } from './connections.ts';
import { kyselyOver, StatementNames } from './dialect.ts';
import { unavailable } from './failures.ts';
import { openSchema } from './opening.ts';
import { keepOperationsFew } from './operations.ts';
import { runRead } from './reading.ts';
import { runWrite } from './transactions.ts';

export interface PostgresEngineOptions {
  /** `postgres://account:password@host:port/database?sslmode=...` (see `readPostgresUrl`). */
  readonly url: string;
  readonly world: Pick<World, 'clock' | 'random' | 'timers' | 'disk'>;
}

/**
 * The engine of several nodes, over one PostgreSQL database (15 or newer). Two pools: a read never
 * waits behind the locks of writes. Opening makes or upgrades the tables.
 *
 * Rejects with `StoreUnavailable` when the database cannot be used; its name is `NewerDatabase`
 * when a newer release made it. Throws `BadDatabaseUrl` for a text that is no address.
 */
export async function openPostgresEngine(options: PostgresEngineOptions): Promise<MetadataEngine> {
  const { world } = options;
  const address = readPostgresUrl(options.url, (path) => world.disk.readNow(path));
  const names = new StatementNames(address.isPreparing);
  const pools = { reads: openPool(address), writes: openPool(address) };
  const gate = new Gate();
  try {
    await openSchema(pools.writes, names);
  } catch (error) {
    await endPools(pools);
    throw error;
  }
  const run = (query: pg.QueryConfig) => gate.pass(() => runRead(pools.reads, query));
  const sql = kyselyOver(run, names);
  const tidied = keepOperationsFew(pools.writes);
  const write = (async (name, ...rest) =>
    gate.pass(() => {
      tidied.count();
      return runWrite({ pool: pools.writes, names, world }, name, rest);
    })) as RunWrite;
  return assemblePorts({
    sql,
    write,
    prepare<Input, Row>(read: HotRead<Input, Row>): PreparedRead<Input, Row> {
      const { text, values } = compileRead(sql, read);
      const all = async (input: Input): Promise<Row[]> => {
        const bound = values(input);
        // PostgreSQL keeps no NUL in text, so nothing can be found under such a name.
        if (bound.some((value) => typeof value === 'string' && value.includes('\0'))) return [];
        return (await run(names.query(text, bound))).rows as Row[];
      };
      return { all, first: async (input) => (await all(input))[0] };
    },
    async close() {
      await gate.close();
      await tidied.stop();
      await endPools(pools);
    },
  });
}

async function endPools(pools: Readonly<Record<string, pg.Pool>>): Promise<void> {
  const open = Object.values(pools).filter((pool) => !pool.ending);
  await Promise.all(open.map((pool) => pool.end()));
}

/** Lets work through until it is closed; closing waits for what is inside. */
class Gate {
  #inside = 0;
  #isClosed = false;
  readonly #empty = Promise.withResolvers<void>();

  async pass<Value>(work: () => Promise<Value>): Promise<Value> {
    if (this.#isClosed) throw new StoreUnavailable('closed', 'The database is closed.');
    this.#inside += 1;
    try {
      return await work();
    } catch (error) {
      throw unavailable(error);
    } finally {
      this.#inside -= 1;
      if (this.#isClosed && this.#inside === 0) this.#empty.resolve();
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#inside === 0) this.#empty.resolve();
    await this.#empty.promise;
  }
}
