import { OssError } from '../errors/index.ts';
import type { Instant } from '../world/index.ts';
import { isoDate } from './refusals.ts';

/** How far a client's clock may be off, both ways (oss-signature.md 2). */
export const skewMaxMs = 15 * 60 * 1000;

/** Clients correct their clock by ServerTime, or by the answer's Date header. */
export function checkSkew(requestTime: Instant, now: Instant): void {
  if (Math.abs(now - requestTime) <= skewMaxMs) return;
  throw new OssError('RequestTimeTooSkewed', {
    fields: {
      RequestTime: isoDate(requestTime),
      ServerTime: isoDate(now),
      MaxAllowedSkewMilliseconds: String(skewMaxMs),
    },
  });
}
