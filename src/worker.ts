/**
 * A server of several processes, from a worker's side: it reads and serves, and asks the primary
 * for what is one for all (docs/decisions/0015-workers.md).
 */
import { openEngines } from './engines.ts';
import type { AskedOfPrimary, AskedOfWorkers, WorkerOrder } from './fleet.ts';
import {
  type BoundAddresses,
  listen,
  type OwnSessions,
  type Serving,
  type Together,
} from './listening.ts';
import { type OpenLog, openLog } from './log.ts';
import type { Siblings, StaleSubjects } from './stores/index.ts';
import { type Channel, type Ending, joinFleet } from './workers/index.ts';
import type { World } from './world/index.ts';

type Primary = Pick<Channel<AskedOfPrimary>, 'ask'>;

/** Makes this process a worker. It ends when its primary says so, or with it. */
export function serveAsWorker(world: World): void {
  joinFleet<AskedOfPrimary, AskedOfWorkers>((primary) => {
    const siblings = createSiblings(primary);
    const processes = createTogether(primary);
    let opened: OpenLog | undefined;
    let running: Running | undefined;
    return {
      answers: {
        async begin(order) {
          processes.takeTicketKeys(Buffer.from(order.ticketKeys));
          const isTerminal = process.stderr.isTTY === true;
          opened = openLog(order.config, isTerminal, world, process.pid);
          running = await run(order, { primary, siblings, together: processes, opened, world });
          return running.addresses;
        },
        takeTicketKeys: (keys) => processes.takeTicketKeys(Buffer.from(keys)),
        hasOtherSessions: ({ domain, accountId }) => processes.hasOther(domain, accountId),
        drop: (stale) => siblings.drop(stale),
        announceEnd: () => running?.announceEnd(),
        end: async (ending) => running?.end(ending),
      },
      async onFault(problem) {
        opened?.log.fatal({ err: problem }, 'a fault that nothing caught; this worker ends');
        await opened?.flush();
      },
    };
  });
}

interface Running {
  readonly addresses: BoundAddresses;
  announceEnd(): void;
  /** As `Serving.stop`; everything is closed then. */
  end(ending: Ending): Promise<void>;
}

async function run(
  { config }: WorkerOrder,
  {
    primary,
    siblings,
    together,
    opened,
    world,
  }: { primary: Primary; siblings: Siblings; together: Together; opened: OpenLog; world: World },
): Promise<Running> {
  const engines = await openEngines(config, world, {
    isServer: true,
    schema: 'as-it-is',
    worker: { write: (name, rest) => primary.ask('write', { name, rest }), siblings },
  });
  let serving: Serving;
  try {
    serving = await listen({ engines, config, world, log: opened.log }, together);
  } catch (error) {
    await engines.close();
    throw error;
  }
  return {
    addresses: serving.addresses,
    announceEnd: () => serving.announceEnd(),
    async end({ deadlineMs, isGentle }) {
      await serving.stop(deadlineMs, isGentle);
      await serving.services.mirrors.stop();
      await serving.accessLog.stop();
      await engines.close();
      await opened.flush();
    },
  };
}

/** The other workers, for an engine that keeps answers. */
function createSiblings(primary: Primary): Siblings & { drop(stale: StaleSubjects): void } {
  let drop = (_stale: StaleSubjects): void => {};
  return {
    tell: (stale) => primary.ask('tellSiblings', stale),
    onTold(listener) {
      drop = listener;
    },
    drop: (stale) => drop(stale),
  };
}

/** What is one for all, asked of the primary. */
function createTogether(primary: Primary): Together & {
  takeTicketKeys(keys: Buffer): void;
  hasOther(domain: string, accountId: string | undefined): boolean;
} {
  let own: OwnSessions | undefined;
  let keysNow: Buffer = Buffer.alloc(0);
  return {
    ticketKeys: {
      rotate: () => primary.ask('rotateTicketKeys', 'once'),
      rotateTwice: () => primary.ask('rotateTicketKeys', 'twice'),
    },
    takeQuestion: (accountId) => primary.ask('takeQuestion', accountId),
    domainIsOf: (domain, accountId) => primary.ask('domainIsOf', { domain, accountId }),
    join(joined) {
      own = joined;
      own.takeTicketKeys(keysNow);
    },
    takeTicketKeys(keys) {
      keysNow = keys;
      own?.takeTicketKeys(keys);
    },
    hasOther: (domain, accountId) => own?.sessions.hasOther(domain, accountId) === true,
  };
}
