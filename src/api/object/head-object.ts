/**
 * HeadObject: `HEAD /key`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/headobject
 *
 * Everything GetObject would answer, without the content: Content-Length is the object's size, and
 * errors travel in `x-oss-err` and `x-oss-ec`, which the renderer of errors writes.
 */
import type { HttpResponse } from '../../http/index.ts';
import type { OperationContext } from '../types.ts';
import { getObject } from './get-object.ts';

export async function headObject(context: OperationContext): Promise<HttpResponse> {
  return await getObject(context);
}
