import { StoreUnavailable } from '../ports/engine.ts';
import { unavailable } from './failures.ts';

/** Lets work through until it is closed; closing waits for what is inside. */
export class Gate {
  #inside = 0;
  #isClosed = false;
  readonly #empty = Promise.withResolvers<void>();

  /** Whatever the work rejects with, the caller gets a `StoreUnavailable`. */
  async pass<Value>(work: () => Promise<Value>): Promise<Value> {
    if (this.#isClosed) throw new StoreUnavailable('closed', 'The database is closed.');
    this.#inside += 1;
    try {
      return await work();
    } catch (error) {
      throw unavailable(error);
    } finally {
      this.#inside -= 1;
      if (this.#isClosed && this.#inside === 0) this.#empty.resolve();
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#inside === 0) this.#empty.resolve();
    await this.#empty.promise;
  }
}
