/** What is damaged in the source: told at the end, left out of the target, reckoned with. */
import type { Row, RowKey, RowStore, RowTableName } from '../stores/index.ts';
import { CopyProblem } from './problem.ts';
import type { Damage } from './types.ts';

/** More than an accident leaves: then the source's place of objects is another one. */
const damagesMax = 10_000;

/** Unreadable, and nothing begun after them was read: the store is away, which is no damage. */
const unreadableInRowMax = 50;

/** What is lost of one bucket, by the columns that count it. */
interface Loss {
  readonly bucket: string;
  /** The shard of its counters that reckons with it; undefined when it has none. */
  readonly shard: number | undefined;
  readonly columns: Map<string, number>;
}

/** Classes that are counted apart, and how their columns begin. */
const countedClasses: Readonly<Record<string, string>> = {
  IA: 'ia',
  Archive: 'archive',
  ColdArchive: 'cold_archive',
  DeepColdArchive: 'deep_cold_archive',
};

/** A row of a table that names contents, and its key there. */
export interface DamagedRow {
  readonly table: ContentTable;
  readonly key: RowKey;
  readonly row: Row;
}

export type ContentTable = 'objects' | 'object_versions' | 'upload_parts';

export class Damages {
  readonly #source: RowStore;
  readonly #told: Damage[] = [];
  readonly #known = new Map<string, Damage>();
  /** Made of several blobs. */
  readonly #contents = new Set<string>();
  readonly #losses = new Map<number, Loss>();
  #unreadable = 0;
  /** How many of those the store has answered after. */
  #survived = 0;

  constructor(source: RowStore) {
    this.#source = source;
  }

  get all(): readonly Damage[] {
    return this.#told;
  }

  /** Of secrets; the row is copied as it is. The same twice is one. */
  addSecret(of: string): void {
    if (this.#known.has(of)) return;
    this.#add(of, { of, what: 'does not open under the source’s master key' });
  }

  /** How many contents could not be read so far: taken before one is read, and given with it. */
  get unreadable(): number {
    return this.#unreadable;
  }

  /** `begun` as in `noteReadable`. */
  async addContent({ table, key, row }: DamagedRow, fault: Fault, begun: number): Promise<void> {
    const name = nameOf(table, key);
    if (this.#known.has(name)) return;
    if (fault.kind === 'unreadable') this.#countUnreadable(fault);
    // A key that does not open says nothing of the store.
    else if (fault.kind !== 'unopened') this.noteReadable(begun);
    const upload =
      table === 'upload_parts'
        ? await this.#source.findRow('uploads', [row.upload_id ?? null])
        : undefined;
    const { bucket_id: bucketId = null, key: objectKey = null } = upload ?? row;
    const loss = await this.#lossOf(Number(bucketId));
    if (this.#known.has(name)) return;
    const of = `${loss.bucket}/${Buffer.from((objectKey ?? []) as Uint8Array).toString('utf8')}`;
    this.#add(name, { of: `${of}${partOf(table, row)}`, what: fault.what });
    if (row.content === 'parts') this.#contents.add(String(row.blob_id));
    for (const [column, by] of countsOf(table, row)) {
      loss.columns.set(column, (loss.columns.get(column) ?? 0) + by);
    }
  }

  /**
   * The store answered a read that began when `begun` contents had been unreadable: those are
   * damage and no outage. It says nothing of others, which may have begun later and ended sooner.
   */
  noteReadable(begun: number): void {
    this.#survived = Math.max(this.#survived, begun);
  }

  /** The row of the source is not to stand in the target. */
  leavesOut(table: RowTableName, key: RowKey): boolean {
    if (table === 'content_parts') return this.#contents.has(String(key[0]));
    return this.#known.has(nameOf(table, key));
  }

  get buckets(): number[] {
    return [...this.#losses.keys()];
  }

  /** A row of `buckets` or `bucket_counters`, counting what there will be in the target. */
  withoutLosses(row: Row): Row {
    const isShard = 'shard' in row;
    const loss = this.#losses.get(Number(isShard ? row.bucket_id : row.id));
    if (loss === undefined || loss.shard !== (isShard ? Number(row.shard) : undefined)) return row;
    const counted = [...loss.columns]
      .filter(([column]) => column in row)
      .map(([column, by]) => [column, Number(row[column]) - by] as const);
    return { ...row, ...Object.fromEntries(counted) };
  }

  async #lossOf(bucketId: number): Promise<Loss> {
    const bucket = await this.#source.findRow('buckets', [bucketId]);
    const [counters] = await this.#source.readRows('bucket_counters', [bucketId, -1], 1);
    const begun = this.#losses.get(bucketId);
    if (begun !== undefined) return begun;
    const shard = counters?.bucket_id === bucketId ? Number(counters.shard) : undefined;
    const loss = { bucket: String(bucket?.name ?? bucketId), shard, columns: new Map() };
    this.#losses.set(bucketId, loss);
    return loss;
  }

  #countUnreadable(fault: Fault): void {
    this.#unreadable += 1;
    if (this.#unreadable - this.#survived < unreadableInRowMax) return;
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
    this.#known.set(key, damage);
  }
}

interface Fault {
  readonly kind: string;
  readonly what: string;
}

function nameOf(table: string, key: RowKey): string {
  const values = key.map((value) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value,
  );
  return [table, ...values].join(' ');
}

/** Behind bucket and key, for people. */
function partOf(table: ContentTable, row: Row): string {
  if (table === 'object_versions') return ` (version ${row.version_id})`;
  return table === 'upload_parts' ? ` (part ${row.number} of upload ${row.upload_id})` : '';
}

function countsOf(table: ContentTable, row: Row): [column: string, by: number][] {
  if (table === 'upload_parts') return [['part_count', 1]];
  const size = Number(row.size);
  const counts: [string, number][] = [
    ['object_count', 1],
    ['storage_bytes', size],
  ];
  const name = countedClasses[String(row.storage_class)];
  if (name !== undefined) counts.push([`${name}_count`, 1], [`${name}_bytes`, size]);
  return counts;
}
