/**
 * The versions of a key as steps of a transaction that holds the key. `objects` has the newest one
 * if it is an object; all others, and delete markers, are in `object_versions`, in the order of
 * their sequence (oss-semantics.md 1.1, 1.2).
 */
import { crc32 } from 'node:zlib';
import { sql as raw, type Selectable } from 'kysely';
import type { ObjectExtras, StandingVersion } from '../ports/objects.ts';
import { discardContents, type HeldContent } from './contents.ts';
import type { Tally } from './counters.ts';
import type { ObjectVersionTable, Sql } from './database.ts';
import { holdName } from './holding.ts';
import { extrasText, objectColumns } from './object-rows.ts';
import { hotStatement, type Slots } from './prepared.ts';
import { together } from './together.ts';

/** What versions written without versioning, or with it suspended, are called. */
export const nullVersion = 'null';

/** What the rules look at of a version. */
export interface HeldVersion extends HeldContent {
  readonly version_id: string;
  readonly sequence: number;
  readonly size: number;
  readonly storage_class: string;
  readonly modified_at: number;
  readonly extras: string | null;
}

export const heldColumns = [
  'blob_id',
  'content',
  'version_id',
  'sequence',
  'size',
  'storage_class',
  'modified_at',
  'extras',
] as const;

export type OlderVersion = HeldVersion &
  Pick<Selectable<ObjectVersionTable>, 'is_marker' | 'noncurrent_at'>;

/** One key, its bucket shared (`shareBucket`). */
export interface KeyPlace {
  readonly bucketId: number;
  readonly key: Buffer;
}

/**
 * Keeps the bucket from being removed, or its versioning from being changed, until the transaction
 * ends; changes of other objects go on. `undefined` when there is no such bucket.
 */
export async function shareBucket(
  sql: Sql,
  bucketId: number,
): Promise<{ versioning: string } | undefined> {
  return (await sharedBucket(sql, { bucketId })).rows[0];
}

const sharedBucket = hotStatement((sql, slot: Slots<{ bucketId: number }>) =>
  sql.selectFrom('buckets').select('versioning').where('id', '=', slot('bucketId')).forKeyShare(),
);

/** What the key points to; nobody else changes that until the transaction ends. */
export async function lockKey(sql: Sql, place: KeyPlace): Promise<HeldVersion | undefined> {
  return await sql
    .selectFrom('objects')
    .select(heldColumns)
    .where('bucket_id', '=', place.bucketId)
    .where('key', '=', place.key)
    .forUpdate()
    .executeTakeFirst();
}

/**
 * Where keys have versions, what a key points to moves between tables, so that no row can stand for
 * the key. These names do; there are not many, and keys share them.
 */
const keyNames = 1024;

/**
 * Nobody else changes versions of these keys until the transaction ends. Names are held in one
 * order, so that two who hold many never wait for each other.
 */
export async function holdKeys(sql: Sql, bucketId: number, keys: readonly Buffer[]): Promise<void> {
  const numbers = new Set(keys.map((key) => (crc32(key, bucketId) >>> 0) % keyNames));
  for (const number of [...numbers].sort((one, other) => one - other)) {
    await holdName(sql, `versions of keys ${number}`);
  }
}

/** The bucket and what the key points to, both held until the transaction ends. */
export async function holdPlace(
  sql: Sql,
  place: KeyPlace,
): Promise<{ versioning: string; standing: HeldVersion | undefined } | undefined> {
  const [bucket, standing] = await together(
    sql,
    () => shareBucket(sql, place.bucketId),
    async () => (await lockedPlainKey(sql, place)).rows[0],
  );
  if (bucket === undefined) return undefined;
  const { versioning } = bucket;
  if (versioning === '') return { versioning, standing };
  await holdKeys(sql, place.bucketId, [place.key]);
  return { versioning, standing: await lockKey(sql, place) };
}

