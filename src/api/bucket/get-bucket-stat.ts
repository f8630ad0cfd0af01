/**
 * GetBucketStat: `GET /?stat`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/getbucketstat
 *
 * Exact, unlike the service's hourly figures. Older versions count like objects; bytes of parts
 * that are no object yet do not count.
 */
import type { BucketStat } from '../../buckets/index.ts';
import type { HttpResponse } from '../../http/index.ts';
import { element, type XmlNode } from '../../xml/index.ts';
import { xmlAnswer } from '../answers.ts';
import { bucketOf } from '../context.ts';
import type { OperationContext } from '../types.ts';

/** Element names of the colder classes, and the counters they show. */
const colderClasses = [
  ['InfrequentAccess', 'iaBytes', 'iaCount'],
  ['Archive', 'archiveBytes', 'archiveCount'],
  ['ColdArchive', 'coldArchiveBytes', 'coldArchiveCount'],
  ['DeepColdArchive', 'deepColdArchiveBytes', 'deepColdArchiveCount'],
] as const satisfies readonly (readonly [string, keyof BucketStat, keyof BucketStat])[];

export async function getBucketStat(context: OperationContext): Promise<HttpResponse> {
  const stat = await context.services.buckets.bucketStat(bucketOf(context));
  const count = (name: string, value: number): XmlNode => element(name, String(value));
  const colder = (name: 1 | 2) =>
    colderClasses.reduce((sum, counters) => sum + stat[counters[name]], 0);
  return xmlAnswer(
    element(
      'BucketStat',
      count('Storage', stat.storageBytes),
      count('ObjectCount', stat.objectCount),
      count('MultipartUploadCount', stat.uploadCount),
      count('LiveChannelCount', 0),
      count('LastModifiedTime', Math.floor(stat.modifiedAt / 1000)),
      count('StandardStorage', stat.storageBytes - colder(1)),
      count('StandardObjectCount', stat.objectCount - colder(2)),
      ...colderClasses.flatMap(([name, bytes, objects]) => [
        count(`${name}Storage`, stat[bytes]),
        count(`${name}RealStorage`, stat[bytes]),
        count(`${name}ObjectCount`, stat[objects]),
      ]),
      count('MultipartPartCount', stat.partCount),
      count('DeleteMarkerCount', stat.markerCount),
    ),
  );
}
