export interface KeptLimits {
  readonly bytesMax: number;
}

interface Kept {
  readonly value: unknown;
  readonly tags: readonly string[];
  readonly bytes: number;
}

/** Of an entry, its tags and its places in the maps, beside its value. */
const entryBytes = 700;

/**
 * Answers by key, the longest unused dropped first; each has tags, the subjects it was made from. A
 * change of a subject drops every answer that has its tag.
 */
export class KeptAnswers {
  readonly #entries = new Map<string, Kept>();
  readonly #keysOfTag = new Map<string, Set<string>>();
  readonly #bytesMax: number;
  #bytes = 0;

  constructor({ bytesMax }: KeptLimits) {
    this.#bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  find(key: string): { readonly value: unknown } | undefined {
    const kept = this.#entries.get(key);
    if (kept === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, kept);
    return kept;
  }

  keep(key: string, tags: readonly string[], value: unknown, valueBytes: number): void {
    this.#remove(key);
    const bytes = entryBytes + valueBytes;
    this.#entries.set(key, { value, tags, bytes });
    this.#bytes += bytes;
    for (const tag of tags) {
      const keys = this.#keysOfTag.get(tag);
      if (keys === undefined) this.#keysOfTag.set(tag, new Set([key]));
      else keys.add(key);
    }
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#bytesMax) break;
      this.#remove(oldest);
    }
  }

  drop(tag: string): void {
    for (const key of [...(this.#keysOfTag.get(tag) ?? [])]) this.#remove(key);
  }

  clear(): void {
    this.#entries.clear();
    this.#keysOfTag.clear();
    this.#bytes = 0;
  }

  #remove(key: string): void {
    const kept = this.#entries.get(key);
    if (kept === undefined) return;
    this.#entries.delete(key);
    this.#bytes -= kept.bytes;
    for (const tag of kept.tags) {
      const keys = this.#keysOfTag.get(tag);
      keys?.delete(key);
      if (keys?.size === 0) this.#keysOfTag.delete(tag);
    }
  }
}