/** As `lockKey` where nothing has versions; else it finds and holds nothing: names come first. */
const lockedPlainKey = hotStatement((sql, slot: Slots<KeyPlace>) =>
  sql
    .selectFrom('objects')
    .select(heldColumns)
    .where('bucket_id', '=', slot('bucketId'))
    .where('key', '=', slot('key'))
    .where((of) =>
      of.exists(
        of
          .selectFrom('buckets')
          .select('buckets.id')
          .where('buckets.id', '=', slot('bucketId'))
          .where('buckets.versioning', '=', ''),
      ),
    )
    .forUpdate(),
);

/** The newest of `object_versions`; the key is held. */
async function lockNewestOlder(sql: Sql, place: KeyPlace): Promise<OlderVersion | undefined> {
  return await selectOlder(sql, place)
    .orderBy('sequence', 'desc')
    .limit(1)
    .forUpdate()
    .executeTakeFirst();
}

export async function lockOlder(
  sql: Sql,
  place: KeyPlace,
  versionId: string,
): Promise<OlderVersion | undefined> {
  return await selectOlder(sql, place)
    .where('version_id', '=', versionId)
    .forUpdate()
    .executeTakeFirst();
}

function selectOlder(sql: Sql, { bucketId, key }: KeyPlace) {
  return sql
    .selectFrom('object_versions')
    .select([...heldColumns, 'is_marker', 'noncurrent_at'])
    .where('bucket_id', '=', bucketId)
    .where('key', '=', key);
}

/** What the key points to becomes an older version; its row in `objects` is for the caller. */
async function keepAsOlder(sql: Sql, place: KeyPlace, now: number): Promise<void> {
  const columns = ['bucket_id', 'key', 'sequence', ...objectColumns] as const;
  await sql
    .insertInto('object_versions')
    .columns([...columns, 'is_marker', 'noncurrent_at'])
    .expression((of) =>
      of
        .selectFrom('objects')
        .select([
          ...columns,
          raw<number>`${raw.lit(0)}`.as('is_marker'),
          raw<number>`${now}`.as('noncurrent_at'),
        ])
        .where('bucket_id', '=', place.bucketId)
        .where('key', '=', place.key),
    )
    .execute();
}

export async function removeCurrent(sql: Sql, place: KeyPlace): Promise<void> {
  await sql
    .deleteFrom('objects')
    .where('bucket_id', '=', place.bucketId)
    .where('key', '=', place.key)
    .execute();
}

/** The version is gone for good, object or marker. */
export async function removeOlder(
  sql: Sql,
  place: KeyPlace,
  version: OlderVersion,
  now: number,
  tally: Tally,
): Promise<void> {
  await deleteOlder(sql, place, version.sequence);
  if (version.is_marker === 1) {
    tally.markers(-1);
    return;
  }
  await discardContents(sql, [version], now);
  tally.objects(version.storage_class, -1, -version.size);
}

async function deleteOlder(sql: Sql, { bucketId, key }: KeyPlace, sequence: number) {
  await sql
    .deleteFrom('object_versions')
    .where('bucket_id', '=', bucketId)
    .where('key', '=', key)
    .where('sequence', '=', sequence)
    .execute();
}

/** A marker that was on top has a newer version above it now. */
async function coverMarker(
  sql: Sql,
  place: KeyPlace,
  newest: OlderVersion | undefined,
  now: number,
): Promise<void> {
  if (newest === undefined || newest.noncurrent_at !== null) return;
  await setNoncurrent(sql, place, newest.sequence, now);
}

async function setNoncurrent(
  sql: Sql,
  { bucketId, key }: KeyPlace,
  sequence: number,
  at: number | null,
): Promise<void> {
  await sql
    .updateTable('object_versions')
    .set({ noncurrent_at: at })
    .where('bucket_id', '=', bucketId)
    .where('key', '=', key)
    .where('sequence', '=', sequence)
    .execute();
}

export async function insertMarker(
  sql: Sql,
  place: KeyPlace,
  marker: { readonly versionId: string; readonly sequence: number; readonly at: number },
): Promise<void> {
  await sql
    .insertInto('object_versions')
    .values({
      bucket_id: place.bucketId,
      key: place.key,
      sequence: marker.sequence,
      version_id: marker.versionId,
      is_marker: 1,
      noncurrent_at: null,
      blob_id: null,
      content: 'none',
      size: 0,
      etag: '',
      content_md5: null,
      crc64: '0',
      type: 'Normal',
      acl: 'default',
      storage_class: 'Standard',
      modified_at: marker.at,
      headers: '{}',
      metadata: '{}',
      extras: null,
    })
    .execute();
}

