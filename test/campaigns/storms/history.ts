/**
 * What clients did to the keys and what they saw. Held against it afterwards: a read shows what an
 * acknowledged write left, and none that another acknowledged one had replaced before the read
 * began; what was refused is never seen.
 */
import assert from 'node:assert/strict';

/** The tag of a content, or that there is none. */
export type Value = string | 'absent';

interface Seen {
  readonly value: Value;
  readonly begunAt: number;
  readonly endedAt: number;
}

export class History {
  readonly #writes = new Map<string, Seen[]>();
  readonly #reads = new Map<string, Seen[]>();
  #clock = 0;

  /** A moment of its own: no two are the same. */
  tick(): number {
    this.#clock += 1;
    return this.#clock;
  }

  acknowledged(key: string, value: Value, begunAt: number): void {
    listOf(this.#writes, key).push({ value, begunAt, endedAt: this.tick() });
  }

  read(key: string, value: Value, begunAt: number): void {
    listOf(this.#reads, key).push({ value, begunAt, endedAt: this.tick() });
  }

  get counts(): { acknowledged: number; reads: number } {
    const sum = (lists: Map<string, Seen[]>) =>
      [...lists.values()].reduce((total, list) => total + list.length, 0);
    return { acknowledged: sum(this.#writes), reads: sum(this.#reads) };
  }

  /** @throws AssertionError with the key and what was seen. */
  check(): void {
    const before: Seen = { value: 'absent', begunAt: -1, endedAt: 0 };
    for (const [key, reads] of this.#reads) {
      const writes = [before, ...(this.#writes.get(key) ?? [])];
      for (const read of reads) {
        const isLawful = writes.some(
          (write) =>
            write.value === read.value &&
            write.begunAt < read.endedAt &&
            !writes.some((later) => later.begunAt > write.endedAt && later.endedAt < read.begunAt),
        );
        const standing = writes.filter(({ endedAt }) => endedAt < read.begunAt).at(-1)?.value;
        assert.ok(isLawful, `${key} shows ${read.value}; acknowledged last: ${standing}`);
      }
    }
  }
}

function listOf(lists: Map<string, Seen[]>, key: string): Seen[] {
  const list = lists.get(key) ?? [];
  lists.set(key, list);
  return list;
}
