import { OssError } from '../errors/index.ts';
import { type Bucket, nullVersion, type PutOutcome, type StoredObject } from '../stores/index.ts';
import type { Instant } from '../world/index.ts';
import { noSuchBucket } from './buckets.ts';
import type { Shelves } from './reading.ts';
import { fromStore } from './store-failure.ts';

/** An object that now stands, and the id of its version where the bucket has or had versions. */
export interface Stored {
  readonly object: StoredObject;
  readonly versionId: string | undefined;
}

/** Makes the key point to a fresh blob; a refusal takes the blob along. */
export async function pointTo(
  shelves: Shelves,
  input: {
    bucket: Bucket;
    key: string;
    object: StoredObject;
    forbidOverwrite: boolean;
    onlyIfNone?: boolean;
    isAnnounced: boolean;
    protectedSince: Instant | undefined;
  },
): Promise<Stored> {
  const { bucket, object, ...put } = input;
  // When the index cannot answer the blob stays: whether the row was written is not known, and the
  // sweep removes what no row points to (security.md 8.5).
  const answer = await fromStore(
    shelves.objects.putObject({ ...put, bucketId: bucket.id, object }),
  );
  if (answer.outcome === 'stored') {
    const { versionId } = answer;
    return { object: { ...object, versionId: versionId ?? nullVersion }, versionId };
  }
  if (object.content === 'blob') await shelves.blobs.remove([object.blobId]).catch(() => {});
  throw refusalOf(answer.outcome, bucket);
}

/** The refusal that an outcome of a put means to its caller. */
export function refusalOf(
  outcome: Exclude<PutOutcome['outcome'], 'stored'>,
  bucket: Bucket,
): OssError {
  switch (outcome) {
    case 'exists':
      return new OssError('FileAlreadyExists');
    case 'immutable':
      return new OssError('FileImmutable');
    case 'no-bucket':
      return noSuchBucket(bucket.name);
    case 'not-announced':
      return new OssError('ServiceUnavailable', {
        message: 'The upload took longer than the store keeps unfinished ones. Please retry.',
      });
  }
}
