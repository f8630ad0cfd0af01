/** The keys of encrypted contents, brought under the newest master key. */
import type { Sealer } from '../sealing/index.ts';
import type { MetadataEngine, StoredObject } from '../stores/index.ts';
import { rewrapContentKey } from './content-keys.ts';

/** Rows read at a time. */
const pageSize = 200;
/** An object that keeps growing changes between the reading and the writing of its row. */
const attemptsMax = 20;

type Stores = Pick<MetadataEngine, 'inspection' | 'objects' | 'uploads'>;

/**
 * Every key of a content is under the current master key after this; answers how many had to be
 * re-wrapped. Walks through all versions and unfinished uploads. Safe beside a running server, and
 * where it was cut short it can be called again: keys that are done already stay as they are.
 */
export async function resealContentKeys(stores: Stores, sealer: Sealer): Promise<number> {
  let resealed = 0;
  for (let after = 0; ; ) {
    const page = await stores.inspection.inspectBuckets(after, pageSize);
    for (const { id } of page) {
      resealed += await resealVersions(stores, sealer, id);
      resealed += await resealUploads(stores, sealer, id);
      after = id;
    }
    if (page.length < pageSize) return resealed;
  }
}

async function resealVersions({ objects }: Stores, sealer: Sealer, bucketId: number) {
  let resealed = 0;
  let [after, afterVersion]: [string, string | undefined] = ['', undefined];
  for (;;) {
    const page = { bucketId, prefix: '', delimiter: '', limit: pageSize, after, afterVersion };
    const { entries, isTruncated } = await objects.listVersions(page);
    for (const entry of entries) {
      if ('commonPrefix' in entry) continue;
      after = entry.key;
      afterVersion = 'object' in entry ? entry.object.versionId : entry.marker.versionId;
      if (!('object' in entry)) continue;
      if (await resealVersion(objects, sealer, bucketId, entry.key, entry.object)) resealed += 1;
    }
    if (!isTruncated) return resealed;
  }
}

async function resealVersion(
  objects: Stores['objects'],
  sealer: Sealer,
  bucketId: number,
  key: string,
  listed: StoredObject,
): Promise<boolean> {
  let object = listed;
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const { encryption } = object.extras;
    const sealed = encryption?.dataKeySealed;
    if (encryption === undefined || sealed === undefined) return false;
    const next = rewrapContentKey(sealer, bucketId, sealed);
    if (next === sealed) return false;
    const { blobId, versionId } = object;
    const change = { extras: { encryption: { ...encryption, dataKeySealed: next } } };
    const answer = await objects.changeObject({ bucketId, key, versionId, blobId, change });
    if (answer.outcome === 'done') return true;
    if (answer.outcome !== 'changed') return false;
    const found = await objects.findVersion(bucketId, key, versionId);
    if (found === undefined || !('object' in found)) return false;
    object = found.object;
  }
  throw new Error(`An object of bucket ${bucketId} kept changing while its key was re-wrapped.`);
}

async function resealUploads({ uploads }: Stores, sealer: Sealer, bucketId: number) {
  let resealed = 0;
  let [after, afterUpload]: [string, string | undefined] = ['', undefined];
  for (;;) {
    const page = { bucketId, prefix: '', delimiter: '', limit: pageSize, after, afterUpload };
    const { entries, isTruncated } = await uploads.listUploads(page);
    for (const entry of entries) {
      if ('commonPrefix' in entry) continue;
      const { key, uploadId, facts } = entry;
      [after, afterUpload] = [key, uploadId];
      const expected = facts.extras.encryption?.dataKeySealed;
      if (expected === undefined) continue;
      const next = rewrapContentKey(sealer, bucketId, expected);
      if (next === expected) continue;
      const outcome = await uploads.resealUpload({ bucketId, key, uploadId, expected, next });
      if (outcome === 'done') resealed += 1;
    }
    if (!isTruncated) return resealed;
  }
}
