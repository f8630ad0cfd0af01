/** A page of a listing as the elements that every listing operation writes. */
import {
  type Bucket,
  type ListedObject,
  type ObjectListing,
  restoreHeader,
  type StoredObject,
} from '../../buckets/index.ts';
import type { Instant } from '../../world/index.ts';
import { element, type XmlNode } from '../../xml/index.ts';
import { formatXmlDate, ownerElement } from '../answers.ts';
import { type Encoding, keyElements } from './list-parameters.ts';

type Entry = { readonly key: string } | { readonly commonPrefix: string };

/** The last entry of a page, key or common prefix: where the next page begins. */
export function lastEntry(listing: { readonly entries: readonly Entry[] }): string {
  const last = listing.entries.at(-1);
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
  options: { encoding: Encoding; isOwnerShown: boolean; now: Instant },
): XmlNode[] {
  const keyElement = keyElements(options.encoding);
  return listedObjects(listing).map(({ key, object }) =>
    element(
      'Contents',
      keyElement('Key', key),
      ...objectElements(object, options.now),
      options.isOwnerShown ? ownerElement(bucket.accountId) : undefined,
    ),
  );
}

/** What every listing says of an object besides its name and owner. */
export function objectElements(object: StoredObject, now: Instant): XmlNode[] {
  const restore = restoreHeader(object, now);
  return [
    element('LastModified', formatXmlDate(object.modifiedAt)),
    element('ETag', `"${object.etag}"`),
    element('Type', object.type),
    element('Size', String(object.size)),
    element('StorageClass', object.storageClass),
    ...(restore === undefined ? [] : [element('RestoreInfo', restore)]),
  ];
}

/** `CommonPrefixes`, one for each, in order. */
export function commonPrefixElements(
  listing: { readonly entries: readonly Entry[] },
  encoding: Encoding,
): XmlNode[] {
  const keyElement = keyElements(encoding);
  return listing.entries.flatMap((entry) =>
    'commonPrefix' in entry
      ? [element('CommonPrefixes', keyElement('Prefix', entry.commonPrefix))]
      : [],
  );
}
