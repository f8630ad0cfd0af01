/**
 * GetBucketInfo: `GET /?bucketInfo`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/getbucketinfo
 *
 * In step with the documents of the bucket (oss-semantics.md 8); features that no bucket can have
 * here are shown as off. Clients take ExtranetEndpoint as their next endpoint, port included
 * (clients.md).
 */
import { isPublicAccessBlocked } from '../../buckets/index.ts';
import type { HttpResponse } from '../../http/index.ts';
import { element } from '../../xml/index.ts';
import { formatXmlDate, xmlAnswer } from '../answers.ts';
import { encryptionElements } from '../configuration/encryption.ts';
import { optionalElement } from '../configuration/reading.ts';
import { bucketOf } from '../context.ts';
import type { OperationContext } from '../types.ts';
import { resourceGroup } from './resource-group.ts';

export async function getBucketInfo(context: OperationContext): Promise<HttpResponse> {
  const bucket = bucketOf(context);
  const { documents, settings } = context.services;
  const { publicEndpoint, region } = settings;
  const [monitor, acceleration, encryption, logging] = await Promise.all([
    documents.find(bucket, 'access-monitor'),
    documents.find(bucket, 'transfer-acceleration'),
    documents.find(bucket, 'encryption'),
    documents.find(bucket, 'logging'),
  ]);
  return xmlAnswer(
    element(
      'BucketInfo',
      element(
        'Bucket',
        element('AccessMonitor', monitor?.status ?? 'Disabled'),
        element('CreationDate', formatXmlDate(bucket.createdAt)),
        element('ExtranetEndpoint', publicEndpoint),
        element('IntranetEndpoint', publicEndpoint),
        element('Location', `oss-${region}`),
        element('StorageClass', bucket.storageClass),
        element('DataRedundancyType', bucket.redundancy),
        element('TransferAcceleration', acceleration?.isEnabled ? 'Enabled' : 'Disabled'),
        element('CrossRegionReplication', 'Disabled'),
        element('Name', bucket.name),
        element('ResourceGroupId', resourceGroup),
        element('Comment', ''),
        // The other way round than everywhere else (oss-bucket-api.md GetBucketInfo).
        element('Owner', element('DisplayName', bucket.accountId), element('ID', bucket.accountId)),
        element('AccessControlList', element('Grant', bucket.acl)),
        element(
          'ServerSideEncryptionRule',
          ...(encryption ? encryptionElements(encryption) : [element('SSEAlgorithm', 'None')]),
        ),
        element(
          'BucketPolicy',
          element('LogBucket', logging?.targetBucket ?? ''),
          element('LogPrefix', logging?.targetPrefix ?? ''),
        ),
        optionalElement('Versioning', bucket.versioning),
        element('BlockPublicAccess', String(isPublicAccessBlocked(bucket))),
      ),
    ),
  );
}
