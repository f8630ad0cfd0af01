/** What listings read of the tables whose rows lie in the order of their keys. */
import { type RawBuilder, sql as raw, type Selectable } from 'kysely';
import type { ObjectTable, ObjectVersionTable, Sql, UploadTable } from './database.ts';
import { isPostgres } from './dialects.ts';
import { type ObjectRow, objectColumns } from './object-rows.ts';
import type { HotRead, Slots } from './prepared.ts';

/** An index begins with the bucket, the key and, where a key may have several rows, their tie. */
interface KeyedTable {
  readonly table: 'objects' | 'object_versions' | 'uploads';
  readonly columns: readonly string[];
  /** The order of the rows of one key, and what comes before them all. */
  readonly tie?: { readonly column: string; readonly least: string | number };
  /** A range begins behind a row; else with all rows of its first key. */
  readonly startsBehindRow?: true;
}

export type KeyRow = Pick<Selectable<ObjectTable>, 'key' | 'sequence'> & ObjectRow;

export const keyTable: KeyedTable = {
  table: 'objects',
  columns: ['key', 'sequence', ...objectColumns],
};

export const olderColumns = [
  'key',
  'sequence',
  'is_marker',
  'noncurrent_at',
  ...objectColumns,
] as const;

export type OlderRow = Pick<Selectable<ObjectVersionTable>, (typeof olderColumns)[number]>;

/** The oldest version of a key first. */
export const olderTable = {
  table: 'object_versions',
  columns: olderColumns,
  tie: { column: 'sequence', least: -1 },
} as const satisfies KeyedTable;

const uploadColumns = ['key', 'upload_id', 'initiated_at', 'facts'] as const;

export type UploadRow = Pick<Selectable<UploadTable>, (typeof uploadColumns)[number]>;

export const uploadTable = {
  table: 'uploads',
  columns: uploadColumns,
  tie: { column: 'upload_id', least: '' },
  startsBehindRow: true,
} as const satisfies KeyedTable;

/** Rows of keys before `end`, and at or behind `from`. */
export interface KeyRange {
  bucketId: number;
  from: Buffer;
  /** Where a range begins behind a row: of the rows of `from` only those behind this one. */
  tie?: string | number;
  end: Buffer;
  count: number;
}

/** Keys that begin with a prefix; those with the delimiter behind it are in groups. */
export interface HeadRange extends KeyRange {
  prefixLength: number;
  delimiter: Buffer;
  /** The least bytes behind everything that starts with the delimiter. */
  behindDelimiter: Buffer;
}

/** The rows of a range in their order. */
export function rowsOf<Row>(keyed: KeyedTable): HotRead<KeyRange, Row> {
  return (sql, slot) => {
    const start = startOf(sql, keyed, slot);
    const rows = rowsFrom(keyed, slot, start, keyed.columns, slot('count'), slot('end'));
    return { compile: () => rows.$castTo<Row>().compile(sql) };
  };
}

/**
 * As `rowsOf`, but of each group its first row only: from one head to the next is one search of the
 * index, whatever lies between them, and all of them are one question.
 */
export function headsOf<Row>(keyed: KeyedTable): HotRead<HeadRange, Row> {
  return (sql, slot) => {
    const heads = isPostgres(sql) ? rowByRow(sql, keyed, slot) : placeByPlace(sql, keyed, slot);
    return { compile: () => heads.$castTo<Row>().compile(sql) };
  };
}

/**
 * PostgreSQL chooses an index by what it reckons, and that of version ids would read all versions
 * of a key at each step. So a step takes its whole row along, instead of a join of rows to places;
 * and the end is not part of a search: beside a comparison of places it spoils the reckoning.
 */
function rowByRow(sql: Sql, keyed: KeyedTable, slot: Slots<HeadRange>): RawBuilder<unknown> {
  const next = (place: Place) => rowsFrom(keyed, slot, place, keyed.columns, raw.lit(1));
  return raw`
    with recursive heads as (
      select 1 as step, next.*
      from (${next(startOf(sql, keyed, slot))}) as next
      where next.key < ${slot('end')}
      union all
      select heads.step + 1, next.*
      from heads cross join lateral (${next(behindHead(sql, keyed, slot))}) as next
      where heads.step < ${slot('count')} and next.key < ${slot('end')}
    )
    select ${refs(keyed.columns)} from heads order by step
  `;
}

