/**
 * The routing rules of a website: which one a request falls under, and what it makes of the key
 * (oss-semantics.md 4.3). Rules only.
 */
import { type KeptElement, readMirrorRule } from './mirror-rules.ts';

export interface RoutingRule {
  /** Positive and unique: the lowest that matches counts. */
  readonly number: number;
  readonly condition: RoutingCondition;
  readonly redirect?: RoutingRedirect | undefined;
  /** Elements of the rule that mean nothing here, to be shown again. */
  readonly others: readonly KeptElement[];
}

/** All that is given must hold; nothing given holds for everything. */
export interface RoutingCondition {
  readonly keyPrefix?: string | undefined;
  readonly keySuffix?: string | undefined;
  /** The status that would be sent; without one the rule counts before anything is looked up. */
  readonly status?: number | undefined;
  readonly headers: readonly IncludedHeader[];
}

/** A header the request must have; its value may be asked about too. */
export interface IncludedHeader {
  readonly key: string;
  readonly equals?: string | undefined;
  readonly startsWith?: string | undefined;
  readonly endsWith?: string | undefined;
}

export interface RoutingRedirect {
  readonly type: 'External' | 'AliCDN' | 'Internal' | 'Mirror';
  readonly protocol?: 'http' | 'https' | undefined;
  readonly hostName?: string | undefined;
  readonly code?: number | undefined;
  /** The whole new key, in which `${key}` is the old one. */
  readonly replaceKeyWith?: string | undefined;
  /** Stands for the prefix of the condition; without one it is put in front. */
  readonly replaceKeyPrefixWith?: string | undefined;
  readonly enableReplacePrefix?: boolean | undefined;
  readonly passQueryString?: boolean | undefined;
  /** Further elements, to be shown again: all about mirroring (mirror-rules.ts). */
  readonly others: readonly KeptElement[];
}

// biome-ignore lint/suspicious/noTemplateCurlyInString: so it is written in documents
const keyVariable = '${key}';

/** What a rule looks at. */
export interface AskedPage {
  /** Empty for the root. */
  readonly key: string;
  /** By lower-case name, values as byte strings. */
  readonly headers: Readonly<Record<string, string>>;
  /** The request as one that may be mirrored; `undefined`: rules that mirror are passed over. */
  readonly mirrored?: 'GET' | 'HEAD' | undefined;
}

/** A rule that can be followed, and where it leads. */
export interface FollowedRule {
  readonly redirect: RoutingRedirect;
  readonly key: string;
}

/**
 * The rule for a request that is to be answered with `status`; `undefined` before that is known.
 * Rules that run a script are passed over, and those that mirror where this request may not.
 */
export function findRoutingRule(
  rules: readonly RoutingRule[],
  asked: AskedPage,
  status: number | undefined,
): FollowedRule | undefined {
  let found: RoutingRule | undefined;
  for (const rule of rules) {
    if (found !== undefined && found.number < rule.number) continue;
    if (isFollowed(rule, asked) && isMet(rule.condition, asked, status)) found = rule;
  }
  if (found?.redirect === undefined) return undefined;
  return { redirect: found.redirect, key: rewriteKey(found.condition, found.redirect, asked.key) };
}

function isFollowed({ redirect, others }: RoutingRule, { mirrored }: AskedPage): boolean {
  if (redirect === undefined || others.some(({ name }) => name === 'LuaConfig')) return false;
  if (redirect.type !== 'Mirror') return true;
  if (mirrored === undefined) return false;
  const mirror = readMirrorRule(redirect);
  return mirror !== undefined && (mirrored === 'GET' || mirror.isHeadAllowed);
}

function isMet(
  condition: RoutingCondition,
  { key, headers }: AskedPage,
  status: number | undefined,
): boolean {
  return (
    condition.status === status &&
    key.startsWith(condition.keyPrefix ?? '') &&
    key.endsWith(condition.keySuffix ?? '') &&
    condition.headers.every((header) => isIncluded(header, headers))
  );
}

function isIncluded(
  { key, equals, startsWith, endsWith }: IncludedHeader,
  headers: AskedPage['headers'],
): boolean {
  const value = headers[key.toLowerCase()];
  if (value === undefined) return false;
  return (
    (equals === undefined || value === toBytes(equals)) &&
    (startsWith === undefined || value.startsWith(toBytes(startsWith))) &&
    (endsWith === undefined || value.endsWith(toBytes(endsWith)))
  );
}

function toBytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

function rewriteKey(condition: RoutingCondition, redirect: RoutingRedirect, key: string): string {
  const { replaceKeyWith, replaceKeyPrefixWith, enableReplacePrefix } = redirect;
  if (replaceKeyWith !== undefined) return replaceKeyWith.replaceAll(keyVariable, () => key);
  const prefix = replaceKeyPrefixWith ?? (enableReplacePrefix ? '' : undefined);
  return prefix === undefined ? key : prefix + key.slice((condition.keyPrefix ?? '').length);
}
