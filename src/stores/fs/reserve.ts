import type { World } from '../../world/index.ts';
import { StoreUnavailable } from '../ports/engine.ts';

/** The volume is asked at most this often while plenty is left. */
const measureEveryMs = 1_000;

/**
 * Keeps a reserve of free space for the database and for deletions (security.md 8.4): a blob that
 * would eat into it is refused before the volume is full.
 */
export class Reserve {
  readonly #world: World;
  readonly #folder: string;
  readonly #reserveBytes: number;
  readonly #writersCount: number;
  #spendable = 0;
  /** Promised to writers who have not written it yet: the volume still counts it as free. */
  #promised = 0;
  #measuredAt = Number.NEGATIVE_INFINITY;

  constructor(
    world: World,
    folder: string,
    { reserveBytes, writersCount }: { reserveBytes: number; writersCount: number },
  ) {
    this.#world = world;
    this.#folder = folder;
    this.#reserveBytes = reserveBytes;
    this.#writersCount = writersCount;
  }

  /** Promises `bytes` to a writer; rejects as full when the reserve would shrink. */
  async take(bytes: number): Promise<void> {
    const isStale = this.#world.clock.monotonicMs() - this.#measuredAt >= measureEveryMs;
    // Between two measurements at most half of what was free is given away unseen.
    if (isStale || bytes > this.#spendable / 2) await this.#measure();
    if (bytes > this.#spendable) {
      throw new StoreUnavailable('full', 'The volume of the objects has reached its reserve.');
    }
    this.#spendable -= bytes;
    this.#promised += bytes;
  }

  /** So many promised bytes were written, or will not be. */
  settle(bytes: number): void {
    this.#promised -= bytes;
  }

  async #measure(): Promise<void> {
    const free = await this.#world.disk.freeBytes(this.#folder);
    // What other writers have promised nobody here knows: each keeps to its part.
    const part = Math.floor((free - this.#reserveBytes) / this.#writersCount);
    this.#spendable = part - this.#promised;
    this.#measuredAt = this.#world.clock.monotonicMs();
  }
}