/** SQLite has no lateral join: a step is a search for each column of a place. */
function placeByPlace(sql: Sql, keyed: KeyedTable, slot: Slots<HeadRange>): RawBuilder<unknown> {
  const { table, columns } = keyed;
  const order = orderOf(keyed);
  const next = (place: Place) => {
    const searches = order.map((column) => {
      const search = rowsFrom(keyed, slot, place, [column], raw.lit(1), slot('end'));
      return raw`(${search}) as ${raw.ref(column)}`;
    });
    return raw.join(searches);
  };
  const isHead = order.map((column) => {
    return raw`${raw.ref(`${table}.${column}`)} = ${raw.ref(`heads.${column}`)}`;
  });
  // SQLite takes the tables of a cross join in this order, whatever it believes of their sizes.
  return raw`
    with recursive heads as (
      select 1 as step, ${next(startOf(sql, keyed, slot))}
      union all
      select step + 1, ${next(behindHead(sql, keyed, slot))}
      from heads where step < ${slot('count')} and heads.key is not null
    )
    select ${refs(columns.map((column) => `${table}.${column}`))}
    from heads cross join ${raw.table(table)}
    where bucket_id = ${slot('bucketId')} and ${raw.join(isHead, raw` and `)}
    order by step
  `;
}

/** Rows at or behind a key; with a tie, of that key only those behind it. */
interface Place {
  readonly key: RawBuilder<unknown>;
  readonly tie?: unknown;
}

function rowsFrom(
  keyed: KeyedTable,
  slot: Slots<KeyRange>,
  { key, tie }: Place,
  columns: readonly string[],
  limit: unknown,
  end?: unknown,
): RawBuilder<unknown> {
  const order = refs(orderOf(keyed));
  const fromPlace = tie === undefined ? raw`key >= ${key}` : raw`(${order}) > (${key}, ${tie})`;
  return raw`
    select ${refs(columns)} from ${raw.table(keyed.table)}
    where bucket_id = ${slot('bucketId')} and ${fromPlace}
    ${end === undefined ? raw`` : raw`and key < ${end}`}
    order by ${order} limit ${limit}
  `;
}

function startOf(sql: Sql, keyed: KeyedTable, slot: Slots<KeyRange>): Place {
  const key = asBytes(sql, slot('from'));
  return keyed.startsBehindRow ? { key, tie: slot('tie') } : { key };
}

/** The next place behind a head: behind its group, or else behind the row itself. */
function behindHead(sql: Sql, { tie }: KeyedTable, slot: Slots<HeadRange>): Place {
  const key = raw.ref('heads.key');
  const rest = raw`substr(${key}, ${slot('prefixLength')} + 1)`;
  const position = isPostgres(sql)
    ? raw`position(${slot('delimiter')} in ${rest})`
    : raw`instr(${rest}, ${slot('delimiter')})`;
  const start = raw`substr(${key}, 1, ${slot('prefixLength')} + nullif(${position}, 0) - 1)`;
  const behindGroup = raw`${start} || ${slot('behindDelimiter')}`;
  if (tie === undefined) {
    const behindKey = raw`${key} || ${Buffer.of(0)}`;
    return { key: asBytes(sql, raw`coalesce(${behindGroup}, ${behindKey})`) };
  }
  const ofHead = raw.ref(`heads.${tie.column}`);
  // A case has no type in SQLite. By a column of `heads`, which has one, it would not search.
  return {
    key: asBytes(sql, raw`coalesce(${behindGroup}, ${key})`),
    tie: raw`case when ${position} = 0 then ${ofHead} else ${raw.lit(tie.least)} end`,
  };
}

function asBytes(sql: Sql, value: unknown): RawBuilder<unknown> {
  return isPostgres(sql) ? raw`cast(${value} as bytea)` : raw`cast(${value} as blob)`;
}

function orderOf({ tie }: KeyedTable): readonly string[] {
  return tie === undefined ? ['key'] : ['key', tie.column];
}

function refs(columns: readonly string[]): RawBuilder<unknown> {
  return raw.join(columns.map((column) => raw.ref(column)));
}
