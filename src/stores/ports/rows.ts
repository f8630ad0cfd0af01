/**
 * A whole installation as plain rows, so that it can move between engines of any kind
 * (`cnamed copy`). Rows hold what the tables hold, column by column; what a row means is not known
 * here, but for what binds rows to each other.
 */
import type { Instant } from '../../world/index.ts';

export type RowValue = string | number | Uint8Array | null;
export type Row = Readonly<Record<string, RowValue>>;
/** The values of the primary key, in its order. */
export type RowKey = readonly RowValue[];

/** All values together are of one row only; null is no value. */
export interface UniqueColumns {
  readonly columns: readonly string[];
  /** Those by which few rows are found; all of them where left out. */
  readonly by?: readonly string[];
}

export interface RowTable {
  readonly name: string;
  /** Columns of the primary key; rows come in its order, texts compared by their bytes. */
  readonly key: readonly string[];
  /** Rows read or written at a time: so many of the largest fit into memory with ease. */
  readonly batch: number;
  /** Columns that must name a row of another table. */
  readonly parents?: readonly {
    readonly column: string;
    readonly table: string;
    readonly key: string;
  }[];
  /** What no two rows share, besides the key. */
  readonly unique?: readonly UniqueColumns[];
  /** The key counts up and gives no number twice. */
  readonly isNumbered?: boolean;
  /** The engine itself refuses to change or remove a row. */
  readonly isAppendOnly?: boolean;
}

const ofAccount = { column: 'account_id', table: 'accounts', key: 'id' } as const;
const ofUser = { column: 'user_id', table: 'identities', key: 'id' } as const;
const ofBucket = { column: 'bucket_id', table: 'buckets', key: 'id' } as const;

/**
 * The tables that make an installation, parents first. What is not here belongs to a place and
 * stays there: garbage, announcements, and what an engine keeps for itself.
 */
export const rowTables = [
  { name: 'accounts', key: ['id'], batch: 500, unique: [{ columns: ['name'] }] },
  // A trust policy or a policy may have six KiB.
  {
    name: 'identities',
    key: ['id'],
    batch: 200,
    parents: [ofAccount],
    unique: [{ columns: ['account_id', 'kind', 'name'] }],
  },
  {
    name: 'members',
    key: ['user_id', 'group_id'],
    batch: 500,
    parents: [ofUser, { column: 'group_id', table: 'identities', key: 'id' }],
  },
  { name: 'policies', key: ['account_id', 'name'], batch: 200, parents: [ofAccount] },
  {
    name: 'attachments',
    key: ['identity_id', 'policy_name'],
    batch: 500,
    parents: [{ column: 'identity_id', table: 'identities', key: 'id' }],
  },
  {
    name: 'credentials',
    key: ['access_key_id'],
    batch: 500,
    parents: [ofAccount, ofUser],
  },
  { name: 'buckets', key: ['id'], batch: 500, unique: [{ columns: ['name'] }], isNumbered: true },
  { name: 'bucket_counters', key: ['bucket_id', 'shard'], batch: 500, parents: [ofBucket] },
  // A document may have a mebibyte, a chain and its key 64 KiB (DESIGN ruling 17).
  { name: 'bucket_documents', key: ['bucket_id', 'name'], batch: 20, parents: [ofBucket] },
  {
    name: 'certificates',
    key: ['number'],
    batch: 100,
    unique: [{ columns: ['account_id', 'fingerprint256'] }],
    isNumbered: true,
  },
  {
    name: 'cnames',
    key: ['domain'],
    batch: 500,
    parents: [ofBucket, { column: 'certificate_number', table: 'certificates', key: 'number' }],
  },
  { name: 'departed_cnames', key: ['bucket_id', 'domain'], batch: 500, parents: [ofBucket] },
  { name: 'cname_tokens', key: ['bucket_id', 'domain'], batch: 500, parents: [ofBucket] },
  { name: 'audit', key: ['sequence'], batch: 500, isNumbered: true, isAppendOnly: true },
  {
    name: 'objects',
    key: ['bucket_id', 'key'],
    batch: 500,
    parents: [ofBucket],
    unique: [{ columns: ['blob_id'] }],
  },
  {
    name: 'object_versions',
    key: ['bucket_id', 'key', 'sequence'],
    batch: 500,
    parents: [ofBucket],
    unique: [
      { columns: ['blob_id'] },
      { columns: ['bucket_id', 'key', 'version_id'], by: ['bucket_id', 'key'] },
    ],
  },
  {
    name: 'content_parts',
    key: ['content_id', 'start'],
    batch: 500,
    unique: [{ columns: ['blob_id'] }],
  },
  { name: 'uploads', key: ['upload_id'], batch: 500, parents: [ofBucket] },
  {
    name: 'upload_parts',
    key: ['upload_id', 'number'],
    batch: 500,
    parents: [{ column: 'upload_id', table: 'uploads', key: 'upload_id' }],
    unique: [{ columns: ['blob_id'] }],
  },
  { name: 'changes', key: ['kind', 'name'], batch: 500, unique: [{ columns: ['revision'] }] },
  { name: 'counters', key: ['name'], batch: 500 },
  { name: 'settings', key: ['name'], batch: 20 },
] as const satisfies readonly RowTable[];

