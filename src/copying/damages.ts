/** What is damaged in the source: told at the end, left out of the target, reckoned with. */
import type { Row, RowKey, RowStore } from '../stores/index.ts';
import { CopyProblem } from './problem.ts';
import type { Damage } from './types.ts';

/** More than an accident leaves: then the source's place of objects is another one. */
const damagesMax = 10_000;

/** Unreadable one after the other: the store is away, which is no damage. */
const unreadableInRowMax = 50;

/** Of one bucket. */
interface Loss {
  readonly bucket: string;
  count: number;
  bytes: number;
}

export class Damages {
  readonly #source: RowStore;
  readonly #told: Damage[] = [];
  readonly #objects = new Map<string, Damage>();
  readonly #losses = new Map<number, Loss>();
  #unreadableInRow = 0;

  constructor(source: RowStore) {
    this.#source = source;
  }

  get all(): readonly Damage[] {
    return this.#told;
  }

  /** Of secrets; the row is copied as it is. The same twice is one. */
  addSecret(of: string): void {
    if (this.#objects.has(of)) return;
    this.#add(of, { of, what: 'does not open under the source’s master key' });
  }

  async addObject(row: Row, fault: { kind: string; what: string }): Promise<void> {
    const key = keyText([row.bucket_id ?? null, row.key ?? null]);
    if (this.#objects.has(key)) return;
    this.#countUnreadable(fault);
    const bucketId = Number(row.bucket_id);
    const loss = this.#losses.get(bucketId) ?? (await this.#begin(bucketId));
    const name = Buffer.from(row.key as Uint8Array).toString('utf8');
    this.#add(key, { of: `${loss.bucket}/${name}`, what: fault.what });
    loss.count += 1;
    loss.bytes += Number(row.size);
  }

  /** An object was read well: what could not be read before is damage and no outage. */
  noteReadable(): void {
    this.#unreadableInRow = 0;
  }

  hasObject(key: RowKey): boolean {
    return this.#objects.has(keyText(key));
  }

  get buckets(): number[] {
    return [...this.#losses.keys()];
  }

  /** The row of a bucket, counting what there will be in the target. */
  withoutLosses(bucket: Row): Row {
    const loss = this.#losses.get(Number(bucket.id));
    if (loss === undefined) return bucket;
    return {
      ...bucket,
      object_count: Number(bucket.object_count) - loss.count,
      storage_bytes: Number(bucket.storage_bytes) - loss.bytes,
    };
  }

  async #begin(bucketId: number): Promise<Loss> {
    const [row] = await this.#source.readRows('buckets', [bucketId - 1], 1);
    const begun = this.#losses.get(bucketId);
    if (begun !== undefined) return begun;
    const loss = { bucket: String(row?.name ?? bucketId), count: 0, bytes: 0 };
    this.#losses.set(bucketId, loss);
    return loss;
  }

  #countUnreadable(fault: { kind: string; what: string }): void {
    this.#unreadableInRow = fault.kind === 'unreadable' ? this.#unreadableInRow + 1 : 0;
    if (this.#unreadableInRow < unreadableInRowMax) return;
    throw new CopyProblem(
      `${unreadableInRowMax} objects of the source, one after the other: ${fault.what}.`,
      ['See to the store of its objects, and run the same command again: it goes on.'],
    );
  }

  #add(key: string, damage: Damage): void {
    if (this.#told.length >= damagesMax) {
      const first = this.#told[0];
      throw new CopyProblem(
        `More than ${damagesMax} objects of the source are damaged, the first ${first?.of}: ` +
          `${first?.what}.`,
        ['Are its objects in another place? Compare the settings of the source.'],
      );
    }
    this.#told.push(damage);
    this.#objects.set(key, damage);
  }
}

function keyText(key: RowKey): string {
  return key
    .map((value) => (value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value))
    .join(' ');
}
