/**
 * Version ids where nothing is versioned: every object has one version, named `null`, and no other
 * id ever stood for anything (oss-semantics.md 1.2 and 1.3).
 */
import { OssError } from '../../errors/index.ts';
import type { HttpRequest } from '../../http/index.ts';
import { queryValue } from '../context.ts';
import { invalidArgument } from '../document.ts';

/** Version ids of the service: 64 characters (oss-semantics.md 0). */
const versionId = /^[A-Za-z0-9._]{64}$/;

/** Whether an id has the service's form; such a version never existed here. */
export function isVersionId(id: string): boolean {
  return versionId.test(id);
}

/**
 * Whether the id names the one version an object has. @throws OssError InvalidArgument for what is
 * no id.
 */
export function isStandingVersion(id: string): boolean {
  if (id === 'null') return true;
  if (isVersionId(id)) return false;
  const message =
    id === '' ? 'Version id can not be the empty string.' : 'Invalid version id specified.';
  throw invalidArgument('versionId', id, message);
}

/** @throws OssError InvalidArgument, NoSuchVersion. */
export function checkVersion(id: string): void {
  if (!isStandingVersion(id)) throw new OssError('NoSuchVersion', { fields: { VersionId: id } });
}

/** The same for the parameter `versionId` of a request, if it has one. */
export function checkVersionAsked(request: HttpRequest): void {
  const id = queryValue(request, 'versionId');
  if (id !== undefined) checkVersion(id);
}