export type RowTableName = (typeof rowTables)[number]['name'];

/** Tables whose rows name blobs; those with a column `content` only where it is `blob`. */
export const blobTables = ['objects', 'object_versions', 'content_parts', 'upload_parts'] as const;

export interface BlobHolder {
  readonly table: (typeof blobTables)[number];
  readonly row: Row;
}

/** Settings that say something about a place, and are never read or written as rows. */
export const settingsOfPlace = [
  'master-key-check',
  // Sealed under the master key of its place; another place makes its own.
  'callback-key',
  'object-store-installation',
  'object-store-place',
  'schema-release',
  'copied-from',
] as const;

/** What a target of a copy says about itself until a server starts on it. */
export interface CopyMark {
  /** The installation that is copied: the id of its root account. */
  readonly source: string;
  /** Where the target keeps its objects, for people. */
  readonly objects: string;
  /** The run that may write, and no other. */
  readonly run: string;
  readonly isComplete: boolean;
  readonly at: Instant;
}

/** Writing needs the mark of the run: a run that another one has replaced is refused. */
export interface RowStore {
  /** At most `limit` rows with greater keys than `after`, ascending. */
  readRows(table: RowTableName, after: RowKey | undefined, limit: number): Promise<Row[]>;
  /** The keys alone, as `readRows`. */
  readKeys(table: RowTableName, after: RowKey | undefined, limit: number): Promise<RowKey[]>;
  findRow(table: RowTableName, key: RowKey): Promise<Row | undefined>;
  /** The rows that name these blobs, or these contents made of several. */
  findHolders(blobIds: readonly string[]): Promise<BlobHolder[]>;
  /** How many blobs all rows together name. */
  countBlobs(): Promise<number>;
  countRows(table: RowTableName): Promise<number>;
  /** The highest number a numbered table ever gave; 0 when it never gave one. */
  lastNumber(table: RowTableName): Promise<number>;

  findCopyMark(): Promise<CopyMark | undefined>;
  /**
   * The target is the run's from now on, and incomplete. `occupied`: it holds an installation that
   * is no copy, or a copy on which a server has started; `other-source`: a copy of another one.
   */
  claimTarget(mark: Omit<CopyMark, 'isComplete'>): Promise<'claimed' | 'occupied' | 'other-source'>;
  /**
   * The rows stand as given, in place of what had their keys; of an append-only table only new ones
   * are taken. Rows whose parent is not there, or whose unique value another row has, are left out;
   * returns how many.
   */
  putRows(run: string, table: RowTableName, rows: readonly Row[]): Promise<number>;
  /** The rows are gone, but for those that others hang on; returns how many were left. */
  removeRows(run: string, table: RowTableName, keys: readonly RowKey[]): Promise<number>;
  /** The next number given will be the one after `last`. */
  continueNumbers(run: string, table: RowTableName, last: number): Promise<void>;
  completeCopy(run: string): Promise<void>;
  /**
   * A server starts here: a complete copy becomes an installation of its own, and no copy will be
   * made over it any more. `incomplete`: it must not start.
   */
  adoptCopy(): Promise<'free' | 'adopted' | 'incomplete'>;
}
