/**
 * PutBucket: `PUT /`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/putbucket
 *
 * The bucket stands and is the caller's. Repeated with the same settings it succeeds and applies
 * `x-oss-acl`. The document is optional and may name storage class and redundancy.
 */
import { OssError } from '../../errors/index.ts';
import type { HttpRequest, HttpResponse } from '../../http/index.ts';
import type { XmlElement } from '../../xml/index.ts';
import { emptyAnswer } from '../answers.ts';
import { actorOf } from '../context.ts';
import { childText, invalidArgument, readOptionalDocument } from '../document.ts';
import { checkStorageClass } from '../object/request-options.ts';
import type { OperationContext } from '../types.ts';
import { readBucketAcl } from './bucket-acl.ts';
import { resourceGroup } from './resource-group.ts';

const redundancies = ['LRS', 'ZRS'];

export async function putBucket(context: OperationContext): Promise<HttpResponse> {
  const { request, services, target } = context;
  refuseUnsupported(request);
  const acl = readBucketAcl(request);
  const document = await readOptionalDocument(context, 'CreateBucketConfiguration');
  const bucket = await services.buckets.putBucket({
    name: target.bucket,
    accountId: actorOf(context).accountId,
    acl,
    storageClass: readStorageClass(document),
    redundancy: readRedundancy(document),
  });
  return emptyAnswer(200, { Location: `/${bucket.name}` });
}

/** A name space of folders and a group of the account change what the bucket is. */
function refuseUnsupported({ headers }: HttpRequest): void {
  const hierarchy = headers['x-oss-hns-status'];
  if (hierarchy !== undefined && hierarchy.toLowerCase() !== 'disabled') {
    throw new OssError('NotImplemented', { fields: { Header: 'x-oss-hns-status' } });
  }
  const group = headers['x-oss-resource-group-id'];
  if (group !== undefined && group !== '' && group !== resourceGroup) {
    throw new OssError('NotImplemented', { fields: { Header: 'x-oss-resource-group-id' } });
  }
}

function readStorageClass(document: XmlElement | undefined): string | undefined {
  const value = document && childText(document, 'StorageClass');
  if (value === undefined || value === '') return undefined;
  checkStorageClass('StorageClass', value);
  return value;
}

function readRedundancy(document: XmlElement | undefined): string | undefined {
  const name = 'DataRedundancyType';
  const value = document && childText(document, name);
  if (value === undefined || value === '') return undefined;
  if (redundancies.includes(value)) return value;
  throw invalidArgument(name, value, `The redundancy must be one of ${redundancies.join(', ')}.`);
}
