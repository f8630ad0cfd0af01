import type { World } from '../../world/index.ts';
import { StoreUnavailable } from '../ports/engine.ts';

/** So long an upload waits for others to end before it is refused; clients then come again. */
const waitMaxMs = 10_000;

interface Waiting {
  readonly bytes: number;
  readonly admit: () => void;
}

/**
 * Bounds the bytes of all parts being gathered or sent. A writer asks once, for the one buffer it
 * needs; more it takes only when that is free at once. So no two ever wait for each other.
 */
export class UploadMemory {
  readonly #world: World;
  readonly #waiting: Waiting[] = [];
  #free: number;

  constructor(world: World, bytes: number) {
    this.#world = world;
    this.#free = bytes;
  }

  /** Rejects with `StoreUnavailable` when there was no room for a while. */
  async reserve(bytes: number): Promise<void> {
    if (this.tryReserve(bytes)) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const own: Waiting = { bytes, admit: resolve };
    this.#waiting.push(own);
    const admitted = new AbortController();
    let isAdmitted = false;
    const refused = this.#world.timers.delay(waitMaxMs, admitted.signal).catch(() => {});
    await Promise.race([
      promise.then(() => {
        isAdmitted = true;
      }),
      refused,
    ]);
    admitted.abort();
    if (isAdmitted) return;
    const place = this.#waiting.indexOf(own);
    // Admitted in the very moment the wait ended.
    if (place === -1) return;
    this.#waiting.splice(place, 1);
    throw new StoreUnavailable('failed', 'Too many uploads at once: no memory for another part.');
  }

  /** Never ahead of those who wait. */
  tryReserve(bytes: number): boolean {
    if (this.#waiting.length > 0 || bytes > this.#free) return false;
    this.#free -= bytes;
    return true;
  }

  release(bytes: number): void {
    this.#free += bytes;
    for (;;) {
      const [first] = this.#waiting;
      if (first === undefined || first.bytes > this.#free) return;
      this.#waiting.shift();
      this.#free -= first.bytes;
      first.admit();
    }
  }
}
