/**
 * GetBucketAcl: `GET /?acl`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/getbucketacl
 */
import type { HttpResponse } from '../../http/index.ts';
import { element } from '../../xml/index.ts';
import { ownerElement, xmlAnswer } from '../answers.ts';
import { bucketOf } from '../context.ts';
import type { OperationContext } from '../types.ts';

export async function getBucketAcl(context: OperationContext): Promise<HttpResponse> {
  const bucket = bucketOf(context);
  return xmlAnswer(
    element(
      'AccessControlPolicy',
      ownerElement(bucket.accountId),
      element('AccessControlList', element('Grant', bucket.acl)),
    ),
  );
}
