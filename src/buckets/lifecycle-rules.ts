/**
 * What the lifecycle rules of a bucket ask for, as pure functions of the rules, what is known of an
 * object, and the time (oss-semantics.md 2.2 and 2.3). Nothing is deleted here.
 */
import type { StoredObject } from '../stores/index.ts';
import type { Tag } from './configurations.ts';

/** When a rule acts; dates are kept as they were put, `yyyy-MM-ddTHH:mm:ss.SSSZ`. */
interface Moment {
  readonly days?: number | undefined;
  readonly createdBefore?: string | undefined;
}

export interface LifecycleExpiration extends Moment {
  /** An older spelling of `createdBefore`. */
  readonly date?: string | undefined;
  readonly expiredMarker?: boolean | undefined;
}

interface AccessTerms {
  readonly isAccessTime?: boolean | undefined;
  readonly returnsToStandard?: boolean | undefined;
  readonly allowsSmallFiles?: boolean | undefined;
}

export interface LifecycleTransition extends Moment, AccessTerms {
  readonly storageClass: string;
}

export interface NoncurrentTransition extends AccessTerms {
  readonly days: number;
  readonly storageClass: string;
}

export interface LifecycleFilter {
  readonly sizeAbove?: number | undefined;
  readonly sizeBelow?: number | undefined;
  readonly not?: { readonly prefix: string; readonly tag?: Tag | undefined } | undefined;
}

export interface LifecycleRule {
  readonly id: string;
  /** Empty: the whole bucket. */
  readonly prefix: string;
  readonly isEnabled: boolean;
  readonly tags: readonly Tag[];
  readonly filter?: LifecycleFilter | undefined;
  readonly expiration?: LifecycleExpiration | undefined;
  readonly transitions: readonly LifecycleTransition[];
  readonly abort?: LifecycleExpiration | undefined;
  readonly noncurrentDays?: number | undefined;
  readonly noncurrentTransitions: readonly NoncurrentTransition[];
  readonly accessTimeBase?: number | undefined;
}

export interface LifecycleDocument {
  /** In the order they were put. */
  readonly rules: readonly LifecycleRule[];
}

/** One version of an object. */
export interface LifecycleFacts {
  readonly key: string;
  readonly size: number;
  readonly tags: readonly Tag[];
  readonly type: string;
  readonly storageClass: string;
  readonly modifiedAt: number;
  /** When the version after it was made; `undefined` for the current one. */
  readonly noncurrentSince?: number | undefined;
  readonly isDeleteMarker: boolean;
  /** The key has no other version. */
  readonly isOnlyVersion: boolean;
  readonly accessedAt?: number | undefined;
}

/** Of an object that is the newest of its key. */
export function factsOf(key: string, object: StoredObject): LifecycleFacts {
  const { size, type, storageClass, modifiedAt, extras } = object;
  return {
    key,
    size,
    tags: (extras.tags ?? []).map(([name, value]) => ({ key: name, value })),
    type,
    storageClass,
    modifiedAt,
    isDeleteMarker: false,
    isOnlyVersion: false,
  };
}

/** Of a delete marker that hides nothing any more. */
export function markerFacts(key: string, modifiedAt: number): LifecycleFacts {
  const nothing = { size: 0, tags: [], type: '', storageClass: '' };
  return { key, ...nothing, modifiedAt, isDeleteMarker: true, isOnlyVersion: true };
}

export interface DueAction {
  /**
   * `expire`: as a DeleteObject without a version. `remove`: this version, for good; so is a marker
   * that hides nothing any more. `transition`: another storage class, nothing else changes.
   */
  readonly kind: 'expire' | 'remove' | 'transition';
  readonly ruleId: string;
  readonly dueAt: number;
  /** Of a transition. */
  readonly storageClass?: string;
}

const dayMs = 24 * 60 * 60 * 1000;
const smallFileBytes = 64 * 1024;

/** From warm to cold; a transition only goes down. */
export const storageLadder: readonly string[] = [
  'Standard',
  'IA',
  'Archive',
  'ColdArchive',
  'DeepColdArchive',
];
const coldArchiveRank = storageLadder.indexOf('ColdArchive');

/** The time rounded up to the next 00:00 UTC, and so many days. */
export function dueAfter(since: number, days: number): number {
  return Math.ceil(since / dayMs) * dayMs + days * dayMs;
}

/**
 * When a rule acts on what was made then; `undefined`: never. A date in the future is waited for,
 * as `x-oss-expiration` announces it.
 */
function dueOf(moment: LifecycleExpiration, since: number): number | undefined {
  if (moment.days !== undefined) return dueAfter(since, moment.days);
  const text = moment.createdBefore ?? moment.date;
  if (text === undefined) return undefined;
  const date = Date.parse(text);
  return since < date ? date : undefined;
}

function hasTag(tags: readonly Tag[], { key, value }: Tag): boolean {
  return tags.some((tag) => tag.key === key && tag.value === value);
}

/** A marker has neither size nor tags: what speaks of them does not speak of it. */
function isMatched(rule: LifecycleRule, facts: LifecycleFacts): boolean {
  const { isEnabled, prefix, tags, filter } = rule;
  if (!isEnabled || !facts.key.startsWith(prefix)) return false;
  const { not, sizeAbove, sizeBelow } = filter ?? {};
  if (facts.isDeleteMarker) {
    const isNot = not !== undefined && not.tag === undefined && facts.key.startsWith(not.prefix);
    const isOfSize = sizeAbove !== undefined || sizeBelow !== undefined;
    return tags.length === 0 && !isOfSize && !isNot;
  }
  if (!tags.every((tag) => hasTag(facts.tags, tag))) return false;
  if (sizeAbove !== undefined && facts.size <= sizeAbove) return false;
  if (sizeBelow !== undefined && facts.size >= sizeBelow) return false;
  if (not === undefined || !facts.key.startsWith(not.prefix)) return true;
  return not.tag !== undefined && !hasTag(facts.tags, not.tag);
}

