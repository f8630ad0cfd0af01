/**
 * The retention policy of a bucket (oss-semantics.md 8, WORM)
 * https://www.alibabacloud.com/help/en/oss/developer-reference/initiatebucketworm
 */
import {
  abortWorm,
  completeWorm,
  extendWorm,
  initiateWorm,
  wormStateOf,
} from '../../buckets/index.ts';
import { refine } from '../../errors/index.ts';
import type { HttpResponse } from '../../http/index.ts';
import { element } from '../../xml/index.ts';
import { emptyAnswer, formatXmlDate, xmlAnswer } from '../answers.ts';
import { bucketOf, queryValue } from '../context.ts';
import { malformedXml, readDocument } from '../document.ts';
import type { OperationContext } from '../types.ts';
import { noSuchConfiguration } from './configuration.ts';
import { requiredText } from './reading.ts';

const idBytes = 16;

async function readDays(context: OperationContext, root: string): Promise<number> {
  const text = requiredText(await readDocument(context, root), 'RetentionPeriodInDays');
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw malformedXml('RetentionPeriodInDays must be a whole number');
}

function now({ services }: OperationContext): number {
  return services.world.clock.now();
}

export async function initiateBucketWorm(context: OperationContext): Promise<HttpResponse> {
  const bucket = bucketOf(context);
  const { documents, world } = context.services;
  const days = await readDays(context, 'InitiateWormConfiguration');
  if (bucket.versioning === 'Suspended') throw refine('wormWhileSuspended');
  const id = Buffer.from(world.random.bytes(idBytes)).toString('hex').toUpperCase();
  await documents.change(bucket, 'worm', (standing) =>
    initiateWorm(standing, { id, days, now: now(context) }),
  );
  return emptyAnswer(200, { 'x-oss-worm-id': id });
}

export async function abortBucketWorm(context: OperationContext): Promise<HttpResponse> {
  await context.services.documents.change(bucketOf(context), 'worm', abortWorm);
  return emptyAnswer(204);
}

function readId({ request }: OperationContext): string {
  return queryValue(request, 'wormId') ?? '';
}

/** From now on it can neither be shortened nor removed. */
export async function completeBucketWorm(context: OperationContext): Promise<HttpResponse> {
  await context.services.documents.change(bucketOf(context), 'worm', (standing) =>
    completeWorm(standing, readId(context), now(context)),
  );
  return emptyAnswer(200);
}

export async function extendBucketWorm(context: OperationContext): Promise<HttpResponse> {
  const days = await readDays(context, 'ExtendWormConfiguration');
  await context.services.documents.change(bucketOf(context), 'worm', (standing) =>
    extendWorm(standing, readId(context), days, now(context)),
  );
  return emptyAnswer(200);
}

export async function getBucketWorm(context: OperationContext): Promise<HttpResponse> {
  const bucket = bucketOf(context);
  const worm = await context.services.documents.find(bucket, 'worm');
  if (worm === undefined) throw noSuchConfiguration('NoSuchWORMConfiguration', bucket);
  return xmlAnswer(
    element(
      'WormConfiguration',
      element('WormId', worm.id),
      element('State', wormStateOf(worm, now(context))),
      element('RetentionPeriodInDays', String(worm.days)),
      element('CreationDate', formatXmlDate(worm.createdAt)),
    ),
  );
}
