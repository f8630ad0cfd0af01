/**
 * Conditions on an object's ETag and time, for reads and for the source of a copy
 * (oss-object-api.md GetObject, oss-semantics.md 7.8). Pure.
 */

/** Values as the client sent them; absent ones hold. */
export interface Conditions {
  readonly ifMatch?: string | undefined;
  readonly ifNoneMatch?: string | undefined;
  readonly ifModifiedSince?: string | undefined;
  readonly ifUnmodifiedSince?: string | undefined;
}

export type ConditionVerdict =
  | { readonly verdict: 'holds' }
  | { readonly verdict: 'not-modified' }
  /** `condition` names the one that failed, for the error document. */
  | { readonly verdict: 'failed'; readonly condition: 'If-Match' | 'If-Unmodified-Since' };

/** `modifiedAt` in ms; compared in whole seconds, as HTTP dates have no more. */
export interface Validators {
  readonly etag: string;
  readonly modifiedAt: number;
}

/**
 * Order of RFC 9110 section 13.2.2. The service documents no condition that disables another, so
 * each one sent is looked at (oss-semantics.md 7.8). Dates that cannot be read are ignored.
 */
export function checkConditions(conditions: Conditions, object: Validators): ConditionVerdict {
  const modified = Math.floor(object.modifiedAt / 1000);
  if (conditions.ifMatch !== undefined && !isEtagMatched(conditions.ifMatch, object.etag)) {
    return { verdict: 'failed', condition: 'If-Match' };
  }
  const unmodifiedSince = parseHttpDate(conditions.ifUnmodifiedSince);
  if (unmodifiedSince !== undefined && modified > unmodifiedSince) {
    return { verdict: 'failed', condition: 'If-Unmodified-Since' };
  }
  if (conditions.ifNoneMatch !== undefined && isEtagMatched(conditions.ifNoneMatch, object.etag)) {
    return { verdict: 'not-modified' };
  }
  const modifiedSince = parseHttpDate(conditions.ifModifiedSince);
  if (modifiedSince !== undefined && modified <= modifiedSince) return { verdict: 'not-modified' };
  return { verdict: 'holds' };
}

/**
 * If-Range (RFC 9110 section 13.1.5): the range counts only for the representation the client has
 * part of, named by its ETag or by exactly its date.
 */
export function isRangeWanted(ifRange: string | undefined, object: Validators): boolean {
  if (ifRange === undefined) return true;
  const date = parseHttpDate(ifRange);
  if (date !== undefined) return date === Math.floor(object.modifiedAt / 1000);
  return isEtagMatched(ifRange, object.etag);
}

/**
 * One ETag, quotes optional, any letter case, `*` for any; lists are not known to the service
 * (oss-semantics.md 7.8). `W/` is dropped: caches on the way may have weakened what we sent.
 */
function isEtagMatched(given: string, etag: string): boolean {
  const text = given.trim();
  if (text === '*') return true;
  const bare = text.replace(/^W\//, '').replace(/^"(.*)"$/, '$1');
  return bare.toUpperCase() === etag.toUpperCase();
}

const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** The three forms of RFC 9110 section 5.6.7; the name of the weekday is not checked. */
const imfDate = /^[A-Za-z]{3}, (\d{1,2}) ([A-Za-z]{3}) (\d{4}) (\d\d):(\d\d):(\d\d) (?:GMT|UTC)$/;
const rfc850Date = /^[A-Za-z]{6,9}, (\d\d)-([A-Za-z]{3})-(\d\d) (\d\d):(\d\d):(\d\d) (?:GMT|UTC)$/;
const asctimeDate = /^[A-Za-z]{3} ([A-Za-z]{3}) ([ \d]\d) (\d\d):(\d\d):(\d\d) (\d{4})$/;

/** Two-digit years below this are of this century; an RFC 850 date can only lie in the past. */
const rfc850Pivot = 70;

/** Seconds since 1970; `undefined` for anything that is no date. */
export function parseHttpDate(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const trimmed = text.trim();
  const imf = imfDate.exec(trimmed);
  if (imf) return toSeconds(imf[3], imf[2], imf[1], imf.slice(4, 7));
  const rfc850 = rfc850Date.exec(trimmed);
  if (rfc850) {
    const year = Number(rfc850[3]);
    const fullYear = year + (year < rfc850Pivot ? 2000 : 1900);
    return toSeconds(String(fullYear), rfc850[2], rfc850[1], rfc850.slice(4, 7));
  }
  const asctime = asctimeDate.exec(trimmed);
  if (asctime) return toSeconds(asctime[6], asctime[1], asctime[2], asctime.slice(3, 6));
  return undefined;
}

function toSeconds(
  year: string | undefined,
  month: string | undefined,
  day: string | undefined,
  time: readonly string[],
): number | undefined {
  const monthIndex = months.findIndex((name) => name.toLowerCase() === month?.toLowerCase());
  const [hour, minute, second] = time.map(Number);
  const parts = [
    Number(year),
    monthIndex,
    Number(day),
    hour ?? 0,
    minute ?? 0,
    second ?? 0,
  ] as const;
  const [, , dayOfMonth, hours, minutes, seconds] = parts;
  if (monthIndex < 0 || dayOfMonth < 1 || dayOfMonth > 31) return undefined;
  if (hours > 23 || minutes > 59 || seconds > 60) return undefined;
  return Math.floor(Date.UTC(...parts) / 1000);
}
