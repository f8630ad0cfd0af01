/** Versions of a key stand in the order that the rules of oss-semantics.md 1 make of them. */
import type { InspectedVersion } from '../stores/index.ts';
import type { Fault } from './bytes.ts';

/**
 * A version that a newer one covers has the time when that came. On top of a key that points to
 * nothing stands a delete marker, which nothing covers.
 */
export function faultOfVersion(row: InspectedVersion): Fault | undefined {
  const what = disorderOf(row);
  return what === undefined ? undefined : { kind: 'versions-disordered', what };
}

function disorderOf(row: InspectedVersion): string | undefined {
  const { isMarker, isNewest, noncurrentAt, currentSequence, sequence, blobId } = row;
  if (isMarker !== (blobId === undefined)) return 'it is half an object and half a delete marker';
  if (currentSequence !== undefined && currentSequence <= sequence) {
    return 'it is as new as the current object, and not current';
  }
  if (!isNewest) {
    return noncurrentAt === undefined ? 'it is said to be the newest, and is not' : undefined;
  }
  if (!isMarker) return 'it is the newest, and its key does not point to it';
  return noncurrentAt === undefined ? undefined : 'it is the newest, and said to be covered';
}