/**
 * After the newest version went: the next older one is on top, and if it is an object the key
 * points to it.
 */
export async function uncover(sql: Sql, place: KeyPlace): Promise<void> {
  const newest = await lockNewestOlder(sql, place);
  if (newest === undefined) return;
  if (newest.is_marker === 1) {
    await setNoncurrent(sql, place, newest.sequence, null);
    return;
  }
  const columns = ['bucket_id', 'key', 'sequence', ...objectColumns] as const;
  await sql
    .insertInto('objects')
    .columns(columns)
    .expression((of) =>
      of
        .selectFrom('object_versions')
        .select(columns)
        .where('bucket_id', '=', place.bucketId)
        .where('key', '=', place.key)
        .where('sequence', '=', newest.sequence),
    )
    .execute();
  await deleteOlder(sql, place, newest.sequence);
}

/** The versions of a key that a change has to do with. */
export interface Stack {
  readonly standing: HeldVersion | undefined;
  /** The newest of those that no key points to. */
  readonly newest?: OlderVersion | undefined;
  /** The one called `null`, if it is among them. */
  readonly olderNull?: OlderVersion | undefined;
}

export async function readStack(
  sql: Sql,
  place: KeyPlace,
  standing: HeldVersion | undefined,
): Promise<Stack> {
  const newest = await lockNewestOlder(sql, place);
  // One version of a key is called so at most.
  const isElsewhere = newest === undefined || standing?.version_id === nullVersion;
  const olderNull = isElsewhere
    ? undefined
    : newest.version_id === nullVersion
      ? newest
      : await lockOlder(sql, place, nullVersion);
  return { standing, newest, olderNull };
}

/** The version that a writer without versions takes away, wherever it lies. */
export function nullVersionOf({ standing, olderNull }: Stack): HeldVersion | undefined {
  if (standing?.version_id === nullVersion) return standing;
  return olderNull?.is_marker === 0 ? olderNull : undefined;
}

export function nextSequence({ standing, newest }: Stack): number {
  return Math.max(standing?.sequence ?? 0, newest?.sequence ?? 0) + 1;
}

/**
 * Makes way for a newer version on top: what stands there becomes an older one, and while versions
 * are suspended the one called `null` goes. The row of `objects` stays for the caller to replace.
 */
export async function cover(
  sql: Sql,
  place: KeyPlace,
  { standing, newest, olderNull }: Stack,
  versioning: string,
  now: number,
  tally: Tally,
): Promise<void> {
  const isKept = versioning === 'Enabled' || standing?.version_id !== nullVersion;
  if (standing !== undefined && isKept) await keepAsOlder(sql, place, now);
  if (versioning !== 'Enabled' && olderNull !== undefined) {
    await removeOlder(sql, place, olderNull, now, tally);
  }
  if (standing === undefined) await coverMarker(sql, place, newest, now);
}

/** Whether the version is the one that was seen; `undefined`: nobody asked. */
export function isStanding(
  version: (HeldVersion & Partial<Pick<OlderVersion, 'noncurrent_at'>>) | undefined,
  seen: StandingVersion | undefined,
): boolean {
  if (seen === undefined) return true;
  return (
    version !== undefined &&
    (version.blob_id ?? undefined) === seen.blobId &&
    version.modified_at === seen.modifiedAt &&
    (version.noncurrent_at ?? undefined) === seen.noncurrentAt &&
    hasExtras(version, seen.extras)
  );
}

/** Whether its extras are these; `undefined`: nobody asked. */
export function hasExtras(
  version: Pick<HeldVersion, 'extras'>,
  seen: ObjectExtras | undefined,
): boolean {
  // Both texts are of our own making, from members in the same order.
  return seen === undefined || version.extras === extrasText(seen);
}

export function isProtected(version: HeldVersion | undefined, since: number | undefined): boolean {
  return version !== undefined && since !== undefined && version.modified_at >= since;
}
