/**
 * PutBucketVersioning: `PUT /?versioning`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/putbucketversioning
 *
 * Once it has versions, a bucket can only suspend them (oss-semantics.md 1.1).
 */
import { wormStateOf } from '../../buckets/index.ts';
import { refine } from '../../errors/index.ts';
import type { HttpResponse } from '../../http/index.ts';
import { emptyAnswer } from '../answers.ts';
import { requiredWord } from '../configuration/reading.ts';
import { bucketOf } from '../context.ts';
import { readDocument } from '../document.ts';
import type { OperationContext } from '../types.ts';

export async function putBucketVersioning(context: OperationContext): Promise<HttpResponse> {
  const root = await readDocument(context, 'VersioningConfiguration');
  const versioning = requiredWord(root, 'Status', ['Enabled', 'Suspended']);
  const bucket = bucketOf(context);
  if (versioning !== bucket.versioning) await refuseUnderRetention(context);
  await context.services.buckets.setVersioning(bucket, versioning);
  return emptyAnswer(200);
}

/** A retention policy is made for a bucket as it is (EC 0012-00000006). */
async function refuseUnderRetention(context: OperationContext): Promise<void> {
  const { documents, world } = context.services;
  const worm = await documents.find(bucketOf(context), 'worm');
  if (worm === undefined || wormStateOf(worm, world.clock.now()) === 'Expired') return;
  throw refine('versioningUnderRetention', {
    message: 'The versioning of a bucket with a retention policy cannot be changed.',
  });
}
