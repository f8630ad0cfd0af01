/**
 * PutSymlink: `PUT /key?symlink` with `x-oss-symlink-target`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/putsymlink
 *
 * What the link leads to is looked for when it is read, and need not be there.
 */
import { checkAclAllowed } from '../../buckets/index.ts';
import type { HttpRequest, HttpResponse } from '../../http/index.ts';
import { emptyAnswer } from '../answers.ts';
import { bucketOf } from '../context.ts';
import { invalidArgument } from '../document.ts';
import { noteStored } from '../request-notes.ts';
import type { OperationContext } from '../types.ts';
import { decodeForm } from './form-text.ts';
import { readWrittenExtras } from './object-extras.ts';
import {
  checkWriteRequest,
  readObjectAcl,
  readObjectFacts,
  readStorageClass,
} from './request-options.ts';
import { versionHeader } from './version-id.ts';
import { readWriteGuards } from './write-guards.ts';

export async function putSymlink(context: OperationContext): Promise<HttpResponse> {
  const { request, services, target } = context;
  checkWriteRequest(request);
  const bucket = bucketOf(context);
  const acl = readObjectAcl(request);
  checkAclAllowed(bucket, 'object', acl);
  const { object, versionId } = await services.objects.putLink({
    bucket,
    key: target.key,
    targetKey: readTarget(request),
    facts: readObjectFacts(request),
    acl: acl ?? 'default',
    storageClass: readStorageClass(request),
    extras: readWrittenExtras(request),
    ...(await readWriteGuards(context)),
  });
  noteStored(context, object);
  return emptyAnswer(200, { ETag: `"${object.etag}"`, ...versionHeader(context, versionId) });
}

function readTarget({ headers }: HttpRequest): string {
  const name = 'x-oss-symlink-target';
  const value = headers[name] ?? '';
  const key = decodeForm(value);
  if (key !== undefined && key !== '') return key;
  throw invalidArgument(name, value, `The header ${name} must name an object, URL-encoded.`);
}
