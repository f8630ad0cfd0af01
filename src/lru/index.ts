/** What is kept for speed, within bounds. Knows nothing of what it keeps. */

interface Entry<Value> {
  readonly value: Value;
  readonly cost: number;
}

export interface LruBounds {
  /** Entries; any number when left out. */
  readonly countMax?: number;
  /** Of all costs together, in the unit of the one who gives them; any sum when left out. */
  readonly costMax?: number;
}

/**
 * Values by key, the longest unused dropped first. Always within its bounds: a value that is beyond
 * them by itself is not kept.
 */
export class Lru<Value> {
  // A Map iterates in the order of insertion, and knows no `__proto__` (security.md 5.2): what is
  // used is inserted anew, so the first is the longest unused.
  readonly #entries = new Map<string, Entry<Value>>();
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
    this.#entries.delete(key);
    this.#entries.set(key, entry);
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
    this.#entries.set(key, { value, cost });
    this.#cost += cost;
    if (this.#isWithin()) return;
    for (const oldest of this.#entries.keys()) {
      this.drop(oldest);
      if (this.#isWithin()) return;
    }
  }

  drop(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#cost -= entry.cost;
    this.#onDropped?.(key, entry.value);
  }

  /** Nothing is kept after this, and nobody is told of each: there may be very many. */
  clear(): void {
    this.#entries.clear();
    this.#cost = 0;
  }

  /** Keys and values, the longest unused first; none is used by it. */
  *[Symbol.iterator](): Generator<[key: string, value: Value]> {
    for (const [key, { value }] of this.#entries) yield [key, value];
  }

  #isWithin(): boolean {
    return this.#entries.size <= this.#countMax && this.#cost <= this.#costMax;
  }
}
