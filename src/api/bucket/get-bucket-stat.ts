/**
 * GetBucketStat: `GET /?stat`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/getbucketstat
 *
 * Exact, unlike the service's hourly figures. Storage classes are labels here and all bytes are
 * kept alike, so all are counted as Standard.
 */
import type { HttpResponse } from '../../http/index.ts';
import { element, type XmlNode } from '../../xml/index.ts';
import { xmlAnswer } from '../answers.ts';
import { bucketOf } from '../context.ts';
import type { OperationContext } from '../types.ts';

/** Elements of classes, uploads and versions that nothing is counted under. */
const emptyCounts = [
  'InfrequentAccessStorage',
  'InfrequentAccessRealStorage',
  'InfrequentAccessObjectCount',
  'ArchiveStorage',
  'ArchiveRealStorage',
  'ArchiveObjectCount',
  'ColdArchiveStorage',
  'ColdArchiveRealStorage',
  'ColdArchiveObjectCount',
  'DeepColdArchiveStorage',
  'DeepColdArchiveRealStorage',
  'DeepColdArchiveObjectCount',
  'MultipartPartCount',
  'DeleteMarkerCount',
];

export async function getBucketStat(context: OperationContext): Promise<HttpResponse> {
  const stat = await context.services.buckets.bucketStat(bucketOf(context));
  const count = (name: string, value: number): XmlNode => element(name, String(value));
  return xmlAnswer(
    element(
      'BucketStat',
      count('Storage', stat.storageBytes),
      count('ObjectCount', stat.objectCount),
      count('MultipartUploadCount', 0),
      count('LiveChannelCount', 0),
      count('LastModifiedTime', Math.floor(stat.modifiedAt / 1000)),
      count('StandardStorage', stat.storageBytes),
      count('StandardObjectCount', stat.objectCount),
      ...emptyCounts.map((name) => count(name, 0)),
    ),
  );
}
