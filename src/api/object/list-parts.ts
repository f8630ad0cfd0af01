/**
 * ListParts: `GET /key?uploadId=id`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/listparts
 *
 * The parts of an unfinished upload, by number.
 */
import type { UploadPart } from '../../buckets/index.ts';
import type { HttpRequest, HttpResponse } from '../../http/index.ts';
import { element, type XmlNode } from '../../xml/index.ts';
import { formatXmlDate, xmlAnswer } from '../answers.ts';
import {
  encodingElement,
  keyElements,
  readEncoding,
  readMaximum,
} from '../bucket/list-parameters.ts';
import { queryValue } from '../context.ts';
import { invalidArgument } from '../document.ts';
import type { OperationContext } from '../types.ts';
import { uploadPlace } from './upload-parameters.ts';

/** oss-object-api.md, Multipart. */
const maxPartsByDefault = 1000;

export async function listParts(context: OperationContext): Promise<HttpResponse> {
  const { request, services } = context;
  const encoding = readEncoding(request);
  const limit = readMaximum(request, 'max-parts', maxPartsByDefault);
  const marker = readMarker(request);
  const place = uploadPlace(context);
  const { upload, parts, isTruncated } = await services.uploads.listParts(place, marker, limit);
  return xmlAnswer(
    element(
      'ListPartsResult',
      encodingElement(encoding),
      element('Bucket', place.bucket.name),
      keyElements(encoding)('Key', place.key),
      element('UploadId', place.uploadId),
      element('StorageClass', upload.facts.storageClass),
      element('PartNumberMarker', String(marker)),
      element('NextPartNumberMarker', String(parts.at(-1)?.number ?? marker)),
      element('MaxParts', String(limit)),
      element('IsTruncated', String(isTruncated)),
      ...parts.map(partElement),
    ),
  );
}

function readMarker(request: HttpRequest): number {
  const name = 'part-number-marker';
  const value = queryValue(request, name);
  if (value === undefined || value === '') return 0;
  if (/^\d{1,9}$/.test(value)) return Number(value);
  throw invalidArgument(name, value, `Argument ${name} must be a number.`);
}

function partElement(part: UploadPart): XmlNode {
  return element(
    'Part',
    element('PartNumber', String(part.number)),
    element('LastModified', formatXmlDate(part.modifiedAt)),
    element('ETag', `"${part.etag}"`),
    element('HashCrc64ecma', part.crc64),
    element('Size', String(part.size)),
  );
}
