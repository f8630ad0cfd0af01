/** Counters of buckets against what they count. */
import { type RawBuilder, sql as raw, type SqlBool } from 'kysely';
import type { BucketCounters, BucketStat } from '../ports/buckets.ts';
import type { BucketCount } from '../ports/inspection.ts';
import { bucketStat, counterNames, setCounters, Tally } from './counters.ts';
import type { Sql } from './database.ts';

/** Keeps nobody out: a change that comes in between shows in the counters, and is told. */
export async function countBucket(sql: Sql, bucketId: number): Promise<BucketCount | undefined> {
  const before = await bucketStat(sql, bucketId);
  const counted = await countRows(sql, bucketId);
  const after = await bucketStat(sql, bucketId);
  if (before === undefined || after === undefined) return undefined;
  const isOfOneMoment = before.modifiedAt === after.modifiedAt && areEqual(before, after);
  return { noted: countersOf(after), counted, isOfOneMoment };
}

/**
 * The lock of the bucket's row waits for every change of an object that is under way and keeps the
 * next ones out.
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
  if (isCorrected && !areEqual(noted, counted)) {
    await setCounters(sql, bucketId, counted, noted.modifiedAt);
  }
  return { noted: countersOf(noted), counted, isOfOneMoment: true };
}

function areEqual(one: BucketCounters, other: BucketCounters): boolean {
  return counterNames.every((name) => one[name] === other[name]);
}

function countersOf({ modifiedAt: _moment, ...counters }: BucketStat): BucketCounters {
  return counters;
}

const count = raw<number>`count(*)`.as('count');
const bytes = raw<number | null>`sum(size)`.as('bytes');

async function countRows(sql: Sql, bucketId: number): Promise<BucketCounters> {
  const tally = new Tally();
  await inPortionsOfKeys(sql, 'objects', bucketId, async (isWithin) => {
    const rows = await sql
      .selectFrom('objects')
      .select(['storage_class', count, bytes])
      .where(isWithin)
      .groupBy('storage_class')
      .execute();
    for (const row of rows) tally.objects(row.storage_class, Number(row.count), sumOf(row));
  });
  await inPortionsOfKeys(sql, 'object_versions', bucketId, async (isWithin) => {
    const rows = await sql
      .selectFrom('object_versions')
      .select(['storage_class', 'is_marker', count, bytes])
      .where(isWithin)
      .groupBy(['storage_class', 'is_marker'])
      .execute();
    for (const row of rows) {
      if (row.is_marker === 1) tally.markers(Number(row.count));
      else tally.objects(row.storage_class, Number(row.count), sumOf(row));
    }
  });
  const uploads = await sql
    .selectFrom('uploads')
    .select(count)
    .where('bucket_id', '=', bucketId)
    .executeTakeFirstOrThrow();
  const parts = await sql
    .selectFrom('uploads')
    .innerJoin('upload_parts', 'upload_parts.upload_id', 'uploads.upload_id')
    .select(count)
    .where('uploads.bucket_id', '=', bucketId)
    .executeTakeFirstOrThrow();
  tally.uploads(Number(uploads.count)).parts(Number(parts.count));
  const zero = Object.fromEntries(counterNames.map((name) => [name, 0]));
  return { ...zero, ...Object.fromEntries(tally.changes()) } as unknown as BucketCounters;
}

function sumOf(row: { readonly bytes: number | null }): number {
  return Number(row.bytes ?? 0);
}

/** Far fewer than a server counts in the time that a statement may take, on slow disks too. */
export const countedAtOnce = 20_000;

/** No bucket is too large for the bound of a statement. */
async function inPortionsOfKeys(
  sql: Sql,
  table: 'objects' | 'object_versions',
  bucketId: number,
  work: (isWithin: RawBuilder<SqlBool>) => Promise<void>,
): Promise<void> {
  for (let after: Buffer | undefined, isMore = true; isMore; ) {
    const isBehind = after === undefined ? raw`1 = 1` : raw`key > ${after}`;
    const isHere = raw<SqlBool>`(bucket_id = ${bucketId} and ${isBehind})`;
    const last = await sql
      .selectFrom(table)
      .select('key')
      .where(isHere)
      .orderBy('key')
      .offset(countedAtOnce - 1)
      .limit(1)
      .executeTakeFirst();
    await work(last === undefined ? isHere : raw<SqlBool>`(${isHere} and key <= ${last.key})`);
    after = last?.key;
    isMore = last !== undefined;
  }
}
