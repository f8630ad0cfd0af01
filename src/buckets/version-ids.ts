/** Names of versions, and what is said of one that is not there (oss-semantics.md 0 and 1.3). */
import { OssError, refine } from '../errors/index.ts';
import type { World } from '../world/index.ts';

/** Base64 of 48 bytes is the service's form: 64 characters. */
const idBytes = 48;

/** Every id of the service begins so; some clients tell a version by it. */
const idStart = 'CAEQ';

/** A fresh version id. Says nothing about order: that is the engine's. */
export function drawVersionId(random: World['random']): string {
  const drawn = random.bytes(idBytes).toString('base64').replaceAll('+', '.').replaceAll('/', '_');
  return idStart + drawn.slice(idStart.length);
}

export function noSuchVersion(key: string, versionId: string): OssError {
  return new OssError('NoSuchVersion', { fields: { Key: key, VersionId: versionId } });
}

/** The version asked for is a delete marker: it can only be deleted. */
export function refuseMarker(method: string, headers: Record<string, string> = {}): OssError {
  return refine('markerNamed', {
    fields: { Method: method, ResourceType: 'DeleteMarker' },
    headers: { Allow: 'DELETE', ...headers },
  });
}
