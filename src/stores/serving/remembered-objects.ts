import type { World } from '../../world/index.ts';
import type { StoredObject } from '../ports/objects.ts';
import { KeptAnswers } from './kept-answers.ts';

/** Rows of some 30,000 objects, beside their bytes in the cache of contents. */
const rowsBytesMax = 32 * 1024 * 1024;

/** Of a row its numbers, digests and the objects around them; names and values are counted. */
const rowBytes = 500;

/**
 * How long before contact was lost a row may have been confirmed. Bytes that nobody points to are
 * removed after a minute, so an older row would mostly find none; and nobody can be shown what has
 * been private for longer while the engine was there to say so.
 */
const confirmedWithinMs = 60_000;

interface Remembered {
  readonly object: StoredObject;
  readonly confirmedAt: number;
}

export interface RememberedObjectsParts {
  /** Whether a read failed because nobody answered, rather than by an answer. */
  isUnreachable(error: unknown): boolean;
  /** When the engine last answered anything, on the monotonic clock. */
  contactAt(): number;
  readonly clock: Pick<World['clock'], 'monotonicMs'>;
}

/**
 * Rows of objects this node has read, for the time when the engine cannot be reached (the law is at
 * `ServingReads.findObject`). An absence is not remembered.
 *
 * What must hold: a row read before this process changed its key is not remembered after it.
 */
export class RememberedObjects {
  readonly #parts: RememberedObjectsParts;
  readonly #rows = new KeptAnswers({ bytesMax: rowsBytesMax });
  /** Keys being read, each with a mark that is new after a change. */
  readonly #reading = new Map<string, { count: number; changes: number }>();

  constructor(parts: RememberedObjectsParts) {
    this.#parts = parts;
  }

  async ask(
    bucketId: number,
    key: string,
    read: () => Promise<StoredObject | undefined>,
  ): Promise<StoredObject | undefined> {
    const name = nameOf(bucketId, key);
    const reading = this.#reading.get(name) ?? { count: 0, changes: 0 };
    const { changes } = reading;
    const confirmedAt = this.#parts.clock.monotonicMs();
    reading.count += 1;
    this.#reading.set(name, reading);
    try {
      const object = await read();
      if (object === undefined) this.#rows.drop(name);
      else if (changes === reading.changes) this.#remember(name, { object, confirmedAt });
      return object;
    } catch (error) {
      const row = this.#parts.isUnreachable(error) ? this.#find(name) : undefined;
      if (row === undefined) throw error;
      return row;
    } finally {
      reading.count -= 1;
      if (reading.count === 0) this.#reading.delete(name);
    }
  }

  /** This process has changed the keys, or may have. */
  drop(bucketId: number, keys: readonly string[]): void {
    for (const key of keys) {
      const name = nameOf(bucketId, key);
      this.#rows.drop(name);
      const reading = this.#reading.get(name);
      if (reading !== undefined) reading.changes += 1;
    }
  }

  #find(name: string): StoredObject | undefined {
    const row = this.#rows.find(name)?.value as Remembered | undefined;
    if (row === undefined) return undefined;
    const isRecent = this.#parts.contactAt() - row.confirmedAt <= confirmedWithinMs;
    return isRecent ? row.object : undefined;
  }

  #remember(name: string, row: Remembered): void {
    const described = [row.object.headers, row.object.metadata].flatMap(Object.entries).flat();
    const bytes = described.reduce((sum, text: string) => sum + 2 * text.length, rowBytes);
    // Its own name is its tag: a change concerns the one row.
    this.#rows.keep(name, [name], row, bytes + 4 * name.length);
  }
}

function nameOf(bucketId: number, key: string): string {
  return `${bucketId}/${key}`;
}
