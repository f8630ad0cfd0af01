/**
 * ListObjectVersions: `GET /?versions`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/listobjectversions
 *
 * No bucket is versioned here yet: every object is listed as its only version, `null`, and there
 * are no delete markers. Clients' tear-downs delete by what they read here (oss-semantics.md 1.4).
 */
import type { Bucket, ObjectListing } from '../../buckets/index.ts';
import type { HttpRequest, HttpResponse } from '../../http/index.ts';
import { element, type XmlNode } from '../../xml/index.ts';
import { formatXmlDate, ownerElement, xmlAnswer } from '../answers.ts';
import { bucketOf } from '../context.ts';
import { invalidArgument } from '../document.ts';
import { isVersionId } from '../object/version-id.ts';
import type { OperationContext } from '../types.ts';
import {
  type Encoding,
  encodingElement,
  keyElements,
  readEncoding,
  readListText,
  readMaximum,
} from './list-parameters.ts';
import { commonPrefixElements, lastEntry, listedObjects } from './listing.ts';

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
  // A key has one version, so both forms of the marker mean: behind that key.
  const query = { prefix, delimiter, after: keyMarker, limit };
  const listing = await services.objects.listObjects(bucket, query);
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
      ...versionElements(listing, bucket, encoding),
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
  if (marker === 'null' || isVersionId(marker)) return marker;
  throw invalidArgument(name, marker, 'Invalid version id specified.');
}

/** The last entry; a common prefix has no version (oss-semantics.md 1.4). */
function nextMarkers(listing: ObjectListing, encoding: Encoding): XmlNode[] {
  if (!listing.isTruncated) return [];
  const last = listing.entries.at(-1);
  const version = last === undefined || 'commonPrefix' in last ? '' : 'null';
  return [
    keyElements(encoding)('NextKeyMarker', lastEntry(listing)),
    element('NextVersionIdMarker', version),
  ];
}

function versionElements(listing: ObjectListing, bucket: Bucket, encoding: Encoding): XmlNode[] {
  const keyElement = keyElements(encoding);
  return listedObjects(listing).map(({ key, object }) =>
    element(
      'Version',
      keyElement('Key', key),
      element('VersionId', 'null'),
      element('IsLatest', 'true'),
      element('LastModified', formatXmlDate(object.modifiedAt)),
      element('ETag', `"${object.etag}"`),
      element('Type', object.type),
      element('Size', String(object.size)),
      element('StorageClass', object.storageClass),
      ownerElement(bucket.accountId),
    ),
  );
}
