/** Deleting plain keys, as most tests do; versions have their own. */
import type { Objects } from '../../src/buckets/index.ts';
import type { Bucket, ObjectIndex } from '../../src/stores/index.ts';

/** Returns the keys there were. */
export async function deleteKeys(
  objects: Pick<ObjectIndex, 'deleteObjects'>,
  bucketId: number,
  keys: readonly string[],
  now: number,
): Promise<string[]> {
  const deletions = keys.map((key) => ({ key, versionId: undefined, markerId: 'unused' }));
  const results = await objects.deleteObjects({ bucketId, deletions, now });
  return results.filter(({ removed }) => removed !== undefined).map(({ key }) => key);
}

/** The same through the room. */
export async function removeKeys(
  objects: Pick<Objects, 'deleteObjects'>,
  bucket: Bucket,
  keys: readonly string[],
): Promise<string[]> {
  const deletions = keys.map((key) => ({ key, versionId: undefined }));
  const results = await objects.deleteObjects(bucket, deletions);
  return results.filter(({ removed }) => removed !== undefined).map(({ key }) => key);
}
