/** What a listing reads of the keys that point to objects. */
import { type RawBuilder, sql as raw, type Selectable } from 'kysely';
import type { ObjectTable, Sql } from './database.ts';
import { isPostgres } from './dialects.ts';
import { type ObjectRow, objectColumns } from './object-rows.ts';
import type { HotRead, Slots } from './prepared.ts';

export type KeyRow = Pick<Selectable<ObjectTable>, 'key' | 'sequence'> & ObjectRow;

export interface KeyRange {
  bucketId: number;
  from: Buffer;
  end: Buffer;
  count: number;
}

/** Keys at or behind `from` and before `end`, in the order of their bytes. */
export const keysFrom: HotRead<KeyRange, KeyRow> = (sql, slot) =>
  sql
    .selectFrom('objects')
    .select(['key', 'sequence', ...objectColumns])
    .where('bucket_id', '=', slot('bucketId'))
    .where('key', '>=', slot('from'))
    .where('key', '<', slot('end'))
    .orderBy('key')
    .limit(slot('count'));

/** Keys that begin with a prefix; those with the delimiter behind it are in groups. */
export interface HeadRange extends KeyRange {
  prefixLength: number;
  delimiter: Buffer;
  /** The least bytes behind everything that starts with the delimiter. */
  behindDelimiter: Buffer;
}

/**
 * As `keysFrom`, but of each group its first key only: from one head to the next is one search of
 * the index, whatever lies between them, and all of them are one question.
 */
export const headsFrom: HotRead<HeadRange, KeyRow> = (sql, slot) => {
  const firstKey = (from: Buffer | RawBuilder<Buffer>) =>
    sql
      .selectFrom('objects')
      .select('key')
      .where('bucket_id', '=', slot('bucketId'))
      .where('key', '>=', from)
      .where('key', '<', slot('end'))
      .orderBy('key')
      .limit(raw.lit(1))
      .as('key');
  return (
    sql
      .withRecursive('heads', (heads) =>
        heads.selectNoFrom([raw.lit(1).as('step'), firstKey(slot('from'))]).unionAll(
          heads
            .selectFrom('heads')
            .select((of) => [
              of('step', '+', raw.lit(1)).as('step'),
              firstKey(behindHead(sql, slot)),
            ])
            .where('step', '<', slot('count'))
            .where('heads.key', 'is not', null),
        ),
      )
      .selectFrom('heads')
      // SQLite takes the tables of a cross join in this order, whatever it believes of their sizes.
      .crossJoin('objects')
      .select(['objects.key', 'sequence', ...objectColumns])
      .where('bucket_id', '=', slot('bucketId'))
      .whereRef('objects.key', '=', 'heads.key')
      .orderBy('heads.key')
  );
};

/** The least key behind a head: behind its group, or else behind the key itself. */
function behindHead(sql: Sql, slot: Slots<HeadRange>): RawBuilder<Buffer> {
  const key = raw.ref('heads.key');
  const rest = raw`substr(${key}, ${slot('prefixLength')} + 1)`;
  const [position, bytes] = isPostgres(sql)
    ? [raw`position(${slot('delimiter')} in ${rest})`, raw`bytea`]
    : [raw`instr(${rest}, ${slot('delimiter')})`, raw`blob`];
  const start = raw`substr(${key}, 1, ${slot('prefixLength')} + nullif(${position}, 0) - 1)`;
  const behindGroup = raw`${start} || ${slot('behindDelimiter')}`;
  return raw`cast(coalesce(${behindGroup}, ${key} || ${Buffer.of(0)}) as ${bytes})`;
}
