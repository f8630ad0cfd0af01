/**
 * Hot-link protection: whether a request may come from where its Referer says (oss-semantics.md 5;
 * https://www.alibabacloud.com/help/en/oss/user-guide/hotlink-protection). Rules only.
 */

export interface RefererDocument {
  /** Whether a request without Referer is served; without a whitelist it always is. */
  readonly allowEmpty: boolean;
  /** Whether the query of a Referer is cut off before it is compared. */
  readonly allowTruncateQueryString: boolean;
  /** Whether path and query are. */
  readonly truncatePath: boolean;
  readonly whitelist: readonly string[];
  readonly blacklist: readonly string[];
}

export const refererByDefault: RefererDocument = {
  allowEmpty: true,
  allowTruncateQueryString: true,
  truncatePath: false,
  whitelist: [],
  blacklist: [],
};

/** What follows is not looked at, so that no pattern can be made expensive. */
const refererMax = 2048;

/** `referer` is the header as received, a byte string; a missing one and an empty one are one. */
export function isRefererAllowed(document: RefererDocument, referer: string | undefined): boolean {
  const { allowEmpty, whitelist, blacklist } = document;
  if (!referer) return allowEmpty || whitelist.length === 0;
  const text = readReferer(document, referer.slice(0, refererMax));
  if (blacklist.some((pattern) => isPrefixLike(pattern, text))) return false;
  return whitelist.length === 0 || whitelist.some((pattern) => isPrefixLike(pattern, text));
}

/** A Referer as far as it is compared: letter case counts from `pathStart` to `queryStart` only. */
interface Referer {
  readonly text: string;
  readonly pathStart: number;
  readonly queryStart: number;
}

function readReferer(document: RefererDocument, referer: string): Referer {
  const { allowTruncateQueryString, truncatePath } = document;
  const scheme = referer.indexOf('://');
  const slash = referer.slice(scheme === -1 ? 0 : scheme + 3).search(/[/?]/);
  const pathStart = slash === -1 ? referer.length : slash + (scheme === -1 ? 0 : scheme + 3);
  if (truncatePath) {
    return { text: referer.slice(0, pathStart), pathStart, queryStart: pathStart };
  }
  const mark = referer.indexOf('?', pathStart);
  const queryStart = mark === -1 ? referer.length : mark;
  const text = allowTruncateQueryString ? referer.slice(0, queryStart) : referer;
  return { text, pathStart, queryStart };
}

/**
 * Whether the Referer begins with what the pattern says: `*` stands for any run of characters, `?`
 * for exactly one. Going back to the last `*` is enough, since what comes after is open; and not
 * when the text has ended, since a later start leaves less of it.
 */
function isPrefixLike(wanted: string, referer: Referer): boolean {
  const { text } = referer;
  // Both sides as the bytes they are on the wire.
  const pattern = Buffer.from(wanted, 'utf8').toString('latin1');
  let at = 0;
  let index = 0;
  let star = -1;
  let starAt = 0;
  while (index < pattern.length) {
    if (pattern[index] === '*') {
      star = index++;
      starAt = at;
    } else if (at < text.length && isCharacter(pattern.charCodeAt(index), at, referer)) {
      index++;
      at++;
    } else if (star !== -1 && at < text.length) {
      index = star + 1;
      at = ++starAt;
    } else {
      return false;
    }
  }
  return true;
}

const questionMark = 0x3f;

function isCharacter(wanted: number, at: number, referer: Referer): boolean {
  const found = referer.text.charCodeAt(at);
  if (wanted === found || wanted === questionMark) return true;
  const isCaseKept = at >= referer.pathStart && at < referer.queryStart;
  return !isCaseKept && lowerCase(wanted) === lowerCase(found);
}

/** Of ASCII letters: the others are bytes of something longer. */
function lowerCase(code: number): number {
  return code >= 0x41 && code <= 0x5a ? code + 0x20 : code;
}
