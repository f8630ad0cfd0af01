import { Lru } from '../../lru/index.ts';

export interface KeptLimits {
  readonly bytesMax: number;
}

interface Kept {
  readonly value: unknown;
  readonly tags: readonly string[];
}

/** Of an entry, its tags and its places in the maps, beside its value. */
const entryBytes = 700;

/**
 * Answers by key, the longest unused dropped first; each has tags, the subjects it was made from. A
 * change of a subject drops every answer that has its tag.
 */
export class KeptAnswers {
  readonly #entries: Lru<Kept>;
  readonly #keysOfTag = new Map<string, Set<string>>();

  constructor({ bytesMax }: KeptLimits) {
    this.#entries = new Lru({ costMax: bytesMax }, (key, kept) => this.#forgetTags(key, kept));
  }

  get bytes(): number {
    return this.#entries.cost;
  }

  find(key: string): { readonly value: unknown } | undefined {
    return this.#entries.find(key);
  }

  keep(key: string, tags: readonly string[], value: unknown, valueBytes: number): void {
    // Before the tags: what was kept by this key gives up its own.
    this.#entries.drop(key);
    for (const tag of tags) {
      const keys = this.#keysOfTag.get(tag);
      if (keys === undefined) this.#keysOfTag.set(tag, new Set([key]));
      else keys.add(key);
    }
    this.#entries.keep(key, { value, tags }, entryBytes + valueBytes);
  }

  drop(tag: string): void {
    for (const key of [...(this.#keysOfTag.get(tag) ?? [])]) this.#entries.drop(key);
  }

  clear(): void {
    this.#entries.clear();
    this.#keysOfTag.clear();
  }

  #forgetTags(key: string, { tags }: Kept): void {
    for (const tag of tags) {
      const keys = this.#keysOfTag.get(tag);
      keys?.delete(key);
      if (keys?.size === 0) this.#keysOfTag.delete(tag);
    }
  }
}
