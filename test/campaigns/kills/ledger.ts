/**
 * What must be true of one thing that clients change while the server may die: the state last
 * acknowledged, or the one asked for when the answer did not come. Once looked at, it stays.
 */
import assert from 'node:assert/strict';

export class Ledger<State> {
  readonly name: string;
  #sure: State;
  #asked: { readonly state: State } | undefined;
  /** Changes that were acknowledged. */
  acknowledged = 0;
  /** Changes whose answer did not come. */
  unanswered = 0;

  constructor(name: string, start: State) {
    this.name = name;
    this.#sure = start;
  }

  /** The state last acknowledged. */
  get sure(): State {
    return this.#sure;
  }

  /** Asks for a change by `work`, which resolves when it is acknowledged. */
  async change(state: State, work: () => Promise<void>): Promise<void> {
    assert.equal(this.#asked, undefined, `${this.name}: one change at a time`);
    this.#asked = { state };
    this.unanswered++;
    await work();
    this.unanswered--;
    this.#sure = state;
    this.#asked = undefined;
    this.acknowledged++;
  }

  /** Compares with what is seen after a restart; from then on that is the state. */
  settle(seen: State): void {
    const possible = this.#asked ? [this.#sure, this.#asked.state] : [this.#sure];
    assert.ok(
      possible.some((state) => JSON.stringify(state) === JSON.stringify(seen)),
      `${this.name}: seen ${JSON.stringify(seen)}, possible ${JSON.stringify(possible)}`,
    );
    this.#sure = seen;
    this.#asked = undefined;
  }
}
