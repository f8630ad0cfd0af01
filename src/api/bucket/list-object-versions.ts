/**
 * ListObjectVersions: `GET /?versions`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/listobjectversions
 *
 * Versions and delete markers together, by key, the newest first (oss-semantics.md 1.4). An object
 * of a bucket that never had versions is listed as its only one, `null`: clients' tear-downs delete
 * by what they read here.
 */
import type { Bucket, ListedVersion, VersionListing } from '../../buckets/index.ts';
import type { HttpRequest, HttpResponse } from '../../http/index.ts';
import type { Instant } from '../../world/index.ts';
import { element, type XmlNode } from '../../xml/index.ts';
import { formatXmlDate, ownerElement, xmlAnswer } from '../answers.ts';
import { bucketOf } from '../context.ts';
import { invalidArgument } from '../document.ts';
import { checkVersionId } from '../object/version-id.ts';
import type { OperationContext } from '../types.ts';
import {
  type Encoding,
  encodingElement,
  keyElements,
  readEncoding,
  readListText,
  readMaximum,
} from './list-parameters.ts';
import { commonPrefixElements, lastEntry, objectElements } from './listing.ts';

/** oss-semantics.md 1.4 and oss-bucket-api.md: as ListObjects. */
const maxKeysByDefault = 100;

export async function listObjectVersions(context: OperationContext): Promise<HttpResponse> {
  const { request, services } = context;
  const bucket = bucketOf(context);
  const encoding = readEncoding(request);
  const prefix = readListText(request, 'prefix');
  const keyMarker = readListText(request, 'key-marker');
  const versionIdMarker = readVersionIdMarker(request, keyMarker);
  const delimiter = readListText(request, 'delimiter');
  const limit = readMaximum(request, 'max-keys', maxKeysByDefault);
  const afterVersion = versionIdMarker === '' ? undefined : versionIdMarker;
  const query = { prefix, delimiter, after: keyMarker, afterVersion, limit };
  const listing = await services.objects.listVersions(bucket, query);
  const keyElement = keyElements(encoding);
  return xmlAnswer(
    element(
      'ListVersionsResult',
      element('Name', bucket.name),
      keyElement('Prefix', prefix),
      keyElement('KeyMarker', keyMarker),
      element('VersionIdMarker', versionIdMarker),
      element('MaxKeys', String(limit)),
      keyElement('Delimiter', delimiter),
      encodingElement(encoding),
      element('IsTruncated', String(listing.isTruncated)),
      ...nextMarkers(listing, encoding),
      ...versionElements(listing, bucket, encoding, services.world.clock.now()),
      ...commonPrefixElements(listing, encoding),
    ),
  );
}

function readVersionIdMarker(request: HttpRequest, keyMarker: string): string {
  const name = 'version-id-marker';
  const marker = readListText(request, name);
  if (marker === '') return marker;
  if (keyMarker === '') {
    throw invalidArgument(
      name,
      marker,
      'A version-id marker cannot be specified without a key marker.',
    );
  }
  checkVersionId(marker, name);
  return marker;
}

/** The last entry; a common prefix has no version (oss-semantics.md 1.4). */
function nextMarkers(listing: VersionListing, encoding: Encoding): XmlNode[] {
  if (!listing.isTruncated) return [];
  const last = listing.entries.at(-1);
  const version = last === undefined || 'commonPrefix' in last ? '' : versionIdOf(last);
  return [
    keyElements(encoding)('NextKeyMarker', lastEntry(listing)),
    element('NextVersionIdMarker', version),
  ];
}

function versionIdOf(version: ListedVersion): string {
  return 'object' in version ? version.object.versionId : version.marker.versionId;
}

function versionElements(
  listing: VersionListing,
  bucket: Bucket,
  encoding: Encoding,
  now: Instant,
): XmlNode[] {
  const keyElement = keyElements(encoding);
  return listing.entries.flatMap((entry) => {
    if ('commonPrefix' in entry) return [];
    const common = [
      keyElement('Key', entry.key),
      element('VersionId', versionIdOf(entry)),
      element('IsLatest', String(entry.isLatest)),
    ];
    const owner = ownerElement(bucket.accountId);
    if ('marker' in entry) {
      const at = element('LastModified', formatXmlDate(entry.marker.modifiedAt));
      return [element('DeleteMarker', ...common, at, owner)];
    }
    return [element('Version', ...common, ...objectElements(entry.object, now), owner)];
  });
}
