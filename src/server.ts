/**
 * A server from start to end: opens the engines, begins to serve, keeps what works beside requests,
 * and stops in reverse order. Decides nothing that a room could decide.
 */
import type { NewAccessKey } from './accounts/index.ts';
import type { Services } from './api/index.ts';
import { type Config, nodeNameOf } from './config/index.ts';
import { keepCertificatesSwept } from './ended-certificates.ts';
import { databaseOf, type Engines, openEngines } from './engines.ts';
import { forkWorkers, startFleet, type Workers } from './fleet.ts';
import type { ListenerAddress } from './http/index.ts';
import { keepLifecycle } from './lifecycle.ts';
import { drainMs, listen, type Serving } from './listening.ts';
import { type OpenLog, openLog } from './log.ts';
import { createHealth, createOperatorListener, type Health } from './operator/index.ts';
import { standAlone } from './standing-alone.ts';
import { keepSwept } from './sweeps.ts';
import type { World } from './world/index.ts';

export interface RunningServer {
  /** The addresses as bound; undefined for a listener that is off. */
  readonly addresses: {
    readonly http: ListenerAddress | undefined;
    readonly https: ListenerAddress | undefined;
    readonly console: ListenerAddress | undefined;
  };
  readonly rootAccountId: string;
  /** Set once in the life of an installation: the root key made at first start. */
  readonly generatedKey: NewAccessKey | undefined;
  /**
   * Every worker is replaced by one that serves by this configuration, without a lost request.
   * Rejects with a message for people when it cannot be; what served before serves on. `undefined`
   * where there are no workers.
   */
  readonly reload: ((config: Config) => Promise<void>) | undefined;
  /** The rooms behind the sockets; for tests. */
  readonly rooms: Services & { readonly engines: Engines };
  /**
   * Readiness turns red; after the drain delay, or as soon as `hurry` says so, stops accepting,
   * lets running requests finish (30 s at most), closes the stores.
   */
  stop(hurry?: AbortSignal): Promise<void>;
  /**
   * After a fault that nothing caught: logs it and cuts every connection. The process must end
   * then; the stores need no closing (security.md 10.1).
   */
  fall(problem: unknown): Promise<void>;
}

/**
 * A node whose database has been silent for so long is unfit, although it goes on serving what it
 * knows (security.md 9.3).
 */
const silenceMaxMs = 60_000;
/** DESIGN section 2. */
const consoleDefault = { host: '127.0.0.1', port: 9081 } as const;

/** Resolves when every listener accepts. Rejects with a message for people, everything closed. */
export async function startServer(config: Config, world: World): Promise<RunningServer> {
  const node = nodeNameOf(config);
  const opened = openLog(config, process.stderr.isTTY === true, world);
  const health = createHealth(node);
  // First to accept and last to stop, so that whoever asks how this node is, is told.
  const operator =
    config.console === 'off'
      ? undefined
      : createOperatorListener(config.console ?? consoleDefault, health, {
          world,
          onFault: (err, requestId) => opened.log.error({ err, requestId }, 'fault'),
        });
  const stopOperator = async (): Promise<void> => operator?.drain(0);
  const workers = config.workers > 1 ? forkWorkers(config, world, opened.log) : undefined;
  try {
    const consoleAddress = await operator?.start().catch((err: unknown) => {
      // Nobody asked for it: another server on this machine is no reason not to start.
      if (config.console !== undefined) throw err;
      opened.log.warn({ err }, 'no /live and /ready; set CNAMED_CONSOLE to another address');
      return undefined;
    });
    const around = { config, world, opened, health, workers, consoleAddress, stopOperator };
    return await startOn(await openForServing(around), around);
  } catch (error) {
    await Promise.all([workers?.stop(0), stopOperator()]);
    await opened.flush();
    throw error;
  }
}

/** What is there before the engines are open, and after they are closed. */
interface Around {
  readonly config: Config;
  readonly world: World;
  readonly opened: OpenLog;
  readonly health: Health;
  /** Where there are to be any. */
  readonly workers: Workers | undefined;
  readonly consoleAddress: ListenerAddress | undefined;
  stopOperator(): Promise<void>;
}

/** The engines, with what `/ready` says of them. */
async function openForServing({ config, world, opened, health }: Around): Promise<Engines> {
  const engines = await openEngines(config, world, {
    isServer: true,
    onDamage: (message) => {
      opened.log.fatal(message);
      health.watch('writes', () => message);
    },
  });
  const { reach } = engines.metadata;
  health.watch('database', () => {
    const silentMs = reach.silentForMs();
    if (silentMs <= silenceMaxMs) return undefined;
    return `The database has not answered for ${Math.floor(silentMs / 1_000)} s.`;
  });
  return engines;
}

async function startOn(engines: Engines, around: Around): Promise<RunningServer> {
  const { config, world, health, opened, consoleAddress, stopOperator } = around;
  const { log } = opened;
  try {
    log.info({ database: databaseOf(config) }, 'metadata');
    const root = await engines.accounts.ensureRootAccount(config.rootKey);
    const swept = keepSwept(engines, world, log, config);
    // What an earlier server left unfinished is told from what a worker writes by coming first.
    if (around.workers) await swept.begun;
    const serving = await serve(engines, around);
    const { services, accessLog } = serving;
    const lifecycle = keepLifecycle(engines, services.documents, world, log, accessLog.applied);
    const certificates = keepCertificatesSwept(engines, world, log);
    health.become('serving');
    return {
      addresses: { ...serving.addresses, console: consoleAddress },
      rootAccountId: root.accountId,
      generatedKey: root.generated,
      rooms: { ...services, engines },
      reload: serving.reload,
      async stop(hurry) {
        health.become('stopping');
        serving.announceEnd();
        await world.timers.delay(config.drainDelayMs, hurry).catch(() => {});
        await serving.stop(drainMs);
        const jobs = [swept, lifecycle, certificates, services.mirrors];
        await Promise.all(jobs.map((job) => job.stop()));
        await accessLog.stop();
        await engines.close();
        await stopOperator();
        await opened.flush();
      },
      async fall(problem) {
        log.fatal({ err: problem }, 'a fault that nothing caught; this server ends');
        await Promise.all([serving.stop(0), stopOperator(), opened.flush()]);
      },
    };
  } catch (error) {
    await engines.close();
    throw error;
  }
}

/** In this process, or in workers of its own. */
async function serve(
  engines: Engines,
  { config, world, opened, health, workers }: Around,
): Promise<Serving & Pick<RunningServer, 'reload'>> {
  const parts = { engines, config, world, log: opened.log };
  if (workers) return await startFleet(workers, parts, health);
  const together = standAlone(world);
  const serving = await listen(parts, together).catch((error: unknown) => {
    together.end();
    throw error;
  });
  return {
    ...serving,
    reload: undefined,
    async stop(deadlineMs) {
      together.end();
      await serving.stop(deadlineMs);
    },
  };
}
