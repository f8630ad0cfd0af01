/** Each request earns half a retry; so many are there for a bad moment after a quiet time. */
const earnedPerRequest = 0.5;
const savedMax = 100;

/**
 * Bounds what retries add, for the whole process: over any time at most half as many retries as
 * requests, and a hundred more. A store in trouble is not drowned by us.
 */
export class RetryBudget {
  #saved = savedMax;

  /** A request begins. */
  earn(): void {
    this.#saved = Math.min(savedMax, this.#saved + earnedPerRequest);
  }

  /** False when no retry may be made. */
  spend(): boolean {
    if (this.#saved < 1) return false;
    this.#saved -= 1;
    return true;
  }
}
