/** What operations tell the access log of their bucket (`RequestNotes`). */
import type { StoredObject } from '../buckets/index.ts';
import type { OperationContext } from './types.ts';

/** Of a write that put `stored` in the place of what the request found, or on top of it. */
export function noteStored(
  { notes, bucket, object: standing }: OperationContext,
  stored: Pick<StoredObject, 'size' | 'storageClass'>,
): void {
  const replaced = bucket?.versioning === undefined ? (standing?.size ?? 0) : 0;
  notes.objectSize = stored.size;
  notes.storageClass = stored.storageClass;
  notes.deltaBytes = stored.size - replaced;
}
