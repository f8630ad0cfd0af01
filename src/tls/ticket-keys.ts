import type { World } from '../world/index.ts';

/** Name, HMAC and AES keys of session tickets together, as the runtime takes them. */
const keyBytes = 48;
/** The runtime never rotates by itself (security.md 5.5). */
const rotateEveryMs = 12 * 60 * 60 * 1_000;

export interface TicketKeys {
  /**
   * From now on no session made before is resumed. Called after an unbind, a release, a transfer,
   * and when a certificate of another account takes a domain (security.md 5.5).
   */
  rotate(): void;
  /** Ends the regular rotation. */
  stop(): void;
}

/** Fresh random keys are applied at once, and again every 12 hours. Old ones are not kept. */
export function createTicketKeys(options: {
  readonly world: Pick<World, 'random' | 'timers'>;
  /** Hands the keys to the listener; they are overwritten when it returns. */
  readonly apply: (keys: Buffer) => void;
}): TicketKeys {
  function rotate(): void {
    const keys = options.world.random.bytes(keyBytes);
    options.apply(keys);
    keys.fill(0);
  }
  rotate();
  const stop = options.world.timers.every(rotateEveryMs, rotate);
  return { rotate, stop };
}
