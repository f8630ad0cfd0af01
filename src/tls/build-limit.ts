import type { World } from '../world/index.ts';

/** Handshakes that may wait for their turn; each holds a connection, which is bounded too. */
const waitingMax = 1_000;

export interface BuildLimit {
  /** Resolves when a context may be built; false when too many wait already. */
  turn(): Promise<boolean>;
}

/**
 * At most `perSecond` builds a second, so that a scan over many names cannot keep the event loop
 * from everybody else (DESIGN section 4). A second's worth may be used at once.
 */
export function createBuildLimit(
  world: Pick<World, 'clock' | 'timers'>,
  perSecond: number,
): BuildLimit {
  const spacingMs = 1_000 / perSecond;
  const burstMs = 1_000;
  /** The moment the next build would be due at an even pace. */
  let dueAt = Number.NEGATIVE_INFINITY;
  let waiting = 0;
  return {
    async turn() {
      const now = world.clock.monotonicMs();
      const waitMs = Math.max(dueAt, now - burstMs) + spacingMs - now;
      if (waitMs > 0 && waiting >= waitingMax) return false;
      dueAt = Math.max(dueAt, now - burstMs) + spacingMs;
      if (waitMs <= 0) return true;
      waiting++;
      try {
        await world.timers.delay(waitMs);
      } finally {
        waiting--;
      }
      return true;
    },
  };
}
