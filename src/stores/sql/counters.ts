/**
 * How many objects a bucket has and of what size, exactly, without one row that every put must wait
 * for: the sum of its shards, each changed in the transaction of what it counts.
 */
import type { BucketStat } from '../ports/buckets.ts';
import type { Sql } from './database.ts';

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

/** The last lock a transaction takes: whoever shares the shard waits for no more than a commit. */
export async function countChange(
  sql: Sql,
  bucketId: number,
  shard: number,
  change: { readonly objects: number; readonly bytes: number; readonly at: number },
): Promise<void> {
  await sql
    .insertInto('bucket_counters')
    .values({
      bucket_id: bucketId,
      shard,
      object_count: change.objects,
      storage_bytes: change.bytes,
      modified_at: change.at,
    })
    .onConflict((conflict) =>
      conflict.columns(['bucket_id', 'shard']).doUpdateSet((of) => ({
        object_count: of('bucket_counters.object_count', '+', of.ref('excluded.object_count')),
        storage_bytes: of('bucket_counters.storage_bytes', '+', of.ref('excluded.storage_bytes')),
        modified_at: of.ref('excluded.modified_at'),
      })),
    )
    .execute();
}

/** One statement, so that all shards are of one moment. */
export async function bucketStat(sql: Sql, bucketId: number): Promise<BucketStat | undefined> {
  const rows = await sql
    .selectFrom('buckets')
    .select(['object_count', 'storage_bytes', 'modified_at'])
    .where('id', '=', bucketId)
    .unionAll(
      sql
        .selectFrom('bucket_counters')
        .select(['object_count', 'storage_bytes', 'modified_at'])
        .where('bucket_id', '=', bucketId),
    )
    .execute();
  // Shards go with their bucket: none are left without it.
  if (rows.length === 0) return undefined;
  return {
    objectCount: rows.reduce((sum, row) => sum + row.object_count, 0),
    storageBytes: rows.reduce((sum, row) => sum + row.storage_bytes, 0),
    modifiedAt: rows.reduce((last, row) => Math.max(last, row.modified_at), 0),
  };
}
