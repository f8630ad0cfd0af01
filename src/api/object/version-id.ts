/**
 * Versions in requests and answers (oss-semantics.md 1.3). What a request asks for was looked up
 * when its rights were decided; here it becomes an object, or the refusal that fits.
 */
import { noSuchKey, noSuchVersion, refuseMarker, type StoredObject } from '../../buckets/index.ts';
import type { HttpRequest } from '../../http/index.ts';
import { bucketOf, queryValue } from '../context.ts';
import { invalidArgument } from '../document.ts';
import type { OperationContext } from '../types.ts';

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

/**
 * The object the request asks for: the current one, or a version.
 * @throws OssError InvalidArgument, NoSuchVersion, MethodNotAllowed for a delete marker, NoSuchKey.
 */
export async function objectAsked(context: OperationContext): Promise<StoredObject> {
  const id = readVersionId(context.request);
  if (context.object !== undefined) return context.object;
  if (id === undefined) throw await noCurrentObject(context);
  const { key } = context.target;
  if (context.marker !== undefined) {
    throw refuseMarker(context.request.method, markerHeaders(context.marker.versionId));
  }
  if (bucketOf(context).versioning === undefined && id === 'null') throw noSuchKey(key);
  throw noSuchVersion(key, id);
}

/** NoSuchKey, and whether a delete marker is why (oss-object-api.md GetObject). */
export async function noCurrentObject(context: OperationContext): Promise<Error> {
  const { services, target } = context;
  const bucket = bucketOf(context);
  if (bucket.versioning === undefined) return noSuchKey(target.key);
  const marker = await services.objects.findMarker(bucket, target.key);
  return noSuchKey(target.key, marker === undefined ? {} : markerHeaders(marker.versionId));
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
