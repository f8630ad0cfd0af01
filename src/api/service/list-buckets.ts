/**
 * ListBuckets: `GET /` on the endpoint
 * https://www.alibabacloud.com/help/en/oss/developer-reference/listbuckets
 *
 * The caller's buckets by name. Clients take ExtranetEndpoint as their next endpoint, port included
 * (clients.md).
 */
import type { Bucket, BucketPage } from '../../buckets/index.ts';
import type { HttpResponse } from '../../http/index.ts';
import { element, type XmlNode } from '../../xml/index.ts';
import { formatXmlDate, ownerElement, xmlAnswer } from '../answers.ts';
import { readListText, readMaximum } from '../bucket/list-parameters.ts';
import { resourceGroup } from '../bucket/resource-group.ts';
import { actorOf } from '../context.ts';
import { serviceOf } from '../rights.ts';
import type { ApiSettings } from '../services.ts';
import type { OperationContext } from '../types.ts';
import { pageOfTagged, readTagFilter } from './tag-filter.ts';

/** oss-bucket-api.md ListBuckets. */
const maxKeysByDefault = 100;

export async function listBuckets(context: OperationContext): Promise<HttpResponse> {
  const { request, services } = context;
  const { accountId } = actorOf(context);
  const prefix = readListText(request, 'prefix');
  const marker = readListText(request, 'marker');
  const limit = readMaximum(request, 'max-keys', maxKeysByDefault);
  const group = request.headers['x-oss-resource-group-id'];
  const page =
    group === undefined || group === '' || group === resourceGroup
      ? await findPage(context, { accountId, prefix, marker, limit })
      : { buckets: [], isTruncated: false };
  return xmlAnswer(
    element(
      'ListAllMyBucketsResult',
      element('Prefix', prefix),
      element('Marker', marker),
      element('MaxKeys', String(limit)),
      element('IsTruncated', String(page.isTruncated)),
      nextMarker(page),
      ownerElement(accountId),
      element('Buckets', ...page.buckets.map((bucket) => bucketElement(bucket, services.settings))),
    ),
  );
}

async function findPage(
  context: OperationContext,
  asked: { accountId: string; prefix: string; marker: string; limit: number },
): Promise<BucketPage> {
  const { operation, request, rights, services } = context;
  const filter = readTagFilter(request);
  const isShown = await rights.judgeByBucketTags(operation.action, serviceOf(asked));
  return filter.length === 0 && isShown === undefined
    ? await services.buckets.listBuckets(asked)
    : await pageOfTagged(services, { filter, isShown }, asked);
}

function nextMarker({ buckets, isTruncated }: BucketPage): XmlNode | undefined {
  return isTruncated ? element('NextMarker', buckets.at(-1)?.name ?? '') : undefined;
}

function bucketElement(bucket: Bucket, { publicEndpoint, region }: ApiSettings): XmlNode {
  return element(
    'Bucket',
    element('CreationDate', formatXmlDate(bucket.createdAt)),
    element('ExtranetEndpoint', publicEndpoint),
    element('IntranetEndpoint', publicEndpoint),
    element('Location', `oss-${region}`),
    element('Name', bucket.name),
    element('Region', region),
    element('StorageClass', bucket.storageClass),
  );
}
