/**
 * Limits of bandwidth and requests: `?qosInfo` of a bucket and of the account, `?requesterQosInfo`
 * of one requester (oss-semantics.md 8). Kept and given back; nothing is slowed down by them.
 * https://www.alibabacloud.com/help/en/oss/developer-reference/putbucketqosinfo
 * https://www.alibabacloud.com/help/en/oss/developer-reference/putbucketrequesterqosinfo
 */
import type { QosLimits } from '../../buckets/index.ts';
import type { HttpResponse } from '../../http/index.ts';
import { element, type XmlElement, type XmlNode } from '../../xml/index.ts';
import { emptyAnswer, xmlAnswer } from '../answers.ts';
import { readMaximum } from '../bucket/list-parameters.ts';
import { bucketOf, queryValue } from '../context.ts';
import { invalidArgument, readDocument } from '../document.ts';
import type { OperationContext } from '../types.ts';
import { type Configuration, noSuchConfiguration } from './configuration.ts';
import { byName, pageElements, pageOf, without } from './lists.ts';
import { optionalNumber } from './reading.ts';

/** Each total, its two parts, and what an account has of it, as the service starts accounts. */
const limitGroups = [
  {
    total: 'TotalUploadBandwidth',
    parts: ['IntranetUploadBandwidth', 'ExtranetUploadBandwidth'],
    ofAccount: 10,
  },
  {
    total: 'TotalDownloadBandwidth',
    parts: ['IntranetDownloadBandwidth', 'ExtranetDownloadBandwidth'],
    ofAccount: 10,
  },
  { total: 'TotalQps', parts: ['IntranetQps', 'ExtranetQps'], ofAccount: 10_000 },
] as const;

const unlimited = -1;
const limitMax = 1_000_000;
const requestersMax = 1000;

/** @throws OssError InvalidArgument for a part above its total, and a total above `most`. */
function parseLimits(root: XmlElement, most: (group: (typeof limitGroups)[number]) => number) {
  const limits: Record<string, number> = {};
  for (const group of limitGroups) {
    const bounds = { min: unlimited, max: limitMax };
    const total = optionalNumber(root, group.total, bounds) ?? unlimited;
    if (total > most(group)) throw tooMuch(group.total, total);
    limits[group.total] = total;
    const atMost = total === unlimited ? most(group) : total;
    for (const part of group.parts) {
      const limit = optionalNumber(root, part, bounds) ?? unlimited;
      if (limit > atMost) throw tooMuch(part, limit);
      limits[part] = limit;
    }
  }
  return limits;
}

function tooMuch(name: string, limit: number): Error {
  return invalidArgument(name, String(limit), `${name} is more than the limit above it allows.`);
}

/** All nine, in the order of the reference. */
function limitElements(limits: QosLimits): XmlNode[] {
  return limitGroups
    .flatMap(({ total, parts }) => [total, ...parts])
    .map((name) => element(name, String(limits[name] ?? unlimited)));
}

export const qosInfo: Configuration<'qos'> = {
  document: 'qos',
  root: 'QoSConfiguration',
  parse: (root) => parseLimits(root, ({ ofAccount }) => ofAccount),
  render: (limits) => element('QoSConfiguration', ...limitElements(limits)),
  none: 'NoSuchBucketQosInfo',
};

/** What every account has. */
export async function getUserQosInfo({ services }: OperationContext): Promise<HttpResponse> {
  const totals = limitGroups.map(({ total, ofAccount }) => [total, ofAccount] as const);
  const region = element('Region', services.settings.region);
  const limits = limitElements(Object.fromEntries(totals));
  return xmlAnswer(element('UserQosConfiguration', region, ...limits));
}

function readRequester({ request }: OperationContext): string {
  const requester = queryValue(request, 'qosRequester') ?? '';
  if (/^[A-Za-z0-9_.@-]{1,64}$/.test(requester)) return requester;
  throw invalidArgument('qosRequester', requester, 'The requester is invalid.');
}

export async function putBucketRequesterQosInfo(context: OperationContext): Promise<HttpResponse> {
  const requester = readRequester(context);
  const limits = parseLimits(await readDocument(context, 'QoSConfiguration'), () => limitMax);
  await context.services.documents.change(bucketOf(context), 'requester-qos', (standing) => {
    const others = without(standing?.requesters ?? [], 'requester', requester);
    if (others.length >= requestersMax) {
      const message = `A bucket cannot limit more than ${requestersMax} requesters.`;
      throw invalidArgument('qosRequester', requester, message);
    }
    return { requesters: byName([...others, { requester, limits }], 'requester') };
  });
  return emptyAnswer(200);
}

export async function getBucketRequesterQosInfo(context: OperationContext): Promise<HttpResponse> {
  const bucket = bucketOf(context);
  const requester = readRequester(context);
  const document = await context.services.documents.find(bucket, 'requester-qos');
  const found = document?.requesters.find((one) => one.requester === requester);
  if (found === undefined) throw noSuchConfiguration('NoSuchBucketQosInfo', bucket);
  return xmlAnswer(requesterElement(found));
}

export async function listBucketRequesterQosInfos(
  context: OperationContext,
): Promise<HttpResponse> {
  const { request } = context;
  const bucket = bucketOf(context);
  const document = await context.services.documents.find(bucket, 'requester-qos');
  const limit = readMaximum(request, 'max-keys', 100);
  const page = pageOf(request, document?.requesters ?? [], limit, ({ requester }) => requester);
  return xmlAnswer(
    element(
      'ListBucketRequesterQoSInfosResult',
      element('Bucket', bucket.name),
      ...pageElements(page),
      ...page.items.map(requesterElement),
    ),
  );
}

export async function deleteBucketRequesterQosInfo(
  context: OperationContext,
): Promise<HttpResponse> {
  const requester = readRequester(context);
  await context.services.documents.change(bucketOf(context), 'requester-qos', (standing) => {
    const requesters = without(standing?.requesters ?? [], 'requester', requester);
    return requesters.length === 0 ? undefined : { requesters };
  });
  return emptyAnswer(204);
}

function requesterElement(of: { requester: string; limits: QosLimits }): XmlNode {
  return element(
    'RequesterQoSInfo',
    element('Requester', of.requester),
    element('QoSConfiguration', ...limitElements(of.limits)),
  );
}
