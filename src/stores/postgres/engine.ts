import type pg from 'pg';
import type { World } from '../../world/index.ts';
import type { MetadataEngine } from '../ports/engine.ts';
import { Answers } from '../serving/answers.ts';
import { directReads, keptReads } from '../serving/reads.ts';
import { assemblePorts } from '../sql/ports.ts';
import { compileRead, type HotRead, type PreparedRead } from '../sql/prepared.ts';
import { changesAfter, changesSince } from '../sql/revisions.ts';
import type { RunWrite } from '../sql/writes.ts';
import { type PostgresAddress, readPostgresUrl } from './address.ts';
import { openPool } from './connections.ts';
import { kyselyOver, type RunStatement, StatementNames } from './dialect.ts';
import { createFollowing, type Following } from './following.ts';
import { Gate } from './gate.ts';
import { openSchema } from './opening.ts';
import { keepOperationsFew } from './operations.ts';
import { seeingOwnWrites } from './own-writes.ts';
import { runRead } from './reading.ts';
import { runWrite } from './transactions.ts';

export interface PostgresEngineOptions {
  /** `postgres://account:password@host:port/database?sslmode=...` (see `readPostgresUrl`). */
  readonly url: string;
  readonly world: Pick<World, 'clock' | 'random' | 'timers' | 'disk'>;
  /** A node that serves keeps answers and follows the changes of the others. */
  readonly isServing?: boolean;
  /** Whether notifications shorten the wait for changes; without them they are asked for alone. */
  readonly isListening?: boolean;
}

/** A question for changes that takes longer is given up: the bound of ruling 12 is 10 s. */
const changesWithinMs = 3_000;

/**
 * The engine of several nodes, over one PostgreSQL database (15 or newer). Two pools: a read never
 * waits behind the locks of writes. Opening makes or upgrades the tables.
 *
 * Rejects with `StoreUnavailable` when the database cannot be used; its name is `NewerDatabase`
 * when a newer release made it. Rejects with `BadDatabaseUrl` for a text that is no address.
 */
export async function openPostgresEngine(options: PostgresEngineOptions): Promise<MetadataEngine> {
  const address = readPostgresUrl(options.url, (path) => options.world.disk.readNow(path));
  const names = new StatementNames(address.isPreparing);
  const pools: Pools = { reads: openPool(address), writes: openPool(address) };
  try {
    await openSchema(pools.writes, names);
    return await assemble(options, address, names, pools);
  } catch (error) {
    await endPools(pools);
    throw error;
  }
}

interface Pools {
  readonly reads: pg.Pool;
  readonly writes: pg.Pool;
}

async function assemble(
  { world, isServing, isListening }: PostgresEngineOptions,
  address: PostgresAddress,
  names: StatementNames,
  pools: Pools,
): Promise<MetadataEngine> {
  const gate = new Gate();
  const answers = new Answers();
  const following = createFollowing({ address, pool: pools.reads, answers, world });
  const tidied = keepOperationsFew(pools.writes);
  const run: RunStatement = (query) => gate.pass(() => runRead(pools.reads, query));
  const prepare = preparing(run, names);
  const write = ((name, ...rest) =>
    gate.pass(() => {
      tidied.count();
      return runWrite({ pool: pools.writes, names, world }, name, rest);
    })) as RunWrite;
  const stores = assemblePorts({
    sql: kyselyOver(run, names),
    write: seeingOwnWrites(write, answers, following.announce),
    prepare,
    hasOwnClock: true,
    async close() {
      await gate.close();
      await following.stop();
      await tidied.stop();
      await endPools(pools);
    },
  });
  if (isServing !== true) {
    return { ...stores, serving: directReads(stores), reach: following.reach };
  }
  await follow(following, run, names, isListening !== false);
  return { ...stores, serving: keptReads(stores, answers), reach: following.reach };
}

async function follow(
  following: Following,
  run: RunStatement,
  names: StatementNames,
  isListening: boolean,
): Promise<void> {
  const runSoon: RunStatement = (query) => {
    const soon = { ...query, query_timeout: changesWithinMs };
    return run(soon);
  };
  const read = preparing(runSoon, names)(changesAfter);
  const changes = {
    changesSince: (revision: number, limit: number) => changesSince(read, revision, limit),
  };
  await following.start(changes, isListening);
}

function preparing(run: RunStatement, names: StatementNames) {
  const sql = kyselyOver(run, names);
  return <Input, Row>(read: HotRead<Input, Row>): PreparedRead<Input, Row> => {
    const { text, values } = compileRead(sql, read);
    const all = async (input: Input): Promise<Row[]> => {
      const bound = values(input);
      // PostgreSQL keeps no NUL in text, so nothing can be found under such a name.
      if (bound.some((value) => typeof value === 'string' && value.includes('\0'))) return [];
      return (await run(names.query(text, bound))).rows as Row[];
    };
    return { all, first: async (input) => (await all(input))[0] };
  };
}

async function endPools({ reads, writes }: Pools): Promise<void> {
  const open = [reads, writes].filter((pool) => !pool.ending);
  await Promise.all(open.map((pool) => pool.end()));
}
