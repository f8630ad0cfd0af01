/**
 * What only the cloud has: boxes, access points, pools of resources. Their lists are empty here,
 * which tear-downs and tools ask for, and nothing in them is found.
 */
import { OssError } from '../../errors/index.ts';
import type { HttpResponse } from '../../http/index.ts';
import { element, type XmlNode } from '../../xml/index.ts';
import { ownerElement, xmlAnswer } from '../answers.ts';
import { actorOf, queryValue } from '../context.ts';
import type { OperationContext } from '../types.ts';

const notTruncated: readonly XmlNode[] = [
  element('IsTruncated', 'false'),
  element('NextContinuationToken', ''),
];

/** https://www.alibabacloud.com/help/en/oss/developer-reference/listcloudboxes */
export async function listCloudBoxes(context: OperationContext): Promise<HttpResponse> {
  const owner = ownerElement(actorOf(context).accountId);
  const end = element('IsTruncated', 'false');
  return xmlAnswer(element('ListCloudBoxResult', end, owner, element('CloudBoxes')));
}

/** https://www.alibabacloud.com/help/en/oss/developer-reference/listaccesspoints */
export async function listAccessPoints(context: OperationContext): Promise<HttpResponse> {
  const account = element('AccountId', actorOf(context).accountId);
  return xmlAnswer(
    element('ListAccessPointsResult', ...notTruncated, account, element('AccessPoints')),
  );
}

export async function listAccessPointsForObjectProcess(
  context: OperationContext,
): Promise<HttpResponse> {
  const account = element('AccountId', actorOf(context).accountId);
  const list = element('AccessPointsForObjectProcess');
  return xmlAnswer(
    element('ListAccessPointsForObjectProcessResult', ...notTruncated, account, list),
  );
}

/** https://www.alibabacloud.com/help/en/oss/developer-reference/listresourcepools */
export async function listResourcePools(context: OperationContext): Promise<HttpResponse> {
  const { request, services } = context;
  return xmlAnswer(
    element(
      'ListResourcePoolsResult',
      element('Region', services.settings.region),
      element('Owner', actorOf(context).accountId),
      element('ContinuationToken', queryValue(request, 'continuation-token') ?? ''),
      ...notTruncated,
    ),
  );
}

/** Everything that is asked of one pool. */
export async function noResourcePool({ request }: OperationContext): Promise<HttpResponse> {
  throw new OssError('NoSuchResourcePool', {
    fields: { ResourcePool: queryValue(request, 'resourcePool') ?? '' },
  });
}
