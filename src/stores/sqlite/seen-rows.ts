import type { Database as SqliteConnection, Statement } from 'better-sqlite3';
import { Lru } from '../../lru/index.ts';
import type { Seen } from '../ports/serving.ts';

/** A prepared read of at most one row, and what the port makes of the row. */
export interface RowSource<Input, Row extends object, Value> {
  /** Tells inputs apart; no two sources share a key. */
  keyOf(input: Input): string;
  execute(input: Input): Row | undefined;
  toValue(row: Row): Value;
}

/** Of an entry, besides the texts of its row. */
const entryBytes = 1_024;

/**
 * The runtime polls again within a turn when more sockets are ready than it takes at once (1,024):
 * then requests come that are younger than the turn. So no look serves more of them than this.
 */
const usesOfLookMax = 256;

/** The texts are there twice: in the row, and in what was made of it. */
const copies = 2;

class SeenRow implements Seen<unknown> {
  readonly value: unknown;
  readonly row: object;
  readonly read: () => object | undefined;
  /** The version of the database that the row was last read in. */
  version: number;
  isGone = false;

  constructor(row: object, value: unknown, version: number, read: () => object | undefined) {
    this.row = row;
    this.value = value;
    this.version = version;
    this.read = read;
  }
}

/**
 * Rows that were read, kept with the version of the database they were read in: as long as nobody
 * has committed anything since, which the engine tells without reading a page
 * (https://sqlite.org/pragma.html#pragma_data_version), they are what a read would give. After a
 * commit a row is read again when it is asked for. When it is still the same, so is what was made
 * of it: the very object, so that whoever made something from it need only compare.
 *
 * What must hold: the version is looked at before the row is read. A commit in between then makes
 * the next look differ, and the row is read once more for nothing; it is never kept too long.
 *
 * A look is two system calls, a tenth of what an answer from memory costs. So one serves until the
 * event loop turns: requests that were there when the turn began came before it, and ask for
 * nothing that was acknowledged later. What this process commits ends it at once (`forgetLook`);
 * what another one commits is seen by the next turn.
 */
export class SeenRows {
  readonly #versionNow: Statement<[], number>;
  readonly #rows: Lru<SeenRow>;
  readonly #endTurn = (): void => this.forgetLook();
  #looked: number | undefined;
  #usesOfLook = 0;

  constructor(connection: SqliteConnection, bytesMax: number) {
    this.#versionNow = connection.prepare<[], number>('pragma data_version').pluck();
    this.#rows = new Lru({ costMax: bytesMax });
  }

  get bytes(): number {
    return this.#rows.cost;
  }

  /** @throws whatever the engine throws */
  read<Input, Row extends object, Value>(
    source: RowSource<Input, Row, Value>,
    input: Input,
  ): Seen<Value> | undefined {
    const key = source.keyOf(input);
    const version = this.look();
    const kept = this.#rows.find(key);
    if (kept !== undefined) {
      if (isSame(kept, version)) return kept as Seen<Value>;
      this.#rows.drop(key);
    }
    const read = (): Row | undefined => source.execute(input);
    const row = read();
    if (row === undefined) return undefined;
    const seen = new SeenRow(row, source.toValue(row), version, read);
    this.#rows.keep(key, seen, entryBytes + copies * textLength(row));
    return seen as Seen<Value>;
  }

  /** Whether a read of each, begun now, would give the very same. Never throws. */
  stand(seen: readonly Seen<unknown>[]): boolean {
    try {
      const version = this.look();
      for (const row of seen) if (!isSame(row as SeenRow, version)) return false;
      return true;
    } catch {
      // Whoever reads next is told what is the matter.
      return false;
    }
  }

  /** The version of the database as this connection sees it; no other order is in it. */
  look(): number {
    if (this.#looked !== undefined && ++this.#usesOfLook < usesOfLookMax) return this.#looked;
    const version = this.#versionNow.get() ?? 0;
    if (this.#looked === undefined) setImmediate(this.#endTurn);
    this.#looked = version;
    this.#usesOfLook = 0;
    return version;
  }

  /** This process has committed something, and nobody was told so far. */
  forgetLook(): void {
    this.#looked = undefined;
  }
}

function isSame(seen: SeenRow, version: number): boolean {
  if (seen.isGone) return false;
  if (seen.version === version) return true;
  const row = seen.read();
  if (row === undefined || !areEqual(row, seen.row)) {
    seen.isGone = true;
    return false;
  }
  seen.version = version;
  return true;
}

type Columns = Readonly<Record<string, unknown>>;

function areEqual(one: object, other: object): boolean {
  for (const name in one) {
    if (!isEqual((one as Columns)[name], (other as Columns)[name])) return false;
  }
  return true;
}

function isEqual(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  return (
    one instanceof Uint8Array && other instanceof Uint8Array && Buffer.compare(one, other) === 0
  );
}

function textLength(row: object): number {
  let length = 0;
  for (const value of Object.values(row)) {
    if (typeof value === 'string' || value instanceof Uint8Array) length += value.length;
  }
  return length;
}
