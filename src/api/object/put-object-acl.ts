/**
 * PutObjectACL: `PUT /key?acl` with `x-oss-object-acl`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/putobjectacl
 */
import { checkAclAllowed } from '../../buckets/index.ts';
import type { HttpResponse } from '../../http/index.ts';
import { emptyAnswer } from '../answers.ts';
import { bucketOf } from '../context.ts';
import { invalidArgument } from '../document.ts';
import type { OperationContext } from '../types.ts';
import { readObjectAcl } from './request-options.ts';
import { objectAsked, versionHeader } from './version-id.ts';

export async function putObjectAcl(context: OperationContext): Promise<HttpResponse> {
  const { request, services, target } = context;
  const acl = readObjectAcl(request);
  if (acl === undefined) {
    throw invalidArgument('x-oss-object-acl', '', 'The header x-oss-object-acl is missing.');
  }
  const bucket = bucketOf(context);
  checkAclAllowed(bucket, 'object', acl);
  const { versionId } = await objectAsked(context);
  await services.objects.changeObject(bucket, target.key, { versionId, change: { acl } });
  return emptyAnswer(200, versionHeader(context, versionId));
}
