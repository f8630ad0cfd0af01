/** Uploads in parts, from their beginning to the object or to nothing. */
import type { Insertable, Selectable } from 'kysely';
import type { Upload, UploadPart, UploadStore } from '../ports/uploads.ts';
import { discardBlobs, spendAnnouncement } from './contents.ts';
import { countChange, Tally } from './counters.ts';
import type { ContentPartTable, Sql, UploadPartTable } from './database.ts';
import { keyBytes } from './object-rows.ts';
import { storeObject } from './objects.ts';
import { inPortions } from './portions.ts';
import { hotStatement, type Slots } from './prepared.ts';
import { together } from './together.ts';
import { type KeyPlace, shareBucket } from './versions.ts';

export async function createUpload(
  sql: Sql,
  bucketId: number,
  upload: Upload,
  shard: number,
): Promise<'created' | 'no-bucket'> {
  const key = keyBytes(upload.key);
  if (key === undefined) throw new TypeError('An object key must be valid Unicode text.');
  if ((await shareBucket(sql, bucketId)) === undefined) return 'no-bucket';
  await sql
    .insertInto('uploads')
    .values({
      upload_id: upload.uploadId,
      bucket_id: bucketId,
      key,
      initiated_at: upload.initiatedAt,
      facts: JSON.stringify(upload.facts),
    })
    .execute();
  await countChange(sql, bucketId, shard, upload.initiatedAt, new Tally().uploads(1));
  return 'created';
}

export async function findUpload(
  sql: Sql,
  bucketId: number,
  key: string,
  uploadId: string,
): Promise<Upload | undefined> {
  const bytes = keyBytes(key);
  if (bytes === undefined) return undefined;
  const [row] = (await uploadOfKey(sql, { bucketId, key: bytes, uploadId })).rows;
  return row === undefined ? undefined : toUpload(row);
}

type UploadPlace = KeyPlace & { readonly uploadId: string };

const uploadOfKey = hotStatement((sql, slot: Slots<UploadPlace>) =>
  selectUpload(sql, slot).select(['upload_id', 'key', 'initiated_at', 'facts']),
);

function selectUpload(sql: Sql, slot: Slots<UploadPlace>) {
  return sql
    .selectFrom('uploads')
    .where('upload_id', '=', slot('uploadId'))
    .where('bucket_id', '=', slot('bucketId'))
    .where('key', '=', slot('key'));
}

export function toUpload(row: {
  upload_id: string;
  key: Buffer;
  initiated_at: number;
  facts: string;
}): Upload {
  return {
    uploadId: row.upload_id,
    key: row.key.toString('utf8'),
    initiatedAt: row.initiated_at,
    facts: JSON.parse(row.facts) as Upload['facts'],
  };
}

/** Whoever holds it shared keeps the upload from ending; `end` keeps parts from coming. */
async function holdUpload(
  sql: Sql,
  bucketId: number,
  key: string,
  uploadId: string,
  hold: 'share' | 'end',
): Promise<boolean> {
  const bytes = keyBytes(key);
  if (bytes === undefined) return false;
  const held = hold === 'share' ? sharedUpload : endedUpload;
  return (await held(sql, { bucketId, key: bytes, uploadId })).rows.length > 0;
}

const sharedUpload = hotStatement((sql, slot: Slots<UploadPlace>) =>
  selectUpload(sql, slot).select('upload_id').forKeyShare(),
);

const endedUpload = hotStatement((sql, slot: Slots<UploadPlace>) =>
  selectUpload(sql, slot).select('upload_id').forUpdate(),
);

export async function putPart(
  sql: Sql,
  input: Parameters<UploadStore['putPart']>[0],
  shard: number,
): ReturnType<UploadStore['putPart']> {
  const { bucketId, key, uploadId, part, isAnnounced } = input;
  const [bucket, isThere] = await together(
    sql,
    () => shareBucket(sql, bucketId),
    () => holdUpload(sql, bucketId, key, uploadId, 'share'),
  );
  if (bucket === undefined || !isThere) return 'no-upload';
  if (isAnnounced && !(await spendAnnouncement(sql, part.blobId))) return 'not-announced';
  const [replaced] = (await heldPart(sql, { uploadId, number: part.number })).rows;
  const row = {
    upload_id: uploadId,
    number: part.number,
    blob_id: part.blobId,
    size: part.size,
    etag: part.etag,
    crc64: part.crc64,
    modified_at: part.modifiedAt,
    iv: part.iv ?? null,
  };
  if (replaced === undefined) {
    // A rival with the same number fails the one who is later, and that write runs again.
    await insertPart(sql, row);
    await countChange(sql, bucketId, shard, part.modifiedAt, new Tally().parts(1));
  } else {
    await replacePart(sql, row);
    await discardBlobs(sql, [replaced.blob_id], part.modifiedAt);
  }
  return 'stored';
}

const heldPart = hotStatement((sql, slot: Slots<{ uploadId: string; number: number }>) =>
  sql
    .selectFrom('upload_parts')
    .select('blob_id')
    .where('upload_id', '=', slot('uploadId'))
    .where('number', '=', slot('number'))
    .forUpdate(),
);

type PartRow = Selectable<UploadPartTable>;

