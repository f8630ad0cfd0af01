import { OssError } from '../errors/index.ts';
import type { Bucket, StoredObject } from '../stores/index.ts';
import { noSuchBucket } from './buckets.ts';
import type { Shelves } from './reading.ts';
import { fromStore } from './store-failure.ts';

/** Makes the key point to a fresh blob; a refusal takes the blob along. */
export async function pointTo(
  shelves: Shelves,
  input: {
    bucket: Bucket;
    key: string;
    object: StoredObject;
    forbidOverwrite: boolean;
    isAnnounced: boolean;
  },
): Promise<void> {
  const { bucket, key, object, forbidOverwrite, isAnnounced } = input;
  // When the index cannot answer the blob stays: whether the row was written is not known, and the
  // sweep removes what no row points to (security.md 8.5).
  const { outcome } = await fromStore(
    shelves.objects.putObject({
      bucketId: bucket.id,
      key,
      object,
      forbidOverwrite,
      isAnnounced,
    }),
  );
  if (outcome === 'stored') return;
  await shelves.blobs.remove([object.blobId]).catch(() => {});
  if (outcome === 'not-announced') {
    throw new OssError('ServiceUnavailable', {
      message: 'The upload took longer than the store keeps unfinished ones. Please retry.',
    });
  }
  throw outcome === 'exists' ? new OssError('FileAlreadyExists') : noSuchBucket(bucket.name);
}
