/**
 * GetObjectACL: `GET /key?acl`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/getobjectacl
 */
import type { HttpResponse } from '../../http/index.ts';
import { element } from '../../xml/index.ts';
import { ownerElement, xmlAnswer } from '../answers.ts';
import { bucketOf } from '../context.ts';
import type { OperationContext } from '../types.ts';
import { objectAsked, versionHeader } from './version-id.ts';

export async function getObjectAcl(context: OperationContext): Promise<HttpResponse> {
  const bucket = bucketOf(context);
  const object = await objectAsked(context);
  return xmlAnswer(
    element(
      'AccessControlPolicy',
      ownerElement(bucket.accountId),
      element('AccessControlList', element('Grant', object.acl)),
    ),
    versionHeader(context, object.versionId),
  );
}
