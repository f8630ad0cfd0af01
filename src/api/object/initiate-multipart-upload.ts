/**
 * InitiateMultipartUpload: `POST /key?uploads`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/initiatemultipartupload
 *
 * Says what the object will be; nothing can be read before the upload is completed. With
 * `sequential` the parts come one after the other, and the object has a Content-MD5.
 */
import { checkAclAllowed } from '../../buckets/index.ts';
import type { HttpResponse } from '../../http/index.ts';
import { element } from '../../xml/index.ts';
import { xmlAnswer } from '../answers.ts';
import { encodingElement, keyElements, readEncoding } from '../bucket/list-parameters.ts';
import { bucketOf, queryValue } from '../context.ts';
import type { OperationContext } from '../types.ts';
import { encryptionHeaders } from './encryption.ts';
import { readObjectExtras } from './object-extras.ts';
import {
  checkWriteRequest,
  readObjectAcl,
  readObjectFacts,
  readStorageClass,
} from './request-options.ts';
import { readWriteGuards } from './write-guards.ts';

export async function initiateMultipartUpload(context: OperationContext): Promise<HttpResponse> {
  const { request, services, target } = context;
  checkWriteRequest(request);
  const encoding = readEncoding(request);
  const bucket = bucketOf(context);
  const acl = readObjectAcl(request);
  checkAclAllowed(bucket, 'object', acl);
  const { isOverwriteForbidden } = await readWriteGuards(context);
  const { key, uploadId, facts } = await services.uploads.initiate({
    bucket,
    key: target.key,
    facts: readObjectFacts(request),
    acl: acl ?? 'default',
    storageClass: readStorageClass(request),
    extras: await readObjectExtras(context),
    isSequential: queryValue(request, 'sequential') !== undefined,
    isOverwriteForbidden,
  });
  return xmlAnswer(
    element(
      'InitiateMultipartUploadResult',
      encodingElement(encoding),
      element('Bucket', bucket.name),
      keyElements(encoding)('Key', key),
      element('UploadId', uploadId),
    ),
    encryptionHeaders(facts),
  );
}
