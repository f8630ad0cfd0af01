import { OssError } from '../errors/index.ts';
import type { Bucket, ObjectIndex, StoredObject } from '../stores/index.ts';
import type { Instant } from '../world/index.ts';
import { noSuchKey } from './reading.ts';
import { restoreFor } from './restore-rules.ts';
import { fromStore } from './store-failure.ts';

export interface RestoreObject {
  readonly bucket: Bucket;
  readonly key: string;
  /** As it was found. */
  readonly object: StoredObject;
  readonly days: number;
  readonly now: Instant;
  /** From the request until it can be read. */
  readonly delayMs: number;
}

/** Changes of one object that may come in between; ours. */
const attemptsMax = 100;

/**
 * Begins the restoring, or moves its end; of several at once one begins it. Resolves to whether
 * this one did.
 * @throws OssError NoSuchKey when it has gone meanwhile, and those of `restoreFor`
 */
export async function restoreObject(
  objects: Pick<ObjectIndex, 'changeObject' | 'findVersion'>,
  { bucket, key, object: found, days, now, delayMs }: RestoreObject,
): Promise<boolean> {
  const { versionId } = found;
  let object = found;
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const { restore, isBegun } = restoreFor(object, days, now, delayMs);
    const { blobId, extras } = object;
    const { outcome } = await fromStore(
      objects.changeObject({
        ...{ bucketId: bucket.id, key, versionId, blobId, extras },
        change: { extras: { restore } },
      }),
    );
    if (outcome === 'done') return isBegun;
    const again = await fromStore(objects.findVersion(bucket.id, key, versionId));
    if (again === undefined || !('object' in again)) throw noSuchKey(key);
    object = again.object;
  }
  throw new OssError('ServiceUnavailable', {
    message: 'The object kept changing while it was to be restored. Please retry.',
  });
}
