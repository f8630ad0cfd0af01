/**
 * PutObject: `PUT /key`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/putobject
 *
 * 200 once content and metadata are durable; then every read sees them. The body is Content-Length
 * bytes or chunked; Content-MD5 and x-oss-hash-crc64ecma are verified when sent.
 */
import { checkAclAllowed } from '../../buckets/index.ts';
import type { HttpResponse } from '../../http/index.ts';
import { emptyAnswer } from '../answers.ts';
import { bucketOf } from '../context.ts';
import { noteStored } from '../request-notes.ts';
import type { OperationContext } from '../types.ts';
import { encryptionHeaders } from './encryption.ts';
import { readObjectExtras } from './object-extras.ts';
import { pacedBody } from './pace.ts';
import {
  checkLengthGiven,
  checkWriteRequest,
  readExpectedContent,
  readObjectAcl,
  readObjectFacts,
  readStorageClass,
} from './request-options.ts';
import { answerUpload, callbackHeaders, readCallback } from './upload-callback.ts';
import { versionHeader } from './version-id.ts';
import { readWriteGuards } from './write-guards.ts';

export async function putObject(context: OperationContext): Promise<HttpResponse> {
  const { request, services, target } = context;
  checkWriteRequest(request, callbackHeaders);
  checkLengthGiven(request);
  const acl = readObjectAcl(request);
  checkAclAllowed(bucketOf(context), 'object', acl);
  const callback = await readCallback(context);
  const { object, versionId } = await services.objects.putObject({
    bucket: bucketOf(context),
    key: target.key,
    content: pacedBody(context),
    expected: readExpectedContent(request),
    facts: readObjectFacts(request),
    acl: acl ?? 'default',
    storageClass: readStorageClass(request),
    ...(await readWriteGuards(context)),
    extras: await readObjectExtras(context),
  });
  noteStored(context, object);
  const answer = emptyAnswer(200, {
    ETag: `"${object.etag}"`,
    'x-oss-hash-crc64ecma': object.crc64,
    ...(object.contentMd5 === undefined ? {} : { 'Content-MD5': object.contentMd5 }),
    ...versionHeader(context, versionId),
    ...encryptionHeaders(object),
  });
  return await answerUpload(context, callback, object, answer);
}
