/**
 * What an operation tells of its own effect, for the access log of the bucket. Without a word of it
 * the log knows the object that the request found.
 */
import type { StoredObject } from '../buckets/index.ts';
import type { OperationContext } from './types.ts';

export interface RequestNotes {
  objectSize?: number;
  storageClass?: string;
  /** Bytes that the bucket holds more than before; negative when there are fewer. */
  deltaBytes?: number;
  /** Who asked for what, where only the operation could tell. */
  key?: string;
  caller?: OperationContext['caller'];
}

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