/**
 * Everything that is due, the most pressing first: the earliest, and on one day deletion before the
 * coldest class. Whoever acts takes the first, and asks again for what is left.
 */
export function dueActions(
  rules: readonly LifecycleRule[],
  facts: LifecycleFacts,
  now: number,
): DueAction[] {
  return rules
    .filter((rule) => isMatched(rule, facts))
    .flatMap((rule) => actionsOf(rule, facts))
    .filter(({ dueAt }) => dueAt <= now)
    .sort((a, b) => a.dueAt - b.dueAt || urgencyOf(b) - urgencyOf(a));
}

function urgencyOf({ storageClass }: DueAction): number {
  return storageClass === undefined ? storageLadder.length : storageLadder.indexOf(storageClass);
}

function actionsOf(rule: LifecycleRule, facts: LifecycleFacts): DueAction[] {
  const action = (
    kind: DueAction['kind'],
    dueAt: number | undefined,
    storageClass?: string,
  ): DueAction[] => {
    if (dueAt === undefined) return [];
    const due = { kind, ruleId: rule.id, dueAt };
    return [storageClass === undefined ? due : { ...due, storageClass }];
  };
  const { noncurrentSince } = facts;
  if (noncurrentSince !== undefined) {
    const { noncurrentDays } = rule;
    const dueAt =
      noncurrentDays === undefined ? undefined : dueAfter(noncurrentSince, noncurrentDays);
    const transitions = rule.noncurrentTransitions.filter((one) => isPossible(one, facts));
    return [
      ...action('remove', dueAt),
      ...transitions.flatMap((one) =>
        action('transition', dueByTerms(one, noncurrentSince, facts), one.storageClass),
      ),
    ];
  }
  if (facts.isDeleteMarker) {
    const isDue = rule.expiration?.expiredMarker === true && facts.isOnlyVersion;
    return isDue ? action('remove', facts.modifiedAt) : [];
  }
  const transitions = rule.transitions.filter((one) => isPossible(one, facts));
  return [
    ...action('expire', rule.expiration && dueOf(rule.expiration, facts.modifiedAt)),
    ...transitions.flatMap((one) =>
      action('transition', dueByTerms(one, facts.modifiedAt, facts), one.storageClass),
    ),
  ];
}

/** By the last access, where it is known, when the rule says so. */
function dueByTerms(
  transition: Moment & AccessTerms,
  since: number,
  { accessedAt }: LifecycleFacts,
): number | undefined {
  if (!transition.isAccessTime) return dueOf(transition, since);
  return accessedAt === undefined ? undefined : dueOf(transition, accessedAt);
}

function isPossible(
  { storageClass, isAccessTime, allowsSmallFiles }: AccessTerms & { storageClass: string },
  facts: LifecycleFacts,
): boolean {
  const rank = storageLadder.indexOf(storageClass);
  if (facts.isDeleteMarker || facts.type === 'Symlink') return false;
  if (rank <= storageLadder.indexOf(facts.storageClass)) return false;
  if (facts.type === 'Appendable' && rank >= coldArchiveRank) return false;
  return !isAccessTime || allowsSmallFiles === true || facts.size >= smallFileBytes;
}

/** When an unfinished upload is given up, at the earliest; tags and sizes do not count here. */
export function uploadExpiry(
  rules: readonly LifecycleRule[],
  upload: { readonly key: string; readonly initiatedAt: number },
): { readonly dueAt: number; readonly ruleId: string } | undefined {
  return earliest(
    rules
      .filter(({ isEnabled, prefix }) => isEnabled && upload.key.startsWith(prefix))
      .map(({ id, abort }) => ({ id, dueAt: abort && dueOf(abort, upload.initiatedAt) })),
  );
}

/** When a deletion awaits a current object, at the earliest. */
export function expirationOf(
  rules: readonly LifecycleRule[],
  facts: LifecycleFacts,
): { readonly dueAt: number; readonly ruleId: string } | undefined {
  return earliest(
    rules
      .filter((rule) => isMatched(rule, facts))
      .map(({ id, expiration }) => ({
        id,
        dueAt: expiration && dueOf(expiration, facts.modifiedAt),
      })),
  );
}

function earliest(
  dues: readonly { readonly id: string; readonly dueAt: number | undefined }[],
): { readonly dueAt: number; readonly ruleId: string } | undefined {
  let found: { dueAt: number; ruleId: string } | undefined;
  for (const { id, dueAt } of dues) {
    if (dueAt === undefined || (found !== undefined && found.dueAt <= dueAt)) continue;
    found = { dueAt, ruleId: id };
  }
  return found;
}

/** The header `x-oss-expiration` of a GET or HEAD; `undefined` when no deletion awaits. */
export function expirationHeader(
  rules: readonly LifecycleRule[],
  facts: LifecycleFacts,
): string | undefined {
  const found = expirationOf(rules, facts);
  if (found === undefined) return undefined;
  const isPlain = /^[\x20\x21\x23-\x7e]*$/.test(found.ruleId);
  const ruleId = isPlain ? found.ruleId : encodeURIComponent(found.ruleId.toWellFormed());
  return `expiry-date="${new Date(found.dueAt).toUTCString()}", rule-id="${ruleId}"`;
}
