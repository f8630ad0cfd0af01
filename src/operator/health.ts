/** What a node knows of its own fitness. */

export type ServerState =
  /** Not every listener accepts yet, e.g. tables are being made. */
  | 'starting'
  | 'serving'
  /** Told to stop: still answers, and wants no new connections. */
  | 'stopping';

/** `undefined` while all is well, else what is wrong, in a sentence. */
export type HealthCheck = () => string | undefined;

export interface HealthReport {
  readonly node: string;
  /** Whether a balancer should send connections here. */
  readonly ready: boolean;
  readonly state: ServerState;
  /** By name of the check: `ok`, or what is wrong. */
  readonly checks: Readonly<Record<string, string>>;
  /** Of a server of several processes. */
  readonly workers?: WorkerReport;
}

export interface WorkerReport {
  /** So many there should be. */
  readonly count: number;
  /** Process ids of those that accept. */
  readonly serving: readonly number[];
}

export interface Health {
  become(state: ServerState): void;
  /** From now on the check is made at every question; it must be cheap and not throw. */
  watch(name: string, check: HealthCheck): void;
  /** From now on the report tells of workers; unfit is who has none that serves. */
  watchWorkers(workers: () => WorkerReport): void;
  report(): HealthReport;
}

export function createHealth(node: string): Health {
  const checks = new Map<string, HealthCheck>();
  let state: ServerState = 'starting';
  let workers: (() => WorkerReport) | undefined;
  return {
    become(next) {
      state = next;
    },
    watch(name, check) {
      checks.set(name, check);
    },
    watchWorkers(report) {
      workers = report;
      checks.set('workers', () => (report().serving.length > 0 ? undefined : 'No worker serves.'));
    },
    report() {
      const found: Record<string, string> = {};
      let isWell = true;
      for (const [name, check] of checks) {
        const trouble = check();
        found[name] = trouble ?? 'ok';
        if (trouble !== undefined) isWell = false;
      }
      const ready = isWell && state === 'serving';
      return { node, ready, state, checks: found, ...(workers && { workers: workers() }) };
    },
  };
}
