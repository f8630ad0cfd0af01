/**
 * RestoreObject: `POST /key?restore`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/restoreobject
 *
 * 202 begins it, 409 while it goes on, 200 once it can be read: then it stays readable for longer.
 * A link is restored by its target (oss-semantics.md 7.3).
 */
import { followLink } from '../../buckets/index.ts';
import type { HttpResponse } from '../../http/index.ts';
import type { XmlElement } from '../../xml/index.ts';
import { emptyAnswer } from '../answers.ts';
import { bucketOf } from '../context.ts';
import { childText, malformedXml, onlyChild, readOptionalDocument } from '../document.ts';
import type { OperationContext } from '../types.ts';
import { objectAsked, versionHeader } from './version-id.ts';

const tiers: readonly string[] = ['Expedited', 'Standard', 'Bulk'];

/** oss-semantics.md 7.3; the colder classes are kept for up to a year. */
const daysMax: Readonly<Record<string, number>> = { Archive: 7 };
const daysMaxOfOthers = 365;

export async function restoreObject(context: OperationContext): Promise<HttpResponse> {
  const { services, target } = context;
  const bucket = bucketOf(context);
  const document = await readOptionalDocument(context, 'RestoreRequest');
  const named = { key: target.key, object: await objectAsked(context) };
  const find = (key: string) => services.objects.findObject(bucket, key);
  const { key, object } = await followLink(named, find);
  const { days, tier } = parseRequest(document, daysMax[object.storageClass] ?? daysMaxOfOthers);
  const now = services.world.clock.now();
  const delayMs = services.settings.restoreDelayMs;
  const isBegun = await services.objects.restoreObject({ bucket, key, object, days, now, delayMs });
  return emptyAnswer(isBegun ? 202 : 200, {
    ...(object.storageClass === 'Archive' ? {} : { 'x-oss-object-restore-priority': tier }),
    ...versionHeader(context, named.object.versionId),
  });
}

function parseRequest(
  document: XmlElement | undefined,
  most: number,
): { days: number; tier: string } {
  if (document === undefined) return { days: 1, tier: 'Standard' };
  const days = childText(document, 'Days') ?? '1';
  const count = /^\d{1,4}$/.test(days) ? Number(days) : 0;
  if (count < 1 || count > most) throw malformedXml(`Days must be 1 to ${most}`);
  const parameters = onlyChild(document, 'JobParameters') ?? document;
  const tier = childText(parameters, 'Tier') ?? 'Standard';
  if (!tiers.includes(tier)) throw malformedXml(`Tier must be one of ${tiers.join(', ')}`);
  return { days: count, tier };
}
