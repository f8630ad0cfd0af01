import type { World } from '../world/index.ts';
import { handshakeMsMax } from './session-owners.ts';

/** Name, HMAC and AES keys of session tickets together, as the runtime takes them. */
const keyBytes = 48;
/** The runtime never rotates by itself (security.md 5.5). */
const rotateEveryMs = 12 * 60 * 60 * 1_000;

/** The keys of session tickets, the same in every process of a server. */
export interface TicketKeys {
  /** No session made before is resumed, by any of the processes, when this has resolved. */
  rotate(): Promise<void>;
  /**
   * The same, and once more later: a handshake that has its certificate already ends with a session
   * under the new keys.
   */
  rotateTwice(): Promise<void>;
}

/**
 * Fresh random keys are applied at every rotation, and there is one every 12 hours at the least;
 * the first one is the caller's. Old keys are not kept.
 */
export function createTicketKeys(options: {
  readonly world: Pick<World, 'random' | 'timers'>;
  /** Hands the keys to whoever makes sessions; they are overwritten when it has returned. */
  readonly apply: (keys: Buffer) => void | Promise<void>;
}): TicketKeys & { stop(): void } {
  const { random, timers } = options.world;
  const stopping = new AbortController();

  async function rotate(): Promise<void> {
    const keys = random.bytes(keyBytes);
    try {
      await options.apply(keys);
    } finally {
      keys.fill(0);
    }
  }

  const stopRegular = timers.every(rotateEveryMs, () => void rotate());
  return {
    rotate,
    rotateTwice() {
      timers.delay(handshakeMsMax, stopping.signal).then(rotate, () => {});
      return rotate();
    },
    stop() {
      stopping.abort();
      stopRegular();
    },
  };
}
