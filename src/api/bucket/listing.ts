/** A page of a listing as the elements that every listing operation writes. */
import type { Bucket, ListedObject, ObjectListing } from '../../buckets/index.ts';
import { element, type XmlNode } from '../../xml/index.ts';
import { formatXmlDate, ownerElement } from '../answers.ts';
import { type Encoding, keyElements } from './list-parameters.ts';

/** The last entry of a page, key or common prefix: where the next page begins. */
export function lastEntry({ entries }: ObjectListing): string {
  const last = entries.at(-1);
  if (last === undefined) return '';
  return 'commonPrefix' in last ? last.commonPrefix : last.key;
}

export function listedObjects({ entries }: ObjectListing): ListedObject[] {
  return entries.filter((entry): entry is ListedObject => !('commonPrefix' in entry));
}

/** `Contents` of every object, in order. */
export function contentsElements(
  listing: ObjectListing,
  bucket: Bucket,
  options: { encoding: Encoding; isOwnerShown: boolean },
): XmlNode[] {
  const keyElement = keyElements(options.encoding);
  return listedObjects(listing).map(({ key, object }) =>
    element(
      'Contents',
      keyElement('Key', key),
      element('LastModified', formatXmlDate(object.modifiedAt)),
      element('ETag', `"${object.etag}"`),
      element('Type', object.type),
      element('Size', String(object.size)),
      element('StorageClass', object.storageClass),
      options.isOwnerShown ? ownerElement(bucket.accountId) : undefined,
    ),
  );
}

/** `CommonPrefixes`, one for each, in order. */
export function commonPrefixElements(listing: ObjectListing, encoding: Encoding): XmlNode[] {
  const keyElement = keyElements(encoding);
  return listing.entries.flatMap((entry) =>
    'commonPrefix' in entry
      ? [element('CommonPrefixes', keyElement('Prefix', entry.commonPrefix))]
      : [],
  );
}
