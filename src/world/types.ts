import type { Disk } from './disk.ts';

/** A point in time: milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = number;

export interface Clock {
  /** Wall clock: for dates of the protocol and for expiry only. It may jump. */
  now(): Instant;
  /** Milliseconds that never run backwards: for durations, deadlines and leases. */
  monotonicMs(): number;
}

export interface Random {
  /** Unpredictable bytes, fit for tokens and keys. */
  bytes(count: number): Buffer;
}

export interface Timers {
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
  delay(ms: number, signal?: AbortSignal): Promise<void>;
  /**
   * Calls `work` every `ms` until the returned function is called. Never keeps the process alive.
   */
  every(ms: number, work: () => void): () => void;
}

export interface World {
  readonly clock: Clock;
  readonly random: Random;
  readonly timers: Timers;
  readonly disk: Disk;
}
