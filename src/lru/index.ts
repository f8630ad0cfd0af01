/** What is kept for speed, within bounds. Knows nothing of what it keeps. */

interface Entry<Value> {
  readonly key: string;
  readonly value: Value;
  readonly cost: number;
  /** Used the last time before this one; undefined: none was. */
  older: Entry<Value> | undefined;
  newer: Entry<Value> | undefined;
}

export interface LruBounds {
  /** Entries; any number when left out. */
  readonly countMax?: number;
  /** Of all costs together, in the unit of the one who gives them; any sum when left out. */
  readonly costMax?: number;
}

/**
 * Values by key, the longest unused dropped first. Always within its bounds: a value that is beyond
 * them by itself is not kept. Whatever it does costs the same however many it keeps.
 */
export class Lru<Value> {
  // A Map knows no `__proto__` (security.md 5.2). The order of use is a list of its own: a Map
  // keeps the places of removed keys until it is made anew, and whoever asks for its first key
  // walks through all of them (25 µs with 60,000 kept, AMD EPYC).
  readonly #entries = new Map<string, Entry<Value>>();
  #oldest: Entry<Value> | undefined;
  #newest: Entry<Value> | undefined;
  readonly #countMax: number;
  readonly #costMax: number;
  readonly #onDropped: ((key: string, value: Value) => void) | undefined;
  #cost = 0;

  /** `onDropped`: told of each value that is not kept or not any more, replaced ones among them. */
  constructor(
    { countMax, costMax }: LruBounds,
    onDropped?: ((key: string, value: Value) => void) | undefined,
  ) {
    this.#countMax = countMax ?? Number.POSITIVE_INFINITY;
    this.#costMax = costMax ?? Number.POSITIVE_INFINITY;
    this.#onDropped = onDropped;
  }

  get count(): number {
    return this.#entries.size;
  }

  get cost(): number {
    return this.#cost;
  }

  /** The value of this key, which is the last to be dropped now. */
  find(key: string): Value | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (entry !== this.#newest) {
      this.#unlink(entry);
      this.#append(entry);
    }
    return entry.value;
  }

  /** The value of this key, without any use of it. */
  peek(key: string): Value | undefined {
    return this.#entries.get(key)?.value;
  }

  /** Takes the place of what was kept by this key, and drops what there is no room for now. */
  keep(key: string, value: Value, cost = 0): void {
    this.drop(key);
    if (cost > this.#costMax) {
      this.#onDropped?.(key, value);
      return;
    }
    const entry = { key, value, cost, older: undefined, newer: undefined };
    this.#entries.set(key, entry);
    this.#append(entry);
    this.#cost += cost;
    while (this.#oldest !== undefined && !this.#isWithin()) this.drop(this.#oldest.key);
  }

  drop(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#unlink(entry);
    this.#cost -= entry.cost;
    this.#onDropped?.(key, entry.value);
  }

  /** Nothing is kept after this, and nobody is told of each: there may be very many. */
  clear(): void {
    this.#entries.clear();
    this.#oldest = undefined;
    this.#newest = undefined;
    this.#cost = 0;
  }

  /** Keys and values, the longest unused first; none is used by it. */
  *[Symbol.iterator](): Generator<[key: string, value: Value]> {
    for (let entry = this.#oldest; entry !== undefined; entry = entry.newer) {
      yield [entry.key, entry.value];
    }
  }

  #isWithin(): boolean {
    return this.#entries.size <= this.#countMax && this.#cost <= this.#costMax;
  }

  /** What must hold: it is not in the list. */
  #append(entry: Entry<Value>): void {
    entry.older = this.#newest;
    if (this.#newest === undefined) this.#oldest = entry;
    else this.#newest.newer = entry;
    this.#newest = entry;
  }

  #unlink(entry: Entry<Value>): void {
    const { older, newer } = entry;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    // One that has gone and is old must not hold its neighbours until all of the heap is looked at.
    entry.older = undefined;
    entry.newer = undefined;
  }
}
