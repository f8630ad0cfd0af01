/**
 * PutBucketPolicy: `PUT /?policy`, the body is JSON
 * https://www.alibabacloud.com/help/en/oss/developer-reference/putbucketpolicy
 *
 * The document replaces the one before, and is kept byte for byte.
 */
import { type Bucket, isPublicAccessBlocked } from '../../buckets/index.ts';
import { OssError } from '../../errors/index.ts';
import type { HttpResponse } from '../../http/index.ts';
import {
  isPublicPolicy,
  type Policy,
  PolicyProblem,
  parseBucketPolicy,
} from '../../rights/index.ts';
import { emptyAnswer } from '../answers.ts';
import { bucketOf } from '../context.ts';
import { readBody } from '../document.ts';
import type { OperationContext } from '../types.ts';

export async function putBucketPolicy(context: OperationContext): Promise<HttpResponse> {
  const bucket = bucketOf(context);
  const text = textOf(await readBody(context));
  const policy = parse(text, bucket);
  if (isPublicAccessBlocked(bucket) && isPublicPolicy(policy)) {
    throw new OssError('AccessDenied', {
      message: 'Put public bucket policy is not allowed',
      fields: { BucketName: bucket.name },
    });
  }
  await context.services.documents.put(bucket, 'policy', { text });
  return emptyAnswer(200);
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new OssError('InvalidPolicyDocument', { message: 'Invalid JSON: not UTF-8' });
  }
}

function parse(text: string, bucket: Bucket): Policy {
  try {
    return parseBucketPolicy(text, bucket);
  } catch (problem) {
    if (!(problem instanceof PolicyProblem)) throw problem;
    const fields = { BucketName: bucket.name };
    throw new OssError('InvalidPolicyDocument', { message: problem.message, fields });
  }
}
