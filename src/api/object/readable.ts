/** What stands between a caller and the bytes of an object: links, rights, archives. */
import {
  type Bucket,
  checkReadable,
  type Followed,
  followLink,
  type StoredObject,
  seenThrough,
} from '../../buckets/index.ts';
import { bucketOf } from '../context.ts';
import type { OperationContext } from '../types.ts';

/** An object whose bytes may be read. */
export interface ReadableObject extends Followed {
  /** What answers say of it, if `object` is this row; another one that has taken its place. */
  readonly seen: (object: StoredObject) => StoredObject;
}

/**
 * Where the bytes of the object are; through a link, if this caller may read the target as well
 * (oss-semantics.md 7.3).
 * @throws OssError SymlinkTargetNotExist, InvalidTargetType, AccessDenied.
 */
export async function follow(
  context: OperationContext,
  key: string,
  link: StoredObject,
): Promise<ReadableObject> {
  const bucket = bucketOf(context);
  const { objects } = context.services;
  const find = (wanted: string) => objects.findServedObject(bucket, wanted);
  const followed = await followLink({ key, object: link }, find);
  if (followed.object === link) return { ...followed, seen: (object) => object };
  const wanted = { action: 'oss:GetObject', bucket, key: followed.key } as const;
  await context.rights.demand({ ...wanted, accessClass: 'read' }, followed.object);
  return { ...followed, seen: (object) => seenThrough(link, object) };
}

/** A bucket's archived objects may be readable as they are (oss-semantics.md 8). */
export async function checkRestored(
  { services }: Pick<OperationContext, 'services'>,
  bucket: Bucket,
  object: StoredObject,
): Promise<void> {
  checkReadable(object, services.world.clock.now(), await isDirectRead({ services }, bucket));
}

export async function isDirectRead(
  { services }: Pick<OperationContext, 'services'>,
  bucket: Bucket,
): Promise<boolean> {
  return (await services.documents.find(bucket, 'archive-direct-read'))?.isEnabled === true;
}
