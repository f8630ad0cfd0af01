/**
 * Does a job while this node has its lease. The rules of a holder are here, once: it counts its
 * term by the monotonic clock from before it asked, renews in good time, and stops when the term
 * is over, whatever the reason (ports/leases.ts).
 */
import type { World } from '../world/index.ts';
import type { Fence, LeaseStore } from './ports/leases.ts';

export interface LeasedJob {
  readonly name: string;
  /** Who asks: another process is another holder. */
  readonly holder: string;
  /** How long a holder that died keeps the others waiting. */
  readonly forMs: number;
  /** How long the job rests after it was done, whoever did it. */
  readonly restMs: number;
  readonly leases: LeaseStore;
  readonly world: Pick<World, 'clock' | 'timers'>;
  /** Ends the job: the lease is given back, and the job is not done. */
  readonly signal: AbortSignal;
}

export interface HeldLease extends Fence {
  /** Aborted when the lease is lost, its term is over, or the job is told to end. */
  readonly signal: AbortSignal;
  /** To be asked before each step: a process that slept hears it here before its timers tell. */
  isHeld(): boolean;
}

export type JobOutcome<Value> =
  /** The job rests now, on every node. */
  | { readonly outcome: 'done'; readonly value: Value }
  /** Ended before it was done: told to, or no holder any more. Some node begins anew. */
  | { readonly outcome: 'ended' }
  /** Another node has it, or it was done lately. Not worth asking before `waitMs` are over. */
  | { readonly outcome: 'not-now'; readonly waitMs: number };

/** So often within a term it is renewed: two answers may be lost before the job is. */
const renewalsPerTerm = 3;

/**
 * Rejects with what the work rejects with. The job is not done then, and its lease is left to run
 * out: a pause before the next try, for all nodes.
 */
export async function underLease<Value>(
  job: LeasedJob,
  work: (held: HeldLease) => Promise<Value>,
): Promise<JobOutcome<Value>> {
  const { leases, name, holder, forMs, restMs } = job;
  const { clock } = job.world;
  const askedAt = clock.monotonicMs();
  const taken = await leases.takeLease({ name, holder, forMs, restMs, now: clock.now() });
  if (taken.outcome !== 'taken') return { outcome: 'not-now', waitMs: taken.waitMs };
  const term = new Term(job, taken.fence, askedAt + forMs);
  try {
    const value = await work(term);
    const isDone = term.isHeld();
    await term.release(isDone);
    return isDone ? { outcome: 'done', value } : { outcome: 'ended' };
  } finally {
    await term.end();
  }
}

class Term implements HeldLease {
  readonly name: string;
  readonly fence: number;
  readonly signal: AbortSignal;
  readonly #job: LeasedJob;
  readonly #over = new AbortController();
  readonly #ended = new AbortController();
  readonly #renewing: Promise<void>;
  #until: number;

  constructor(job: LeasedJob, fence: number, until: number) {
    this.#job = job;
    this.name = job.name;
    this.fence = fence;
    this.signal = AbortSignal.any([this.#over.signal, job.signal]);
    this.#until = until;
    this.#renewing = this.#renew();
  }

  isHeld(): boolean {
    if (this.#job.world.clock.monotonicMs() >= this.#until) this.#over.abort();
    return !this.signal.aborted;
  }

  /** Renews no more. */
  async end(): Promise<void> {
    this.#ended.abort();
    await this.#renewing;
  }

  /** What cannot be given back runs out by itself. */
  async release(isDone: boolean): Promise<void> {
    await this.end();
    const { leases, world } = this.#job;
    const released = { name: this.name, fence: this.fence, isDone, now: world.clock.now() };
    await leases.releaseLease(released).catch(() => {});
  }

  async #renew(): Promise<void> {
    const { leases, forMs, world } = this.#job;
    for (;;) {
      await world.timers.delay(forMs / renewalsPerTerm, this.#ended.signal).catch(() => {});
      if (this.#ended.signal.aborted || !this.isHeld()) return;
      const askedAt = world.clock.monotonicMs();
      const term = { name: this.name, fence: this.fence, forMs, now: world.clock.now() };
      // A database that does not answer may do so before the term is over.
      const answer = await leases.renewLease(term).catch(() => 'unknown' as const);
      if (answer === 'renewed') this.#until = askedAt + forMs;
      if (answer === 'lost') this.#over.abort();
    }
  }
}
