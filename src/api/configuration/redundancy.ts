/**
 * Changes of the data redundancy: `?redundancyTransition` of a bucket and of an account
 * (oss-semantics.md 8). Redundancies are labels here, so a task has ended when it is made.
 * https://www.alibabacloud.com/help/en/oss/developer-reference/createbucketdataredundancytransition
 */
import type { Bucket, RedundancyTransition } from '../../buckets/index.ts';
import { OssError } from '../../errors/index.ts';
import type { HttpResponse } from '../../http/index.ts';
import { element, type XmlNode } from '../../xml/index.ts';
import { emptyAnswer, formatXmlDate, xmlAnswer } from '../answers.ts';
import { readMaximum } from '../bucket/list-parameters.ts';
import { actorOf, bucketOf, queryValue } from '../context.ts';
import { invalidArgument } from '../document.ts';
import type { OperationContext } from '../types.ts';
import { pageElements, pageOf, without } from './lists.ts';

/** Hexadecimal digits: time, so that tasks are listed as they were made, and chance. */
const timeDigits = 12;
const randomBytes = 10;
const pageByDefault = 100;

/** There is one way: from one zone to several. */
export async function createBucketDataRedundancyTransition(
  context: OperationContext,
): Promise<HttpResponse> {
  const { request, services } = context;
  const bucket = bucketOf(context);
  const name = 'x-oss-target-redundancy-type';
  const target = queryValue(request, name) ?? request.headers[name] ?? '';
  if (target !== 'ZRS') throw invalidArgument(name, target, 'The target redundancy must be ZRS.');
  if (bucket.redundancy === target) {
    throw invalidArgument(name, target, 'The bucket has this redundancy already.');
  }
  const at = services.world.clock.now();
  const chance = Buffer.from(services.world.random.bytes(randomBytes)).toString('hex');
  const taskId = at.toString(16).padStart(timeDigits, '0') + chance;
  await services.buckets.setRedundancy(bucket, target);
  await services.documents.change(bucket, 'redundancy-transitions', (standing) => ({
    transitions: [...(standing?.transitions ?? []), { taskId, at }],
  }));
  return xmlAnswer(element('BucketDataRedundancyTransition', element('TaskId', taskId)));
}

function readTaskId({ request }: OperationContext): string {
  return queryValue(request, 'x-oss-redundancy-transition-taskid') ?? '';
}

export async function getBucketDataRedundancyTransition(
  context: OperationContext,
): Promise<HttpResponse> {
  const bucket = bucketOf(context);
  const taskId = readTaskId(context);
  const document = await context.services.documents.find(bucket, 'redundancy-transitions');
  const found = document?.transitions.find((one) => one.taskId === taskId);
  if (found !== undefined) return xmlAnswer(transitionElement(bucket.name, found));
  throw new OssError('NoSuchBucketDataRedundancyTransition', {
    fields: { BucketName: bucket.name, TaskId: taskId },
  });
}

/** Forgets the task; what it did stays. */
export async function deleteBucketDataRedundancyTransition(
  context: OperationContext,
): Promise<HttpResponse> {
  const taskId = readTaskId(context);
  const bucket = bucketOf(context);
  await context.services.documents.change(bucket, 'redundancy-transitions', (standing) => {
    const transitions = without(standing?.transitions ?? [], 'taskId', taskId);
    return transitions.length === 0 ? undefined : { transitions };
  });
  return emptyAnswer(204);
}

interface ListedTransition {
  readonly bucket: string;
  readonly transition: RedundancyTransition;
}

async function transitionsOf(
  { services }: OperationContext,
  bucket: Bucket,
): Promise<ListedTransition[]> {
  const document = await services.documents.find(bucket, 'redundancy-transitions');
  return (document?.transitions ?? []).map((transition) => ({ bucket: bucket.name, transition }));
}

export async function listBucketDataRedundancyTransition(
  context: OperationContext,
): Promise<HttpResponse> {
  return answerList(context, await transitionsOf(context, bucketOf(context)));
}

/** Of all buckets of the account. */
export async function listUserDataRedundancyTransition(
  context: OperationContext,
): Promise<HttpResponse> {
  const { accountId } = actorOf(context);
  const buckets = await context.services.buckets.allBuckets(accountId);
  const lists = await Promise.all(buckets.map((bucket) => transitionsOf(context, bucket)));
  return answerList(context, lists.flat());
}

function answerList({ request }: OperationContext, all: readonly ListedTransition[]): HttpResponse {
  const limit = readMaximum(request, 'max-keys', pageByDefault);
  // What stands between sorts before everything that a name of a bucket may have.
  const nameOf = ({ bucket, transition }: ListedTransition) => `${bucket}!${transition.taskId}`;
  const page = pageOf(request, all, limit, nameOf);
  return xmlAnswer(
    element(
      'ListBucketDataRedundancyTransition',
      ...pageElements(page),
      ...page.items.map(({ bucket, transition }) => transitionElement(bucket, transition)),
    ),
  );
}

function transitionElement(bucket: string, { taskId, at }: RedundancyTransition): XmlNode {
  const date = formatXmlDate(at);
  return element(
    'BucketDataRedundancyTransition',
    element('Bucket', bucket),
    element('TaskId', taskId),
    element('Status', 'Finished'),
    element('CreateTime', date),
    element('StartTime', date),
    element('ProcessPercentage', '100'),
    element('EstimatedRemainingTime', '0'),
    element('EndTime', date),
  );
}