const insertPart = hotStatement((sql, slot: Slots<PartRow>) =>
  sql
    .insertInto('upload_parts')
    .values({ upload_id: slot('upload_id'), number: slot('number'), ...partOfSlots(slot) }),
);

const replacePart = hotStatement((sql, slot: Slots<PartRow>) =>
  sql
    .updateTable('upload_parts')
    .set(partOfSlots(slot))
    .where('upload_id', '=', slot('upload_id'))
    .where('number', '=', slot('number')),
);

function partOfSlots(slot: Slots<PartRow>) {
  return {
    blob_id: slot('blob_id'),
    size: slot('size'),
    etag: slot('etag'),
    crc64: slot('crc64'),
    modified_at: slot('modified_at'),
    iv: slot('iv'),
  };
}

export async function listParts(
  sql: Sql,
  uploadId: string,
  after: number,
  limit: number,
): Promise<UploadPart[]> {
  const rows = await sql
    .selectFrom('upload_parts')
    .select(['number', 'blob_id', 'size', 'etag', 'crc64', 'modified_at', 'iv'])
    .where('upload_id', '=', uploadId)
    .where('number', '>', after)
    .orderBy('number')
    .limit(limit)
    .execute();
  return rows.map(({ blob_id: blobId, modified_at: modifiedAt, iv, ...part }) => {
    return { ...part, blobId, modifiedAt, ...(iv === null ? {} : { iv }) };
  });
}

export async function completeUpload(
  sql: Sql,
  input: Parameters<UploadStore['completeUpload']>[0],
  shard: number,
): ReturnType<UploadStore['completeUpload']> {
  const { bucketId, key, uploadId, object } = input;
  const [bucket, isThere] = await together(
    sql,
    () => shareBucket(sql, bucketId),
    () => holdUpload(sql, bucketId, key, uploadId, 'end'),
  );
  if (bucket === undefined) return { outcome: 'no-bucket' };
  if (!isThere) return { outcome: 'no-upload' };
  const standing = new Map(
    (await listParts(sql, uploadId, 0, Number.MAX_SAFE_INTEGER)).map((part) => [part.number, part]),
  );
  const pieces = layOut(object.blobId, standing, input.parts);
  if (pieces === undefined) return { outcome: 'changed' };
  const used = new Set(pieces.map((piece) => piece.blob_id));
  const left = [...standing.values()].map((part) => part.blobId).filter((id) => !used.has(id));
  return await storeObject(sql, input, shard, {
    tally: new Tally().uploads(-1).parts(-standing.size),
    async write() {
      await removeUpload(sql, uploadId);
      for (const some of inPortions(pieces)) {
        await sql.insertInto('content_parts').values(some).execute();
      }
      await discardBlobs(sql, left, object.modifiedAt);
    },
  });
}

/** Empty parts are no part of the content. `undefined` when a part is not the one expected. */
function layOut(
  contentId: string,
  standing: ReadonlyMap<number, UploadPart>,
  chosen: readonly Pick<UploadPart, 'number' | 'blobId'>[],
) {
  const pieces: Insertable<ContentPartTable>[] = [];
  let start = 0;
  for (const { number, blobId } of chosen) {
    const part = standing.get(number);
    if (part?.blobId !== blobId) return undefined;
    if (part.size === 0) continue;
    const { size, iv = null } = part;
    pieces.push({ content_id: contentId, start, size, blob_id: blobId, iv });
    start += part.size;
  }
  return pieces;
}

async function removeUpload(sql: Sql, uploadId: string): Promise<void> {
  await sql.deleteFrom('upload_parts').where('upload_id', '=', uploadId).execute();
  await sql.deleteFrom('uploads').where('upload_id', '=', uploadId).execute();
}

export async function abortUpload(
  sql: Sql,
  input: Parameters<UploadStore['abortUpload']>[0],
  shard: number,
): Promise<'done' | 'none'> {
  const { bucketId, key, uploadId, now } = input;
  const [bucket, isThere] = await together(
    sql,
    () => shareBucket(sql, bucketId),
    () => holdUpload(sql, bucketId, key, uploadId, 'end'),
  );
  if (bucket === undefined || !isThere) return 'none';
  const parts = await listParts(sql, uploadId, 0, Number.MAX_SAFE_INTEGER);
  await removeUpload(sql, uploadId);
  await discardBlobs(
    sql,
    parts.map((part) => part.blobId),
    now,
  );
  await countChange(sql, bucketId, shard, now, new Tally().uploads(-1).parts(-parts.length));
  return 'done';
}

export async function resealUpload(
  sql: Sql,
  input: Parameters<UploadStore['resealUpload']>[0],
): Promise<'done' | 'none'> {
  const { bucketId, key, uploadId, expected, next } = input;
  if (!(await holdUpload(sql, bucketId, key, uploadId, 'end'))) return 'none';
  const upload = await findUpload(sql, bucketId, key, uploadId);
  const encryption = upload?.facts.extras.encryption;
  if (upload === undefined || encryption?.dataKeySealed !== expected) return 'none';
  const extras = { ...upload.facts.extras, encryption: { ...encryption, dataKeySealed: next } };
  await sql
    .updateTable('uploads')
    .set({ facts: JSON.stringify({ ...upload.facts, extras }) })
    .where('upload_id', '=', uploadId)
    .execute();
  return 'done';
}
