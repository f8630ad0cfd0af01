/**
 * A server of several processes, from the primary's side: it holds the folder, the writer, the jobs
 * and what is one for all; workers serve (docs/decisions/0015-workers.md).
 */
import { createQuestionLimit } from './cname/index.ts';
import type { Config } from './config/index.ts';
import { type BoundAddresses, drainMs, openAccessLog, type Serving } from './listening.ts';
import type { Log } from './log.ts';
import type { Health } from './operator/index.ts';
import { createServices, type ServiceParts } from './services.ts';
import type { StaleSubjects, WriteOutcome } from './stores/index.ts';
import { createTicketKeys } from './tls/index.ts';
import {
  type Answers,
  Fleet,
  type FleetEvent,
  type FleetQuestions,
  forkWorker,
  type WorkerQuestions,
} from './workers/index.ts';
import type { World } from './world/index.ts';

/** What a worker begins with. */
export interface WorkerOrder {
  readonly config: Config;
  readonly ticketKeys: Uint8Array;
}

interface OwnerOfDomain {
  readonly domain: string;
  readonly accountId: string | undefined;
}

/** What the primary asks of a worker. */
export interface AskedOfWorkers extends FleetQuestions {
  readonly begin: readonly [WorkerOrder, BoundAddresses];
  /** From now on sessions are made and resumed with these. */
  readonly takeTicketKeys: readonly [Uint8Array, undefined];
  /** Whether it may have made sessions under this name with another account's certificate. */
  readonly hasOtherSessions: readonly [OwnerOfDomain, boolean];
  /** What was kept of these is dropped. */
  readonly drop: readonly [StaleSubjects, undefined];
}

/** What a worker asks of the primary. */
export interface AskedOfPrimary extends WorkerQuestions {
  /** A write of the embedded engine. */
  readonly write: readonly [
    { readonly name: string; readonly rest: readonly unknown[] },
    WriteOutcome,
  ];
  /** Every sibling has dropped these when it is answered. */
  readonly tellSiblings: readonly [StaleSubjects, undefined];
  readonly domainIsOf: readonly [OwnerOfDomain, undefined];
  readonly rotateTicketKeys: readonly ['once' | 'twice', undefined];
  readonly takeQuestion: readonly [string, number];
}

export type Workers = Fleet<AskedOfWorkers, AskedOfPrimary>;

/** The processes; they wait for `startFleet`, or for `Workers.stop`. */
export function forkWorkers({ workers }: Config, world: World, log: Log): Workers {
  return new Fleet({
    count: workers,
    world,
    fork: forkWorker,
    report: (event) => report(log, event),
  });
}

/** Resolves when every worker accepts; rejects, with none left, when one cannot begin. */
export async function startFleet(
  fleet: Workers,
  parts: ServiceParts,
  health: Health,
): Promise<Serving & { reload(config: Config): Promise<void> }> {
  const { engines, world, log } = parts;
  let { config } = parts;
  const questions = createQuestionLimit(world.clock);
  /** Those of now, for workers that begin. */
  let keysNow: Buffer = Buffer.alloc(0);
  const ticketKeys = createTicketKeys({
    world,
    async apply(keys) {
      const before = keysNow;
      keysNow = Buffer.from(keys);
      await fleet.askAll('takeTicketKeys', keysNow);
      // Not earlier: they may have been on their way to a worker.
      before.fill(0);
    },
  });
  const domainIsOf = async (owner: OwnerOfDomain): Promise<void> => {
    const others = await fleet.askAll('hasOtherSessions', owner);
    if (others.includes(true)) await ticketKeys.rotateTwice();
  };
  const answers = (number: number): Omit<Answers<AskedOfPrimary>, 'hello'> => ({
    write: ({ name, rest }) => engines.writeFor(name, rest),
    async tellSiblings(stale) {
      await fleet.askAll('drop', stale, number);
    },
    domainIsOf,
    async rotateTicketKeys(times) {
      await (times === 'once' ? ticketKeys.rotate() : ticketKeys.rotateTwice());
    },
    takeQuestion: (accountId) => questions.take(accountId),
  });
  await ticketKeys.rotate();
  const services = await createServices(parts, {
    takeQuestion: (accountId) => questions.take(accountId),
    domainIsOf: async (domain, accountId) => domainIsOf({ domain, accountId }),
    publicEndpoint: () => config.publicEndpoint ?? '',
  });
  const orderOf = (settings: Config) => (): WorkerOrder => ({
    config: settings,
    ticketKeys: keysNow,
  });
  const addresses = await fleet
    .start({ order: orderOf(config), answers })
    .catch((error: unknown) => {
      ticketKeys.stop();
      throw error;
    });
  health.watchWorkers(() => ({ count: config.workers, serving: fleet.serving }));
  return {
    addresses,
    services,
    accessLog: openAccessLog(services, config, world, log),
    announceEnd: () => fleet.announceEnd(),
    async stop(deadlineMs) {
      ticketKeys.stop();
      await fleet.stop(deadlineMs);
    },
    async reload(next) {
      refuseFixed(config, next);
      await fleet.reload(orderOf(next), next.drainDelayMs + drainMs);
      config = next;
      log.info({ workers: fleet.serving }, 'reloaded');
    },
  };
}

/** What the primary goes by itself, and so the whole server until it is restarted. */
const fixed = {
  workers: 'workers',
  dataDir: 'data-dir',
  databaseUrl: 'database-url',
  objectStore: 'object-store',
  masterKeyFile: 'master-key-file',
  rootKey: 'access-key-id',
  console: 'console',
  nodeName: 'node-name',
  garbageAgeMs: 'garbage-age',
  region: 'region',
} as const satisfies Partial<Record<keyof Config, string>>;

function refuseFixed(before: Config, next: Config): void {
  const changed = Object.entries(fixed).flatMap(([field, name]) => {
    const of = (config: Config) => JSON.stringify(config[field as keyof typeof fixed]);
    return of(before) === of(next) ? [] : [name];
  });
  if (changed.length === 0) return;
  throw new Error(`What has changed needs a restart: ${changed.join(', ')}.`);
}

function report(log: Log, { event, ...facts }: FleetEvent): void {
  const { problem: err, ...rest } = { problem: undefined, ...facts };
  log[event === 'replaced' ? 'info' : 'error']({ err, ...rest }, `worker ${event}`);
}
