/**
 * GetBucketInfo: `GET /?bucketInfo`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/getbucketinfo
 *
 * Features that no bucket can have here yet are shown as off. Clients take ExtranetEndpoint as
 * their next endpoint, port included (clients.md).
 */
import type { HttpResponse } from '../../http/index.ts';
import { element } from '../../xml/index.ts';
import { formatXmlDate, xmlAnswer } from '../answers.ts';
import { optionalElement } from '../configuration/reading.ts';
import { bucketOf } from '../context.ts';
import type { OperationContext } from '../types.ts';
import { resourceGroup } from './resource-group.ts';

export async function getBucketInfo(context: OperationContext): Promise<HttpResponse> {
  const bucket = bucketOf(context);
  const { publicEndpoint, region } = context.services.settings;
  return xmlAnswer(
    element(
      'BucketInfo',
      element(
        'Bucket',
        element('AccessMonitor', 'Disabled'),
        element('CreationDate', formatXmlDate(bucket.createdAt)),
        element('ExtranetEndpoint', publicEndpoint),
        element('IntranetEndpoint', publicEndpoint),
        element('Location', `oss-${region}`),
        element('StorageClass', bucket.storageClass),
        element('DataRedundancyType', bucket.redundancy),
        element('TransferAcceleration', 'Disabled'),
        element('CrossRegionReplication', 'Disabled'),
        element('Name', bucket.name),
        element('ResourceGroupId', resourceGroup),
        element('Comment', ''),
        // The other way round than everywhere else (oss-bucket-api.md GetBucketInfo).
        element('Owner', element('DisplayName', bucket.accountId), element('ID', bucket.accountId)),
        element('AccessControlList', element('Grant', bucket.acl)),
        element('ServerSideEncryptionRule', element('SSEAlgorithm', 'None')),
        element('BucketPolicy', element('LogBucket', ''), element('LogPrefix', '')),
        optionalElement('Versioning', bucket.versioning),
        element('BlockPublicAccess', 'false'),
      ),
    ),
  );
}
