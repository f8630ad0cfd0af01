/** What CopyObject and UploadPartCopy copy from: found, and admitted to this caller. */
import {
  type Bucket,
  type CopyPart,
  checkConditions,
  checkReadable,
  type StoredObject,
} from '../../buckets/index.ts';
import { OssError } from '../../errors/index.ts';
import { actionOnVersion } from '../actions.ts';
import { isRequesterCharged } from '../requester-pays.ts';
import type { BucketAction } from '../rights.ts';
import type { OperationContext } from '../types.ts';
import { parseCopySource } from './copy-source.ts';
import { isDirectRead } from './readable.ts';

/** @throws OssError InvalidArgument, NoSuchBucket, AccessDenied where the requester pays. */
export async function openCopySource(
  context: OperationContext,
): Promise<Pick<CopyPart, 'source' | 'admit' | 'admitLink'>> {
  const named = parseCopySource(context.request.headers['x-oss-copy-source'] ?? '');
  const bucket = await context.services.buckets.findBucket(named.bucket);
  if (bucket === undefined) {
    throw new OssError('NoSuchBucket', { fields: { BucketName: named.bucket } });
  }
  await isRequesterCharged(context, bucket);
  const isDirect = await isDirectRead(context, bucket);
  const now = context.services.world.clock.now();
  const action = actionOnVersion('oss:GetObject', named.versionId !== undefined);
  const admitReader = await readerOf(context, { action, bucket, key: named.key });
  const admitContent = (found: StoredObject): void => {
    checkSourceConditions(context, found);
    checkReadable(found, now, isDirect);
  };
  return {
    source: { bucket, key: named.key, versionId: named.versionId },
    // Whether the caller may read the source comes before whether there is one.
    admit(found) {
      admitReader(found);
      if (found !== undefined) admitContent(found);
    },
    async admitLink(link) {
      admitReader(link);
      const key = link.extras.linkTarget;
      const admitTarget = await readerOf(context, { action: 'oss:GetObject', bucket, key });
      return (target) => {
        admitTarget(target);
        admitContent(target);
      };
    },
  };
}

/** Throws unless the caller may read the object. */
async function readerOf(
  { rights }: OperationContext,
  source: Omit<BucketAction, 'accessClass'>,
): Promise<(object: StoredObject | undefined) => void> {
  const wanted: BucketAction = { ...source, accessClass: 'read' };
  const judgement = await rights.judge(wanted);
  return (object) => {
    const verdict = judgement(object);
    if (!verdict.isAllowed) throw rights.refuse(wanted, verdict);
  };
}

function checkSourceConditions({ request: { headers } }: OperationContext, source: StoredObject) {
  const checked = checkConditions(
    {
      ifMatch: headers['x-oss-copy-source-if-match'],
      ifNoneMatch: headers['x-oss-copy-source-if-none-match'],
      ifModifiedSince: headers['x-oss-copy-source-if-modified-since'],
      ifUnmodifiedSince: headers['x-oss-copy-source-if-unmodified-since'],
    },
    source,
  );
  if (checked.verdict === 'not-modified') throw new OssError('NotModified');
  if (checked.verdict === 'failed') {
    const condition = `x-oss-copy-source-${checked.condition.toLowerCase()}`;
    throw new OssError('PreconditionFailed', { fields: { Condition: condition } });
  }
}

/** Which version was copied, where the source's bucket has or had versions. */
export function sourceVersionHeader(
  bucket: Bucket,
  { versionId }: StoredObject,
): Record<string, string> {
  return bucket.versioning === undefined ? {} : { 'x-oss-copy-source-version-id': versionId };
}
