/**
 * GetObjectACL: `GET /key?acl`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/getobjectacl
 */
import { noSuchKey } from '../../buckets/index.ts';
import type { HttpResponse } from '../../http/index.ts';
import { element } from '../../xml/index.ts';
import { ownerElement, xmlAnswer } from '../answers.ts';
import { bucketOf } from '../context.ts';
import type { OperationContext } from '../types.ts';
import { checkVersionAsked } from './version-id.ts';

export async function getObjectAcl(context: OperationContext): Promise<HttpResponse> {
  const bucket = bucketOf(context);
  const { key } = context.target;
  checkVersionAsked(context.request);
  const object = await context.services.objects.findObject(bucket, key);
  if (object === undefined) throw noSuchKey(key);
  return xmlAnswer(
    element(
      'AccessControlPolicy',
      ownerElement(bucket.accountId),
      element('AccessControlList', element('Grant', object.acl)),
    ),
  );
}
