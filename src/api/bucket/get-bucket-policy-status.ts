/**
 * GetBucketPolicyStatus: `GET /?policyStatus`, whether the policy opens the bucket to everybody
 * https://www.alibabacloud.com/help/en/oss/developer-reference/getbucketpolicystatus
 */
import type { HttpResponse } from '../../http/index.ts';
import { isPublicPolicy } from '../../rights/index.ts';
import { element } from '../../xml/index.ts';
import { xmlAnswer } from '../answers.ts';
import { bucketOf } from '../context.ts';
import type { OperationContext } from '../types.ts';

export async function getBucketPolicyStatus(context: OperationContext): Promise<HttpResponse> {
  const { documents, policies } = context.services;
  const document = await documents.find(bucketOf(context), 'policy');
  const isPublic =
    document !== undefined && isPublicPolicy(policies.policy('bucket', document.text));
  return xmlAnswer(element('PolicyStatus', element('IsPublic', String(isPublic))));
}
