import type { Insertable, Selectable } from 'kysely';
import type { ObjectAcl, ObjectExtras, StoredObject } from '../ports/objects.ts';
import type { ObjectTable } from './database.ts';

/** The columns of what a key points to. */
export const objectColumns = [
  'blob_id',
  'content',
  'size',
  'etag',
  'content_md5',
  'crc64',
  'type',
  'acl',
  'storage_class',
  'modified_at',
  'headers',
  'metadata',
  'version_id',
  'extras',
] as const;

export type ObjectRow = Pick<Selectable<ObjectTable>, (typeof objectColumns)[number]>;

const noExtras: ObjectExtras = {};

/**
 * The bytes of a key. Text that is not Unicode has none of its own (half a surrogate pair would
 * become U+FFFD and meet another key there): nothing is stored under it, and nothing found.
 */
export function keyBytes(key: string): Buffer | undefined {
  return key.isWellFormed() ? Buffer.from(key, 'utf8') : undefined;
}

export function toStoredObject(row: ObjectRow): StoredObject {
  return {
    blobId: row.blob_id,
    content: row.content as StoredObject['content'],
    size: row.size,
    etag: row.etag,
    contentMd5: row.content_md5 ?? undefined,
    crc64: row.crc64,
    type: row.type as StoredObject['type'],
    acl: row.acl as ObjectAcl,
    storageClass: row.storage_class,
    modifiedAt: row.modified_at,
    headers: JSON.parse(row.headers) as Record<string, string>,
    metadata: JSON.parse(row.metadata) as Record<string, string>,
    versionId: row.version_id,
    extras: row.extras === null ? noExtras : (JSON.parse(row.extras) as ObjectExtras),
  };
}

export function toObjectRow(
  object: StoredObject,
): Omit<Insertable<ObjectTable>, 'bucket_id' | 'key' | 'sequence'> {
  return {
    blob_id: object.blobId,
    content: object.content,
    size: object.size,
    etag: object.etag,
    content_md5: object.contentMd5 ?? null,
    crc64: object.crc64,
    type: object.type,
    acl: object.acl,
    storage_class: object.storageClass,
    modified_at: object.modifiedAt,
    headers: JSON.stringify(object.headers),
    metadata: JSON.stringify(object.metadata),
    version_id: object.versionId,
    extras: extrasText(object.extras),
  };
}

export function extrasText(extras: ObjectExtras): string | null {
  return Object.keys(extras).length === 0 ? null : JSON.stringify(extras);
}

/** The same of a key that something is stored under: whoever asks has checked it. */
export function keyToStore(key: string): Buffer {
  const bytes = keyBytes(key);
  if (bytes === undefined) throw new TypeError('An object key must be valid Unicode text.');
  return bytes;
}
