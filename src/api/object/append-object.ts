/**
 * AppendObject: `POST /key?append&position=N`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/appendobject
 *
 * The object grows by the body if it is N bytes long; at 0 it begins. A refusal says how long it
 * is.
 */
import { checkAclAllowed } from '../../buckets/index.ts';
import { OssError } from '../../errors/index.ts';
import type { HttpRequest, HttpResponse } from '../../http/index.ts';
import { emptyAnswer } from '../answers.ts';
import { bucketOf, queryValue } from '../context.ts';
import { invalidArgument } from '../document.ts';
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
import { versionHeader } from './version-id.ts';
import { findProtectedSince } from './write-guards.ts';

export async function appendObject(context: OperationContext): Promise<HttpResponse> {
  const { request, services, target } = context;
  checkWriteRequest(request);
  checkLengthGiven(request);
  const bucket = bucketOf(context);
  const acl = readObjectAcl(request);
  checkAclAllowed(bucket, 'object', acl);
  const position = readPosition(request);
  const { object, versionId } = await services.objects.appendObject({
    bucket,
    key: target.key,
    position,
    content: pacedBody(context),
    expected: readExpectedContent(request),
    facts: readObjectFacts(request),
    acl: acl ?? 'default',
    storageClass: readStorageClass(request),
    extras: await readObjectExtras(context),
    protectedSince: await findProtectedSince(context),
  });
  noteStored(context, object);
  context.notes.deltaBytes = object.size - position;
  return emptyAnswer(200, {
    ETag: `"${object.etag}"`,
    'x-oss-hash-crc64ecma': object.crc64,
    'x-oss-next-append-position': String(object.size),
    ...versionHeader(context, versionId),
    ...encryptionHeaders(object),
  });
}

function readPosition(request: HttpRequest): number {
  const name = 'position';
  const value = queryValue(request, name);
  if (value === undefined) {
    throw new OssError('MissingArgument', { fields: { ArgumentName: name } });
  }
  if (/^\d{1,15}$/.test(value)) return Number(value);
  throw invalidArgument(name, value, 'The position must be a number that is not negative.');
}
