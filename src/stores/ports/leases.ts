import type { Instant } from '../../world/index.ts';

/**
 * Leases for jobs that one node of several must do at a time.
 *
 * What is atomic: each method is one step; of nodes that take at once one gets the lease.
 *
 * Whose time: the database's where it has a clock that all nodes share; the embedded engine, which
 * one process writes, goes by the `now` it is given. No node's clock is ever compared with
 * another's.
 *
 * What a holder may assume: nobody else has the lease until `forMs` after the moment *before* it
 * asked, counted by its own monotonic clock (security.md 10.3). From then on another may. A clock
 * cannot be trusted wholly (machines sleep, processes are stopped), therefore:
 *
 * Fencing: each take gives a number greater than every one before it for that lease, for ever. A
 * write that names lease and fence is made only while that fence is the last one given, in the same
 * step: a holder of yesterday changes nothing in the database. What leaves the database (bytes in
 * an object store) cannot be fenced: such work must be right beside another that does the same, and
 * the lease only spares it.
 *
 * NOT promised: that a free lease is given in turn; that a job is done exactly once.
 */
export interface LeaseStore {
  /**
   * The lease is this holder's for `forMs`. `held`: somebody's runs, also one of this holder's own.
   * `done`: the job was done less than `restMs` ago. `waitMs`: not worth asking before.
   */
  takeLease(input: {
    readonly name: string;
    readonly holder: string;
    readonly forMs: number;
    /** How long the job rests after it was done, whoever did it. */
    readonly restMs: number;
    readonly now: Instant;
  }): Promise<
    | { readonly outcome: 'taken'; readonly fence: number }
    | { readonly outcome: 'held'; readonly holder: string; readonly waitMs: number }
    | { readonly outcome: 'done'; readonly holder: string; readonly waitMs: number }
  >;
  /** Runs for `forMs` from now. `lost`: it was released, or another was given the next fence. */
  renewLease(input: LeaseTerm): Promise<'renewed' | 'lost'>;
  /** Free for the next; `isDone`: and the job rests from now on. Nothing when it was lost. */
  releaseLease(
    input: Fence & { readonly isDone: boolean; readonly now: Instant },
  ): Promise<'released' | 'lost'>;
}

/** What a write of a job names, and what is checked in its step. */
export interface Fence {
  readonly name: string;
  readonly fence: number;
}

export interface LeaseTerm extends Fence {
  readonly forMs: number;
  readonly now: Instant;
}
