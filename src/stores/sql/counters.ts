/**
 * What a bucket holds, exactly, without one row that every put must wait for: the sum of its
 * shards, each changed in the transaction of what it counts.
 */
import { sql as raw } from 'kysely';
import type { BucketCounters, BucketStat } from '../ports/buckets.ts';
import type { BucketCounterTable, Sql } from './database.ts';
import { hotStatement, type Slots } from './prepared.ts';

/** Tells each write which shard of its bucket's counters is its own to change. */
export type PickShard = () => number;

/** With one writer there is nobody to wait for. */
export const oneShard: PickShard = () => 0;

/**
 * Writes of one node get one shard after another, so those under way at the same time have each
 * their own; `start` is drawn, so that nodes do not go in step.
 */
export function shardsInTurn(start: number, shards: number): PickShard {
  let turn = start;
  return () => {
    turn = (turn + 1) % shards;
    return turn;
  };
}

type Column = Exclude<keyof BucketCounterTable, 'bucket_id' | 'shard' | 'modified_at'>;

/** The columns of the counters. */
const columns = {
  objectCount: 'object_count',
  storageBytes: 'storage_bytes',
  markerCount: 'marker_count',
  uploadCount: 'upload_count',
  partCount: 'part_count',
  iaCount: 'ia_count',
  iaBytes: 'ia_bytes',
  archiveCount: 'archive_count',
  archiveBytes: 'archive_bytes',
  coldArchiveCount: 'cold_archive_count',
  coldArchiveBytes: 'cold_archive_bytes',
  deepColdArchiveCount: 'deep_cold_archive_count',
  deepColdArchiveBytes: 'deep_cold_archive_bytes',
} as const satisfies Record<keyof BucketCounters, Column>;

type CounterName = keyof typeof columns;

export const counterNames = Object.keys(columns) as readonly CounterName[];

/** Classes that are counted apart; of all others the sum is left. */
const ofClass: Readonly<Record<string, readonly [count: CounterName, bytes: CounterName]>> = {
  IA: ['iaCount', 'iaBytes'],
  Archive: ['archiveCount', 'archiveBytes'],
  ColdArchive: ['coldArchiveCount', 'coldArchiveBytes'],
  DeepColdArchive: ['deepColdArchiveCount', 'deepColdArchiveBytes'],
};

/** What one transaction adds to the counters of a bucket. */
export class Tally {
  readonly #changes = new Map<CounterName, number>();

  /** `count` objects or versions of a class, of `bytes` together; negative ones went. */
  objects(storageClass: string, count: number, bytes: number): this {
    this.#add('objectCount', count);
    this.#add('storageBytes', bytes);
    const [counter, size] = ofClass[storageClass] ?? [];
    if (counter !== undefined && size !== undefined) {
      this.#add(counter, count);
      this.#add(size, bytes);
    }
    return this;
  }

  markers(count: number): this {
    return this.#add('markerCount', count);
  }

  uploads(count: number): this {
    return this.#add('uploadCount', count);
  }

  parts(count: number): this {
    return this.#add('partCount', count);
  }

  #add(name: CounterName, by: number): this {
    this.#changes.set(name, (this.#changes.get(name) ?? 0) + by);
    return this;
  }

  changes(): (readonly [CounterName, number])[] {
    // In one order, and the two that nearly every change has always: few statements, all prepared.
    return counterNames
      .map((name) => [name, this.#changes.get(name) ?? 0] as const)
      .filter(([name, by]) => by !== 0 || name === 'objectCount' || name === 'storageBytes');
  }
}

/** The last lock a transaction takes: whoever shares the shard waits for no more than a commit. */
export async function countChange(
  sql: Sql,
  bucketId: number,
  shard: number,
  at: number,
  tally: Tally,
): Promise<void> {
  const changes = tally.changes();
  const counts = Object.fromEntries(changes.map(([name, by]) => [columns[name], by]));
  const add = adding(Object.keys(counts) as Column[]);
  await add(sql, { bucket_id: bucketId, shard, modified_at: at, ...counts } as AddedRow);
}

type AddedRow = Record<keyof BucketCounterTable, number>;

/** By the columns that they add to; few sets of them occur. */
const addings = new Map<string, ReturnType<typeof newAdding>>();

function adding(added: readonly Column[]): ReturnType<typeof newAdding> {
  const name = added.join(' ');
  const known = addings.get(name) ?? newAdding(added);
  addings.set(name, known);
  return known;
}

/** What the row says is added to the shard, or is the shard when there was none. */
function newAdding(added: readonly Column[]) {
  return hotStatement((sql, slot: Slots<AddedRow>) => {
    const names = ['bucket_id', 'shard', 'modified_at', ...added] as const;
    const row = Object.fromEntries(names.map((name) => [name, slot(name)])) as AddedRow;
    return sql
      .insertInto('bucket_counters')
      .values(row)
      .onConflict((conflict) =>
        conflict.columns(['bucket_id', 'shard']).doUpdateSet((of) => ({
          ...Object.fromEntries(
            added.map((column) => [
              column,
              of(`bucket_counters.${column}`, '+', of.ref(`excluded.${column}`)),
            ]),
          ),
          modified_at: of.ref('excluded.modified_at'),
        })),
      );
  });
}

/** One statement, so that all shards are of one moment. */
export async function bucketStat(sql: Sql, bucketId: number): Promise<BucketStat | undefined> {
  const ofShards = Object.values(columns);
  // The row itself has what older releases counted.
  const ofRow = ofShards.map((column) =>
    column === 'object_count' || column === 'storage_bytes'
      ? raw.ref<number>(column).as(column)
      : raw<number>`0`.as(column),
  );
  const rows = await sql
    .selectFrom('buckets')
    .select([...ofRow, 'modified_at'])
    .where('id', '=', bucketId)
    .unionAll(
      sql
        .selectFrom('bucket_counters')
        .select([...ofShards, 'modified_at'])
        .where('bucket_id', '=', bucketId),
    )
    .execute();
  // Shards go with their bucket: none are left without it.
  if (rows.length === 0) return undefined;
  const sum = (column: Column) => rows.reduce((total, row) => total + Number(row[column]), 0);
  const counters = Object.fromEntries(counterNames.map((name) => [name, sum(columns[name])]));
  return {
    ...(counters as unknown as BucketCounters),
    modifiedAt: rows.reduce((last, row) => Math.max(last, row.modified_at), 0),
  };
}

/**
 * The counters say what was counted, whatever they said before. The caller holds the bucket's row,
 * so that nobody changes a shard meanwhile.
 */
export async function setCounters(
  sql: Sql,
  bucketId: number,
  counted: BucketCounters,
  modifiedAt: number,
): Promise<void> {
  await sql.deleteFrom('bucket_counters').where('bucket_id', '=', bucketId).execute();
  await sql
    .updateTable('buckets')
    .set({ object_count: 0, storage_bytes: 0 })
    .where('id', '=', bucketId)
    .execute();
  const values = Object.fromEntries(counterNames.map((name) => [columns[name], counted[name]]));
  await sql
    .insertInto('bucket_counters')
    .values({
      bucket_id: bucketId,
      shard: 0,
      ...(values as Record<Column, number>),
      modified_at: modifiedAt,
    })
    .execute();
}
