/**
 * ListObjects: `GET /`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/listobjects
 *
 * Keys in UTF-8 byte order behind `marker`; NextMarker, only when truncated, is the last key or
 * common prefix of the page.
 */
import type { HttpResponse } from '../../http/index.ts';
import { element } from '../../xml/index.ts';
import { xmlAnswer } from '../answers.ts';
import { bucketOf } from '../context.ts';
import type { OperationContext } from '../types.ts';
import {
  encodingElement,
  keyElements,
  readEncoding,
  readListText,
  readMaximum,
} from './list-parameters.ts';
import { commonPrefixElements, contentsElements, lastEntry } from './listing.ts';

/** oss-bucket-api.md ListObjects. */
const maxKeysByDefault = 100;

export async function listObjects(context: OperationContext): Promise<HttpResponse> {
  const { request, services } = context;
  const bucket = bucketOf(context);
  const encoding = readEncoding(request);
  const prefix = readListText(request, 'prefix');
  const marker = readListText(request, 'marker');
  const delimiter = readListText(request, 'delimiter');
  const limit = readMaximum(request, 'max-keys', maxKeysByDefault);
  const query = { prefix, delimiter, after: marker, limit };
  const listing = await services.objects.listObjects(bucket, query);
  const keyElement = keyElements(encoding);
  return xmlAnswer(
    element(
      'ListBucketResult',
      element('Name', bucket.name),
      keyElement('Prefix', prefix),
      keyElement('Marker', marker),
      element('MaxKeys', String(limit)),
      keyElement('Delimiter', delimiter),
      encodingElement(encoding),
      element('IsTruncated', String(listing.isTruncated)),
      listing.isTruncated ? keyElement('NextMarker', lastEntry(listing)) : undefined,
      ...contentsElements(listing, bucket, {
        encoding,
        now: services.world.clock.now(),
        isOwnerShown: true,
      }),
      ...commonPrefixElements(listing, encoding),
    ),
  );
}
