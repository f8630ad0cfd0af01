import type { World } from './types.ts';

/** Who may wait at once; each holds a connection, which is bounded too. */
const waitingMax = 1_000;

/** Something that may be done so many times a second. */
export interface Pace {
  /** Resolves when it may be done once; false when too many wait already. */
  turn(): Promise<boolean>;
  /** Whether it may be done once at this moment; if so, that turn is taken. */
  turnNow(): boolean;
}

/**
 * At most `perSecond` turns a second, so that work which anybody can cause cannot keep the event
 * loop from everybody else (DESIGN section 4). A second's worth may be used at once.
 */
export function createPace(world: Pick<World, 'clock' | 'timers'>, perSecond: number): Pace {
  const spacingMs = 1_000 / perSecond;
  const burstMs = 1_000;
  /** The moment the next turn would be due at an even pace. */
  let dueAt = Number.NEGATIVE_INFINITY;
  let waiting = 0;

  /** When a turn that is asked for at `now` would be due. */
  const nextAt = (now: number): number => Math.max(dueAt, now - burstMs) + spacingMs;

  function turnNow(): boolean {
    const now = world.clock.monotonicMs();
    const due = nextAt(now);
    if (due > now) return false;
    dueAt = due;
    return true;
  }

  return {
    turnNow,
    async turn() {
      if (turnNow()) return true;
      if (waiting >= waitingMax) return false;
      const now = world.clock.monotonicMs();
      dueAt = nextAt(now);
      waiting++;
      try {
        await world.timers.delay(dueAt - now);
      } finally {
        waiting--;
      }
      return true;
    },
  };
}
