/**
 * CopyObject: `PUT /key` with `x-oss-copy-source`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/copyobject
 *
 * The target holds a copy of the source's content, of its metadata too unless the directive says
 * REPLACE. An object copied onto itself keeps its content and takes the request's metadata.
 */
import { type CopyObject, checkAclAllowed, type StoredObject } from '../../buckets/index.ts';
import type { HttpRequest, HttpResponse } from '../../http/index.ts';
import { element } from '../../xml/index.ts';
import { actionOnVersion } from '../actions.ts';
import { formatXmlDate, xmlAnswer } from '../answers.ts';
import { bucketOf } from '../context.ts';
import { invalidArgument } from '../document.ts';
import { noteStored } from '../request-notes.ts';
import type { BucketAction } from '../rights.ts';
import type { OperationContext } from '../types.ts';
import { openCopySource, sourceVersionHeader } from './copy-admission.ts';
import { encryptionHeaders } from './encryption.ts';
import { readObjectExtras } from './object-extras.ts';
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
  const isReplacingTags = readDirective(request, 'x-oss-tagging-directive') === 'REPLACE';
  const acl = readObjectAcl(request);
  checkAclAllowed(bucketOf(context), 'object', acl);
  const { source, admit } = await openCopySource(context);
  const admitTags = await judgeTags(context, source);
  let copied: StoredObject | undefined;
  const copy = await services.objects.copyObject({
    source,
    bucket: bucketOf(context),
    key: target.key,
    facts: readObjectFacts(request),
    isReplacing,
    isReplacingTags,
    acl,
    storageClass: readStorageClass(request),
    ...(await readWriteGuards(context)),
    extras: await readObjectExtras(context),
    admit(found) {
      admit(found);
      if (!isReplacingTags) admitTags(found);
      copied = found;
    },
  });
  noteStored(context, copy.object);
  return renderCopy(copy.object, {
    ...versionHeader(context, copy.versionId),
    ...encryptionHeaders(copy.object),
    ...(copied === undefined ? {} : sourceVersionHeader(source.bucket, copied)),
  });
}

/** Tags that come along are read there and written here (access-control.md 5). */
async function judgeTags(
  context: OperationContext,
  { bucket, key, versionId }: CopyObject['source'],
): Promise<(source: StoredObject | undefined) => void> {
  const { rights, target } = context;
  const reading = actionOnVersion('oss:GetObjectTagging', versionId !== undefined);
  const asked: BucketAction[] = [
    { action: reading, bucket, key, accessClass: 'none' },
    {
      action: 'oss:PutObjectTagging',
      bucket: bucketOf(context),
      key: target.key,
      accessClass: 'none',
    },
  ];
  const judged = await Promise.all(
    asked.map(async (each) => [each, await rights.judge(each)] as const),
  );
  return (source) => {
    if (source?.extras.tags === undefined) return;
    for (const [each, judgement] of judged) {
      const verdict = judgement(source);
      if (!verdict.isAllowed) throw rights.refuse(each, verdict);
    }
  };
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
