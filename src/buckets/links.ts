/**
 * Symbolic links (oss-semantics.md 7.3): a name for whatever the target is when it is read, always
 * in the same bucket. A link to a link leads nowhere.
 */
import { createHash } from 'node:crypto';
import { OssError } from '../errors/index.ts';
import type { Bucket, ObjectAcl, ObjectExtras, StoredObject } from '../stores/index.ts';
import type { Instant, World } from '../world/index.ts';
import { checkObjectFacts, type ObjectFacts } from './metadata.ts';
import { checkObjectKey } from './naming.ts';
import { pointTo, type Stored } from './pointing.ts';
import type { Shelves } from './reading.ts';
import { drawVersionId } from './version-ids.ts';

export interface NewLink {
  readonly bucket: Bucket;
  readonly key: string;
  /** Nothing need stand under it. */
  readonly targetKey: string;
  readonly facts: ObjectFacts;
  readonly acl: ObjectAcl;
  /** `undefined`: the bucket's. */
  readonly storageClass: string | undefined;
  readonly extras: ObjectExtras;
  readonly isOverwriteForbidden: boolean;
  /** As `NewObject.protectedSince`. */
  readonly protectedSince?: Instant | undefined;
}

export async function putLink(shelves: Shelves, world: World, input: NewLink): Promise<Stored> {
  const { bucket, key, targetKey } = input;
  checkObjectKey(key);
  checkObjectKey(targetKey);
  checkObjectFacts(input.facts, shelves.limits.metadataBytesMax);
  const object: StoredObject = {
    blobId: world.random.bytes(16).toString('hex'),
    content: 'none',
    size: 0,
    etag: createHash('md5').update(targetKey).digest('hex').toUpperCase(),
    contentMd5: undefined,
    crc64: '0',
    type: 'Symlink',
    acl: input.acl,
    storageClass: input.storageClass ?? bucket.storageClass,
    modifiedAt: world.clock.now(),
    ...input.facts,
    versionId: drawVersionId(world.random),
    extras: { ...input.extras, linkTarget: targetKey },
  };
  return await pointTo(shelves, {
    bucket,
    key,
    object,
    forbidOverwrite: input.isOverwriteForbidden,
    isAnnounced: false,
    protectedSince: input.protectedSince,
  });
}

/** Where the bytes of an object are read: of a link, in another one. */
export interface Followed {
  readonly key: string;
  readonly object: StoredObject;
}

/**
 * The target of a link, as it is now; anything else is its own.
 * @throws OssError SymlinkTargetNotExist, InvalidTargetType.
 */
export async function followLink(
  named: Followed,
  find: (key: string) => Promise<StoredObject | undefined>,
): Promise<Followed> {
  const { linkTarget } = named.object.extras;
  if (linkTarget === undefined) return named;
  const object = await find(linkTarget);
  if (object === undefined) {
    throw new OssError('SymlinkTargetNotExist', { fields: { Key: linkTarget } });
  }
  if (object.extras.linkTarget !== undefined) throw new OssError('InvalidTargetType');
  return { key: linkTarget, object };
}

/** What whoever reads through the link sees: the target's bytes, and the link's own words. */
export function seenThrough(link: StoredObject, target: StoredObject): StoredObject {
  const { size, etag, contentMd5, crc64 } = target;
  const modifiedAt = Math.max(link.modifiedAt, target.modifiedAt);
  const { encryption } = target.extras;
  const extras = encryption === undefined ? link.extras : { ...link.extras, encryption };
  return { ...link, size, etag, contentMd5, crc64, modifiedAt, extras };
}
