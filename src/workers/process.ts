/** The processes themselves. Only here is the platform asked for one. */
import cluster, { type Worker } from 'node:cluster';
import type { Message } from './channel.ts';

/** A process of the fleet as the primary sees it. */
export interface WorkerProcess {
  readonly pid: number;
  /** Never throws: of a process that is gone, `onExit` tells. */
  send(messages: readonly Message[]): void;
  /** SIGKILL. */
  kill(): void;
}

export interface WorkerListeners {
  onMessages(messages: readonly Message[]): void;
  /** The last that is heard of it; `how` is for people. */
  onExit(how: string): void;
}

/** Starts this program once more, as a worker. */
export function forkWorker({ onMessages, onExit }: WorkerListeners): WorkerProcess {
  // All accept from one queue of the system: a worker that ends leaves nobody waiting in a queue of
  // its own, whoever has time takes the next one, and no connection passes through a process that
  // does not serve it.
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  cluster.setupPrimary({ args: [workerArgument], serialization: 'advanced' });
  const worker: Worker = cluster.fork();
  worker.on('message', (message: unknown) => onMessages(message as readonly Message[]));
  worker.once('exit', (code, signal) => onExit(signal ? `by ${signal}` : `with code ${code}`));
  // A message to a process that has just died.
  worker.on('error', () => {});
  return {
    pid: worker.process.pid ?? 0,
    send: (messages) => {
      if (worker.isConnected()) worker.send(messages as unknown as object);
    },
    kill: () => void worker.process.kill('SIGKILL'),
  };
}

/** For people who look at a list of processes. */
const workerArgument = 'worker';

/** Whether this process was started by `forkWorker`. */
export function isWorker(): boolean {
  return cluster.isWorker;
}

/** The way to the primary. The process ends when the primary does, and with a fault. */
export function connectToPrimary({
  onMessages,
  onFault,
}: Pick<WorkerListeners, 'onMessages'> & { onFault(problem: unknown): Promise<void> }): {
  send(messages: readonly Message[]): void;
  /** Ends this process; what it was asked to do is done. */
  leave(): void;
} {
  // A terminal and a supervisor tell all processes of a group: when this one ends, the primary
  // says.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
  process.on('message', (message: unknown) => onMessages(message as readonly Message[]));
  process.once('disconnect', () => process.exit(1));
  process.on('uncaughtException', (problem) => {
    const fall = (): never => process.exit(1);
    onFault(problem).then(fall, fall);
  });
  return {
    send: (messages) => void process.send?.(messages),
    leave: () => process.exit(0),
  };
}
