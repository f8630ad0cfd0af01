import type { World } from '../../world/index.ts';
import { type MetadataEngine, StoreUnavailable } from '../ports/engine.ts';
import type { SchemaWish } from '../ports/schema.ts';
import { Answers } from '../serving/answers.ts';
import { directReads, keptReads } from '../serving/reads.ts';
import { RememberedObjects } from '../serving/remembered-objects.ts';
import { shardsInTurn } from '../sql/counters.ts';
import { assemblePorts } from '../sql/ports.ts';
import { compileRead, type HotRead, type PreparedRead } from '../sql/prepared.ts';
import { changesAfter, changesSince } from '../sql/revisions.ts';
import type { RunWrite } from '../sql/writes.ts';
import { type PostgresAddress, readPostgresUrl } from './address.ts';
import { Connections } from './connections.ts';
import { kyselyOver, type RunStatement, StatementNames } from './dialect.ts';
import { ConnectionLost } from './failures.ts';
import { createFollowing } from './following.ts';
import { Gate } from './gate.ts';
import { openSchema } from './opening.ts';
import { keepOperationsFew } from './operations.ts';
import { dropStale, type StaleSubjects, seeingOwnWrites } from './own-writes.ts';
import { Primary } from './primary.ts';
import { runRead } from './reading.ts';
import { runWrite } from './transactions.ts';

export interface PostgresEngineOptions {
  /** `postgres://account:password@host:port/database?sslmode=...` (see `readPostgresUrl`). */
  readonly url: string;
  readonly world: Pick<World, 'clock' | 'random' | 'timers' | 'disk'>;
  /** A node that serves keeps answers and follows the changes of the others. */
  readonly isServing?: boolean;
  /** `upgraded` when left out. */
  readonly schema?: SchemaWish;
  /** Other processes of this node over the same database. */
  readonly siblings?: Siblings;
  /** Told to the server with each connection, for people who look at its list of them. */
  readonly nodeName?: string;
}

/** What the processes of one node tell each other, so that each sees what any has changed. */
export interface Siblings {
  /** When it has resolved, no sibling answers from what this change made stale. */
  tell(stale: StaleSubjects): Promise<void>;
  /** Calls `listener` with what a sibling tells; what it drops is dropped when it returns. */
  onTold(listener: (stale: StaleSubjects) => void): void;
}

/**
 * Parts of a bucket's counters: eight writes of eight nodes at once have each their own, and a sum
 * of so many rows still costs less than its round trip.
 */
const counterShards = 64;

/**
 * The engine of several nodes, over one PostgreSQL database (15 or newer). Two pools: a read never
 * waits behind the locks of writes. Opening makes or upgrades the tables, unless told not to.
 *
 * Rejects with `StoreUnavailable` when the database cannot be used; its name is `NewerDatabase`
 * when a newer release made it, `OlderDatabase` when an older one did and it is wanted as it is.
 * Rejects with `BadDatabaseUrl` for a text that is no address.
 */
export async function openPostgresEngine(options: PostgresEngineOptions): Promise<MetadataEngine> {
  const { world } = options;
  const address = readPostgresUrl(options.url, (path) => world.disk.readNow(path));
  const names = new StatementNames(address.isPreparing);
  const primary = new Primary(address, world, options.nodeName);
  const pools: Pools = {
    reads: new Connections(primary, address.connectionsMax, world),
    writes: new Connections(primary, address.connectionsMax, world),
  };
  try {
    await openSchema(pools.writes, names, options.schema ?? 'upgraded');
    return await assemble(options, address, names, primary, pools);
  } catch (error) {
    endPools(pools);
    throw error;
  }
}

interface Pools {
  readonly reads: Connections;
  readonly writes: Connections;
}

async function assemble(
  { world, isServing, siblings }: PostgresEngineOptions,
  address: PostgresAddress,
  names: StatementNames,
  primary: Primary,
  pools: Pools,
): Promise<MetadataEngine> {
  const gate = new Gate();
  const answers = new Answers();
  const objects = new RememberedObjects({
    isUnreachable: (error) =>
      error instanceof StoreUnavailable && error.cause instanceof ConnectionLost,
    contactAt: () => primary.answeredAt,
    clock: world.clock,
  });
  const following = createFollowing({
    ...{ address, primary, answers, world },
    connections: pools.reads,
  });
  const tidied = keepOperationsFew(pools.writes);
  const run: RunStatement = (query) => gate.pass(() => runRead(pools.reads, query));
  const write = ((name, ...rest) =>
    gate.pass(() => {
      tidied.count();
      return runWrite({ connections: pools.writes, names, world }, name, rest);
    })) as RunWrite;
  siblings?.onTold((stale) => dropStale(answers, stale));
  const stores = assemblePorts({
    sql: kyselyOver(run, names),
    write: seeingOwnWrites(
      write,
      { answers, objects },
      { announce: following.announce, tellSiblings: async (stale) => siblings?.tell(stale) },
    ),
    prepare: preparing(run, names),
    pickShard: shardsInTurn(world.random.bytes(1).readUInt8(0), counterShards),
    hasOwnClock: true,
    async close() {
      await gate.close();
      await following.stop();
      await tidied.stop();
      endPools(pools);
    },
  });
  if (isServing !== true) {
    return { ...stores, serving: directReads(stores), seen: undefined, reach: following.reach };
  }
  await following.start((ask) => {
    const read = preparing((query) => gate.pass(() => ask(query)), names)(changesAfter);
    return { changesSince: (revision, limit) => changesSince(read, revision, limit) };
  });
  return {
    ...stores,
    serving: keptReads(stores, answers, objects),
    seen: undefined,
    reach: following.reach,
  };
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

function endPools({ reads, writes }: Pools): void {
  reads.end();
  writes.end();
}
