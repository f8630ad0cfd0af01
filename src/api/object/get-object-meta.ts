/**
 * GetObjectMeta: `HEAD /key?objectMeta` (GET as well)
 * https://www.alibabacloud.com/help/en/oss/developer-reference/getobjectmeta
 *
 * ETag, size, time and checksum only; no conditions, no website.
 */
import type { HttpResponse } from '../../http/index.ts';
import { formatHttpDate } from '../answers.ts';
import type { OperationContext } from '../types.ts';
import { transitionHeader } from './lifecycle-headers.ts';
import { objectAsked, versionHeader } from './version-id.ts';

export async function getObjectMeta(context: OperationContext): Promise<HttpResponse> {
  const object = await objectAsked(context);
  return {
    status: 200,
    headers: {
      ETag: `"${object.etag}"`,
      'Last-Modified': formatHttpDate(object.modifiedAt),
      'x-oss-hash-crc64ecma': object.crc64,
      ...transitionHeader(object),
      ...versionHeader(context, object.versionId),
    },
    body: { kind: 'none' },
    headLength: object.size,
  };
}
