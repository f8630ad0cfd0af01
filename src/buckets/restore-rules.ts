/**
 * Archived objects: read only while they are restored (oss-semantics.md 7.3). Pure; bytes lie where
 * they always lie, and time is all that passes.
 */
import { OssError } from '../errors/index.ts';
import type { ObjectExtras, StoredObject } from '../stores/index.ts';
import type { Instant } from '../world/index.ts';

export type Restore = NonNullable<ObjectExtras['restore']>;

const dayMs = 24 * 60 * 60 * 1000;

const archived = new Set(['Archive', 'ColdArchive', 'DeepColdArchive']);

type Kept = Pick<StoredObject, 'storageClass' | 'type' | 'extras'>;

/** Of a class that must be restored. A link is none, whatever it leads to. */
export function isArchived({ storageClass, type }: Kept): boolean {
  return archived.has(storageClass) && type !== 'Symlink';
}

export type RestoreState = 'none' | 'ongoing' | 'restored';

export function restoreStateOf({ extras: { restore } }: Kept, now: Instant): RestoreState {
  if (restore === undefined || now >= restore.expiresAt) return 'none';
  return now < restore.readyAt ? 'ongoing' : 'restored';
}

/**
 * With `isDirectRead` the class Archive needs no restoring.
 * @throws OssError InvalidObjectState.
 */
export function checkReadable(object: Kept, now: Instant, isDirectRead: boolean): void {
  if (!isArchived(object) || restoreStateOf(object, now) === 'restored') return;
  if (isDirectRead && object.storageClass === 'Archive') return;
  throw new OssError('InvalidObjectState');
}

/**
 * What a request to restore makes of the object: it begins, or the end moves on.
 * @throws OssError OperationNotSupported, RestoreAlreadyInProgress.
 */
export function restoreFor(
  object: Kept,
  days: number,
  now: Instant,
  delayMs: number,
): { readonly restore: Restore; readonly isBegun: boolean } {
  checkArchived(object);
  const { restore } = object.extras;
  switch (restoreStateOf(object, now)) {
    case 'ongoing':
      throw new OssError('RestoreAlreadyInProgress');
    case 'restored': {
      const expiresAt = Math.max(restore?.expiresAt ?? now, now + days * dayMs);
      return { restore: { readyAt: restore?.readyAt ?? now, expiresAt }, isBegun: false };
    }
    case 'none': {
      const readyAt = now + delayMs;
      return { restore: { readyAt, expiresAt: readyAt + days * dayMs }, isBegun: true };
    }
  }
}

/** @throws OssError OperationNotSupported, ArchiveRestoreNotFinished, ArchiveRestoreFileStale. */
export function checkCleanable(object: Kept, now: Instant): void {
  checkArchived(object);
  const state = restoreStateOf(object, now);
  if (state === 'ongoing') throw new OssError('ArchiveRestoreNotFinished');
  if (state === 'none') throw new OssError('ArchiveRestoreFileStale');
}

function checkArchived(object: Kept): void {
  if (isArchived(object)) return;
  throw new OssError('OperationNotSupported', {
    fields: { Detail: `The storage class ${object.storageClass} needs no restoring.` },
  });
}

/** The value of `x-oss-restore`; `undefined` where there is nothing to tell. */
export function restoreHeader(object: Kept, now: Instant): string | undefined {
  if (!isArchived(object)) return undefined;
  const state = restoreStateOf(object, now);
  if (state === 'none') return undefined;
  if (state === 'ongoing') return 'ongoing-request="true"';
  const expiry = new Date(object.extras.restore?.expiresAt ?? now).toUTCString();
  return `ongoing-request="false", expiry-date="${expiry}"`;
}
