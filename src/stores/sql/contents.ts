/**
 * The blobs behind objects: announced before their bytes are sent, held by a row or a part, garbage
 * when nothing holds them any more.
 */
import type { Fence } from '../ports/leases.ts';
import type { ContentPart, StoredObject } from '../ports/objects.ts';
import type { Sql } from './database.ts';
import { holdsFence } from './leases.ts';
import { inPortions } from './portions.ts';
import { hotStatement, type Slots } from './prepared.ts';

export async function announceBlob(sql: Sql, blobId: string, at: number): Promise<void> {
  await insertAnnouncement(sql, { blobId, at });
}

const insertAnnouncement = hotStatement((sql, slot: Slots<{ blobId: string; at: number }>) =>
  sql.insertInto('announced_blobs').values({ blob_id: slot('blobId'), announced_at: slot('at') }),
);

/** False when it had expired. Whoever takes the row away, this or the sweep, decides for good. */
export async function spendAnnouncement(sql: Sql, blobId: string): Promise<boolean> {
  const { numAffectedRows = 0n } = await deleteAnnouncement(sql, { blobId });
  return numAffectedRows > 0n;
}

const deleteAnnouncement = hotStatement((sql, slot: Slots<{ blobId: string }>) =>
  sql.deleteFrom('announced_blobs').where('blob_id', '=', slot('blobId')),
);

export async function expireAnnounced(
  sql: Sql,
  before: number,
  limit: number,
  fence: Fence | undefined,
): Promise<number | 'fenced'> {
  if (fence !== undefined && !(await holdsFence(sql, fence))) return 'fenced';
  const old = sql
    .selectFrom('announced_blobs')
    .select('blob_id')
    .where('announced_at', '<', before)
    .orderBy('announced_at')
    .limit(limit);
  const expired = await sql
    .deleteFrom('announced_blobs')
    .where('blob_id', 'in', old)
    .returning(['blob_id', 'announced_at as freed_at'])
    .execute();
  for (const some of inPortions(expired)) await sql.insertInto('garbage').values(some).execute();
  return expired.length;
}

export async function listGarbage(sql: Sql, before: number, limit: number): Promise<string[]> {
  const rows = await sql
    .selectFrom('garbage')
    .select('blob_id')
    .where('freed_at', '<', before)
    .orderBy('freed_at')
    .orderBy('blob_id')
    .limit(limit)
    .execute();
  return rows.map((row) => row.blob_id);
}

export async function forgetGarbage(sql: Sql, blobIds: readonly string[]): Promise<void> {
  for (const some of inPortions(blobIds)) {
    await sql.deleteFrom('garbage').where('blob_id', 'in', some).execute();
  }
}

export async function knownBlobs(sql: Sql, blobIds: readonly string[]): Promise<Set<string>> {
  const known = new Set<string>();
  for (const some of inPortions(blobIds)) {
    const holding = (table: 'objects' | 'content_parts' | 'upload_parts') =>
      sql.selectFrom(table).select('blob_id').where('blob_id', 'in', some);
    const rows = await holding('objects')
      .union(holding('content_parts'))
      .union(holding('upload_parts'))
      .union(
        sql
          .selectFrom('object_versions')
          .select((of) => of.ref('blob_id').$notNull().as('blob_id'))
          .where('blob_id', 'in', some),
      )
      .union(sql.selectFrom('garbage').select('blob_id').where('blob_id', 'in', some))
      .union(sql.selectFrom('announced_blobs').select('blob_id').where('blob_id', 'in', some))
      .execute();
    for (const row of rows) known.add(row.blob_id);
  }
  return known;
}

/** Each table gives its first ones; the first of all of them together are the page. */
export async function listBlobs(sql: Sql, after: string, limit: number): Promise<string[]> {
  const ids: string[] = [];
  for (const table of ['objects', 'object_versions', 'content_parts', 'upload_parts'] as const) {
    let query = sql
      .selectFrom(table)
      .select('blob_id')
      .where('blob_id', '>', after)
      .orderBy('blob_id')
      .limit(limit);
    if (table === 'objects' || table === 'object_versions') {
      query = query.where('content', '=', 'blob');
    }
    for (const { blob_id: blobId } of await query.execute()) if (blobId !== null) ids.push(blobId);
  }
  return ids.sort((one, other) => (one < other ? -1 : 1)).slice(0, limit);
}

export async function listContentParts(
  sql: Sql,
  contentId: string,
  from: number,
  limit: number,
): Promise<ContentPart[]> {
  const rows = await sql
    .selectFrom('content_parts')
    .select(['start', 'size', 'blob_id', 'iv'])
    .where('content_id', '=', contentId)
    .where('start', '>=', (of) =>
      of
        .selectFrom('content_parts')
        .select((first) => first.fn.max<number>('start').as('start'))
        .where('content_id', '=', contentId)
        .where('start', '<=', from),
    )
    .orderBy('start')
    .limit(limit)
    .execute();
  return rows
    .filter((row) => row.start + row.size > from)
    .map(({ start, size, blob_id: blobId, iv }) => {
      return { start, size, blobId, ...(iv === null ? {} : { iv }) };
    });
}

/** What a row says about its content. */
export interface HeldContent {
  readonly blob_id: string | null;
  readonly content: string;
}

/** Nothing holds these contents any more: their blobs wait for the sweep. */
export async function discardContents(
  sql: Sql,
  contents: readonly HeldContent[],
  at: number,
): Promise<void> {
  const blobIds: string[] = [];
  for (const { blob_id: id, content } of contents) {
    if (id === null || content === ('none' satisfies StoredObject['content'])) continue;
    if (content === ('parts' satisfies StoredObject['content'])) await discardParts(sql, id, at);
    else blobIds.push(id);
  }
  await discardBlobs(sql, blobIds, at);
}

async function discardParts(sql: Sql, contentId: string, at: number): Promise<void> {
  await sql
    .insertInto('garbage')
    .columns(['blob_id', 'freed_at'])
    .expression((of) =>
      of
        .selectFrom('content_parts')
        .select((part) => ['blob_id', part.val(at).as('freed_at')])
        .where('content_id', '=', contentId),
    )
    .execute();
  await sql.deleteFrom('content_parts').where('content_id', '=', contentId).execute();
}

export async function discardBlobs(
  sql: Sql,
  blobIds: readonly string[],
  at: number,
): Promise<void> {
  const [first, ...others] = blobIds;
  if (first === undefined) return;
  if (others.length === 0) {
    await insertGarbage(sql, { blobId: first, at });
    return;
  }
  for (const some of inPortions(blobIds)) {
    await sql
      .insertInto('garbage')
      .values(some.map((blobId) => ({ blob_id: blobId, freed_at: at })))
      .execute();
  }
}

const insertGarbage = hotStatement((sql, slot: Slots<{ blobId: string; at: number }>) =>
  sql.insertInto('garbage').values({ blob_id: slot('blobId'), freed_at: slot('at') }),
);
