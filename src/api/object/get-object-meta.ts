/**
 * GetObjectMeta: `HEAD /key?objectMeta` (GET as well)
 * https://www.alibabacloud.com/help/en/oss/developer-reference/getobjectmeta
 *
 * ETag, size, time and checksum only; no conditions, no website.
 */
import { noSuchKey } from '../../buckets/index.ts';
import type { HttpResponse } from '../../http/index.ts';
import { formatHttpDate } from '../answers.ts';
import type { OperationContext } from '../types.ts';
import { checkVersionAsked } from './version-id.ts';

export async function getObjectMeta(context: OperationContext): Promise<HttpResponse> {
  const { object, request, target } = context;
  checkVersionAsked(request);
  if (object === undefined) throw noSuchKey(target.key);
  return {
    status: 200,
    headers: {
      ETag: `"${object.etag}"`,
      'Last-Modified': formatHttpDate(object.modifiedAt),
      'x-oss-hash-crc64ecma': object.crc64,
    },
    body: { kind: 'none' },
    headLength: object.size,
  };
}
