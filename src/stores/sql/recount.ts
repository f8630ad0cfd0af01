/** Counters of buckets against what they count. */
import type { BucketCount } from '../ports/inspection.ts';
import { bucketStat } from './counters.ts';
import type { Sql } from './database.ts';

type Counted = BucketCount['counted'];

/** Keeps nobody out: a change that comes in between shows in the counters, and is told. */
export async function countBucket(sql: Sql, bucketId: number): Promise<BucketCount | undefined> {
  const before = await bucketStat(sql, bucketId);
  const counted = await countRows(sql, bucketId);
  const after = await bucketStat(sql, bucketId);
  if (before === undefined || after === undefined) return undefined;
  const isOfOneMoment =
    before.objectCount === after.objectCount &&
    before.storageBytes === after.storageBytes &&
    before.modifiedAt === after.modifiedAt;
  return { noted: countersOf(after), counted, isOfOneMoment };
}

/**
 * The lock of the bucket's row waits for every change of an object that is under way and keeps the
 * next ones out. What the row itself counts is part of the sum whatever else there is, so the
 * difference goes there.
 */
export async function recountBucket(
  sql: Sql,
  bucketId: number,
  isCorrected: boolean,
): Promise<BucketCount | undefined> {
  await sql.selectFrom('buckets').select('id').where('id', '=', bucketId).forUpdate().execute();
  const noted = await bucketStat(sql, bucketId);
  if (noted === undefined) return undefined;
  const counted = await countRows(sql, bucketId);
  const objects = counted.objectCount - noted.objectCount;
  const bytes = counted.storageBytes - noted.storageBytes;
  if (isCorrected && (objects !== 0 || bytes !== 0)) {
    await sql
      .updateTable('buckets')
      .set((of) => ({
        object_count: of('object_count', '+', objects),
        storage_bytes: of('storage_bytes', '+', bytes),
      }))
      .where('id', '=', bucketId)
      .execute();
  }
  return { noted: countersOf(noted), counted, isOfOneMoment: true };
}

function countersOf({ objectCount, storageBytes }: Counted): Counted {
  return { objectCount, storageBytes };
}

/** Far fewer than a server counts in the time that a statement may take, on slow disks too. */
export const countedAtOnce = 20_000;

/** In portions: no bucket is too large for the bound of a statement. */
async function countRows(sql: Sql, bucketId: number): Promise<Counted> {
  const total = { objectCount: 0, storageBytes: 0 };
  for (let after: Buffer | undefined, isMore = true; isMore; ) {
    const rows = rowsAfter(sql, bucketId, after);
    const last = await rows
      .select('key')
      .orderBy('key')
      .offset(countedAtOnce - 1)
      .limit(1)
      .executeTakeFirst();
    const portion = last === undefined ? rows : rows.where('key', '<=', last.key);
    const row = await portion
      .select((of) => [of.fn.countAll<number>().as('count'), of.fn.sum<number>('size').as('bytes')])
      .executeTakeFirstOrThrow();
    total.objectCount += Number(row.count);
    total.storageBytes += Number(row.bytes ?? 0);
    after = last?.key;
    isMore = last !== undefined;
  }
  return total;
}

function rowsAfter(sql: Sql, bucketId: number, after: Buffer | undefined) {
  const rows = sql.selectFrom('objects').where('bucket_id', '=', bucketId);
  return after === undefined ? rows : rows.where('key', '>', after);
}
