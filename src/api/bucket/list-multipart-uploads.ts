/**
 * ListMultipartUploads: `GET /?uploads`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/listmultipartuploads
 *
 * Unfinished uploads, by key, and by id within a key. Clients' tear-downs ask for it before they
 * delete a bucket (clients.md).
 */
import type { UploadListing } from '../../buckets/index.ts';
import type { HttpResponse } from '../../http/index.ts';
import { element, type XmlNode } from '../../xml/index.ts';
import { formatXmlDate, xmlAnswer } from '../answers.ts';
import { bucketOf } from '../context.ts';
import type { OperationContext } from '../types.ts';
import {
  type Encoding,
  encodingElement,
  keyElements,
  readEncoding,
  readListText,
  readMaximum,
} from './list-parameters.ts';
import { commonPrefixElements, lastEntry } from './listing.ts';

/** oss-object-api.md, Multipart. */
const maxUploadsByDefault = 1000;

export async function listMultipartUploads(context: OperationContext): Promise<HttpResponse> {
  const { request, services } = context;
  const encoding = readEncoding(request);
  const keyElement = keyElements(encoding);
  const after = readListText(request, 'key-marker');
  const uploadIdMarker = readListText(request, 'upload-id-marker');
  const delimiter = readListText(request, 'delimiter');
  const prefix = readListText(request, 'prefix');
  const limit = readMaximum(request, 'max-uploads', maxUploadsByDefault);
  // Alone it says nothing (oss-object-api.md, Multipart).
  const afterUpload = after === '' || uploadIdMarker === '' ? undefined : uploadIdMarker;
  const query = { prefix, delimiter, after, afterUpload, limit };
  const listing = await services.uploads.listUploads(bucketOf(context), query);
  return xmlAnswer(
    element(
      'ListMultipartUploadsResult',
      encodingElement(encoding),
      element('Bucket', bucketOf(context).name),
      keyElement('KeyMarker', after),
      element('UploadIdMarker', uploadIdMarker),
      keyElement('NextKeyMarker', lastEntry(listing)),
      element('NextUploadIdMarker', lastUploadId(listing)),
      keyElement('Delimiter', delimiter),
      keyElement('Prefix', prefix),
      element('MaxUploads', String(limit)),
      element('IsTruncated', String(listing.isTruncated)),
      ...uploadElements(listing, encoding),
      ...commonPrefixElements(listing, encoding),
    ),
  );
}

/** A common prefix has none. */
function lastUploadId({ entries }: UploadListing): string {
  const last = entries.at(-1);
  return last === undefined || 'commonPrefix' in last ? '' : last.uploadId;
}

function uploadElements({ entries }: UploadListing, encoding: Encoding): XmlNode[] {
  return entries.flatMap((entry) => {
    if ('commonPrefix' in entry) return [];
    return [
      element(
        'Upload',
        keyElements(encoding)('Key', entry.key),
        element('UploadId', entry.uploadId),
        element('StorageClass', entry.facts.storageClass),
        element('Initiated', formatXmlDate(entry.initiatedAt)),
      ),
    ];
  });
}
