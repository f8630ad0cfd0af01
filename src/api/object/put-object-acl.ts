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
import { checkVersionAsked } from './version-id.ts';

export async function putObjectAcl(context: OperationContext): Promise<HttpResponse> {
  const { request, services, target } = context;
  const acl = readObjectAcl(request);
  checkVersionAsked(request);
  if (acl === undefined) {
    throw invalidArgument('x-oss-object-acl', '', 'The header x-oss-object-acl is missing.');
  }
  checkAclAllowed(bucketOf(context), 'object', acl);
  await services.objects.setObjectAcl(bucketOf(context), target.key, acl);
  return emptyAnswer(200);
}
