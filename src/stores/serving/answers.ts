import { KeptAnswers } from './kept-answers.ts';
import { tagsStaleWith } from './tags.ts';

/** Mappings, buckets, credentials, documents, certificates with their chains. */
const knownBytesMax = 64 * 1024 * 1024;

/** "There is none", apart: a scan of names must not push out what is served. */
const absentBytesMax = 4 * 1024 * 1024;

export interface Question<Value> {
  readonly key: string;
  read(): Promise<Value | undefined>;
  /** The subjects the answer was made from, and roughly its size. */
  describe(value: Value): { readonly tags: readonly string[]; readonly bytes: number };
  /** The subjects whose change may bring forth what was absent; none: absence is not kept. */
  readonly absentTags: readonly string[];
}

/**
 * Answers kept until a subject of theirs changes.
 *
 * What must hold: an answer read before a change was noted here is never kept after it. A change
 * ends an epoch; an answer is kept only in the epoch its read began in, and nobody joins a read
 * of an earlier epoch.
 */
export class Answers {
  readonly #known = new KeptAnswers({ bytesMax: knownBytesMax });
  readonly #absent = new KeptAnswers({ bytesMax: absentBytesMax });
  #reading = new Map<string, Promise<unknown>>();
  #epoch = 0;

  async ask<Value>(question: Question<Value>): Promise<Value | undefined> {
    const { key } = question;
    const kept = this.#known.find(key) ?? this.#absent.find(key);
    if (kept !== undefined) return kept.value as Value | undefined;
    const joined = this.#reading.get(key) as Promise<Value | undefined> | undefined;
    return joined ?? this.#read(question);
  }

  /** What is kept; else undefined, and it is read meanwhile. */
  askNow<Value>(question: Question<Value>): Value | undefined {
    const kept = this.#known.find(question.key);
    // Whoever must wait for the answer asks, and is told what failed.
    if (kept === undefined) void this.ask(question).catch(() => {});
    return kept?.value as Value | undefined;
  }

  drop(tag: string): void {
    this.#endEpoch();
    for (const each of tagsStaleWith(tag)) {
      this.#absent.drop(each);
      this.#known.drop(each);
    }
  }

  clear(): void {
    this.#endEpoch();
    this.#known.clear();
    this.#absent.clear();
  }

  #endEpoch(): void {
    this.#epoch += 1;
    this.#reading = new Map();
  }

  #read<Value>(question: Question<Value>): Promise<Value | undefined> {
    const { key } = question;
    const epoch = this.#epoch;
    const readers = this.#reading;
    const reading = (async () => {
      try {
        const value = await question.read();
        if (epoch === this.#epoch) this.#keep(question, value);
        return value;
      } finally {
        readers.delete(key);
      }
    })();
    readers.set(key, reading);
    return reading;
  }

  #keep<Value>(question: Question<Value>, value: Value | undefined): void {
    if (value !== undefined) {
      const { tags, bytes } = question.describe(value);
      this.#known.keep(question.key, tags, value, bytes);
    } else if (question.absentTags.length > 0) {
      this.#absent.keep(question.key, question.absentTags, undefined, 0);
    }
  }
}
