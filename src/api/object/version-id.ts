/**
 * Versions in requests and answers (oss-semantics.md 1.3). What a request asks for was looked up
 * when its rights were decided; here it becomes an object, or the refusal that fits.
 */
import {
  type Bucket,
  type DeleteMarker,
  noSuchKey,
  noSuchVersion,
  refuseMarker,
  type StoredObject,
} from '../../buckets/index.ts';
import type { HttpRequest } from '../../http/index.ts';
import { bucketOf, queryValue } from '../context.ts';
import { invalidArgument } from '../document.ts';
import type { Services } from '../services.ts';
import type { Operation, OperationContext, Target } from '../types.ts';

/** Version ids of the service: 64 characters (oss-semantics.md 0). */
const versionId = /^[A-Za-z0-9._]{64}$/;

/** Whether an id has a form that a version could have. */
export function isVersionId(id: string): boolean {
  return id === 'null' || versionId.test(id);
}

/** @throws OssError InvalidArgument for what can be no id. */
export function checkVersionId(id: string, argument = 'versionId'): void {
  if (isVersionId(id)) return;
  const message =
    id === '' ? 'Version id can not be the empty string.' : 'Invalid version id specified.';
  throw invalidArgument(argument, id, message);
}

/**
 * The parameter `versionId`; `undefined` when the request has none.
 * @throws OssError InvalidArgument.
 */
export function readVersionId(request: HttpRequest): string | undefined {
  const id = queryValue(request, 'versionId');
  if (id !== undefined) checkVersionId(id);
  return id;
}

export interface Asked {
  readonly object: StoredObject | undefined;
  /** The delete marker that the request names by its version. */
  readonly marker: DeleteMarker | undefined;
}

/**
 * The version named, or what the key points to. An id that none can have finds nothing: it is for
 * the operation to refuse. Reads go on while the database is away; what decides about a change is
 * asked of it.
 */
export async function findAsked(input: {
  operation: Operation;
  bucket: Bucket;
  target: Target;
  versionId: string | undefined;
  services: Services;
}): Promise<Asked> {
  const { operation, bucket, target, versionId } = input;
  const { objects } = input.services;
  if (target.level !== 'object') return { object: undefined, marker: undefined };
  if (versionId === undefined) {
    const object =
      operation.access === 'object-read'
        ? await objects.findServedObject(bucket, target.key)
        : await objects.findObject(bucket, target.key);
    return { object, marker: undefined };
  }
  const version = isVersionId(versionId)
    ? await objects.findVersion(bucket, target.key, versionId)
    : undefined;
  return {
    object: version !== undefined && 'object' in version ? version.object : undefined,
    marker: version !== undefined && 'marker' in version ? version.marker : undefined,
  };
}

/** Operations whose rights do not depend on the object may not have looked for it yet. */
const lookedUp: readonly string[] = ['object-read', 'object-write'];

/**
 * The object the request asks for: the current one, or a version.
 * @throws OssError InvalidArgument, NoSuchVersion, MethodNotAllowed for a delete marker, NoSuchKey.
 */
export async function objectAsked(context: OperationContext): Promise<StoredObject> {
  const { operation, request, services, target } = context;
  const id = readVersionId(request);
  const bucket = bucketOf(context);
  const isFound = context.object !== undefined || context.marker !== undefined;
  const { object, marker } =
    isFound || lookedUp.includes(operation.access)
      ? context
      : await findAsked({ operation, bucket, target, versionId: id, services });
  if (object !== undefined) return object;
  if (id === undefined) throw await noCurrentObject(context);
  const { key } = target;
  if (marker !== undefined) throw refuseMarker(request.method, markerHeaders(marker.versionId));
  if (bucket.versioning === undefined && id === 'null') throw noSuchKey(key);
  throw noSuchVersion(key, id);
}

/** NoSuchKey, and whether a delete marker is why (oss-object-api.md GetObject). */
export async function noCurrentObject(
  context: OperationContext,
  key = context.target.key,
): Promise<Error> {
  const bucket = bucketOf(context);
  if (bucket.versioning === undefined) return noSuchKey(key);
  const marker = await context.services.objects.findMarker(bucket, key);
  return noSuchKey(key, marker === undefined ? {} : markerHeaders(marker.versionId));
}

export function markerHeaders(id: string): Record<string, string> {
  return { 'x-oss-delete-marker': 'true', 'x-oss-version-id': id };
}

/** The header that names a version, where the bucket has or had versions. */
export function versionHeader(
  context: OperationContext,
  id: string | undefined,
): Record<string, string> {
  const isNamed = id !== undefined && bucketOf(context).versioning !== undefined;
  return isNamed ? { 'x-oss-version-id': id } : {};
}
