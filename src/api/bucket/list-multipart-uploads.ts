/**
 * ListMultipartUploads: `GET /?uploads`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/listmultipartuploads
 *
 * No upload can be begun on this server yet, so the list is empty; clients' tear-downs ask for it
 * before they delete a bucket (clients.md).
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

/** oss-object-api.md, Multipart. */
const maxUploadsByDefault = 1000;

export async function listMultipartUploads(context: OperationContext): Promise<HttpResponse> {
  const { request } = context;
  const encoding = readEncoding(request);
  const keyElement = keyElements(encoding);
  return xmlAnswer(
    element(
      'ListMultipartUploadsResult',
      encodingElement(encoding),
      element('Bucket', bucketOf(context).name),
      keyElement('KeyMarker', readListText(request, 'key-marker')),
      element('UploadIdMarker', readListText(request, 'upload-id-marker')),
      element('NextKeyMarker', ''),
      element('NextUploadIdMarker', ''),
      keyElement('Delimiter', readListText(request, 'delimiter')),
      keyElement('Prefix', readListText(request, 'prefix')),
      element('MaxUploads', String(readMaximum(request, 'max-uploads', maxUploadsByDefault))),
      element('IsTruncated', 'false'),
    ),
  );
}
