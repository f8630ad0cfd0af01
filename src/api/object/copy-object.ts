/**
 * CopyObject: `PUT /key` with `x-oss-copy-source`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/copyobject
 *
 * The target holds a copy of the source's content, of its metadata too unless the directive says
 * REPLACE. An object copied onto itself keeps its content and takes the request's metadata.
 */
import { checkAclAllowed, checkConditions, type StoredObject } from '../../buckets/index.ts';
import { OssError } from '../../errors/index.ts';
import type { HttpRequest, HttpResponse } from '../../http/index.ts';
import { element } from '../../xml/index.ts';
import { actionOnVersion } from '../actions.ts';
import { formatXmlDate, xmlAnswer } from '../answers.ts';
import { bucketOf } from '../context.ts';
import { invalidArgument } from '../document.ts';
import { noteStored } from '../request-notes.ts';
import { isRequesterCharged } from '../requester-pays.ts';
import type { BucketAction, Judgement } from '../rights.ts';
import type { OperationContext } from '../types.ts';
import { parseCopySource } from './copy-source.ts';
import { encryptionHeaders, readEncryption } from './encryption.ts';
import {
  checkWriteRequest,
  readObjectAcl,
  readObjectFacts,
  readStorageClass,
} from './request-options.ts';
import { versionHeader } from './version-id.ts';
import { readWriteGuards } from './write-guards.ts';

export async function copyObject(context: OperationContext): Promise<HttpResponse> {
  const { request, services, target } = context;
  checkWriteRequest(request);
  const isReplacing = readDirective(request, 'x-oss-metadata-directive') === 'REPLACE';
  if (readDirective(request, 'x-oss-tagging-directive') === 'REPLACE') {
    throw new OssError('NotImplemented', { fields: { Header: 'x-oss-tagging-directive' } });
  }
  const acl = readObjectAcl(request);
  checkAclAllowed(bucketOf(context), 'object', acl);
  const source = parseCopySource(request.headers['x-oss-copy-source'] ?? '');
  const sourceBucket = await services.buckets.findBucket(source.bucket);
  if (sourceBucket === undefined) {
    throw new OssError('NoSuchBucket', { fields: { BucketName: source.bucket } });
  }
  const wanted: BucketAction = {
    action: actionOnVersion('oss:GetObject', source.versionId !== undefined),
    bucket: sourceBucket,
    key: source.key,
    accessClass: 'read',
  };
  const judgement = await context.rights.judge(wanted);
  let sourceVersionId: string | undefined;
  await isRequesterCharged(context, sourceBucket);
  const copy = await services.objects.copyObject({
    source: { bucket: sourceBucket, key: source.key, versionId: source.versionId },
    bucket: bucketOf(context),
    key: target.key,
    facts: readObjectFacts(request),
    isReplacing,
    acl,
    storageClass: readStorageClass(request),
    ...(await readWriteGuards(context)),
    extras: await readEncryption(context),
    admit(found) {
      admitSource(context, wanted, judgement, found);
      sourceVersionId = sourceBucket.versioning === undefined ? undefined : found?.versionId;
    },
  });
  noteStored(context, copy.object);
  return renderCopy(copy.object, {
    ...versionHeader(context, copy.versionId),
    ...encryptionHeaders(copy.object),
    ...(sourceVersionId === undefined ? {} : { 'x-oss-copy-source-version-id': sourceVersionId }),
  });
}

/** Whether the caller may read the source comes before whether there is one. */
function admitSource(
  context: OperationContext,
  wanted: BucketAction,
  judgement: Judgement,
  source: StoredObject | undefined,
): void {
  const verdict = judgement(source);
  if (!verdict.isAllowed) throw context.rights.refuse(wanted, verdict);
  if (source === undefined) return;
  const { headers } = context.request;
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

function readDirective({ headers }: HttpRequest, name: string): 'COPY' | 'REPLACE' {
  const value = headers[name] ?? 'COPY';
  const upper = value.toUpperCase();
  if (upper === 'COPY' || upper === 'REPLACE') return upper;
  throw invalidArgument(name, value, `The header ${name} must be COPY or REPLACE.`);
}

function renderCopy(copy: StoredObject, versions: Record<string, string>): HttpResponse {
  const etag = `"${copy.etag}"`;
  return xmlAnswer(
    element(
      'CopyObjectResult',
      element('ETag', etag),
      element('LastModified', formatXmlDate(copy.modifiedAt)),
    ),
    { ETag: etag, 'x-oss-hash-crc64ecma': copy.crc64, ...versions },
  );
}
