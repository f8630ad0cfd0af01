/**
 * What lifecycle rules must not be, each for itself and beside each other, in the order of
 * oss-semantics.md 2.1. Where no code is published: `InvalidArgument` for values, `MalformedXML`
 * for what does not go together.
 */
import {
  type LifecycleDocument,
  type LifecycleExpiration,
  type LifecycleRule,
  storageLadder,
  type Tag,
} from '../../buckets/index.ts';
import { refine } from '../../errors/index.ts';
import { invalidArgument, malformedXml } from '../document.ts';
import { checkTextLength, invalidRequest } from './reading.ts';

const rulesMax = 1000;
const idBytesMax = 255;
const prefixBytesMax = 1023;
const tagKeyMax = 128;
const tagValueMax = 256;
const targets = storageLadder.slice(1);

export interface LifecycleSurroundings {
  /** `x-oss-allow-same-action-overlap` */
  readonly isOverlapAllowed: boolean;
  readonly isAccessMonitored: boolean;
}

/** @throws OssError InvalidArgument, InvalidRequest, MalformedXML. */
export function checkLifecycle({ rules }: LifecycleDocument, around: LifecycleSurroundings): void {
  if (rules.length === 0) throw malformedXml('LifecycleConfiguration needs a Rule');
  if (rules.length > rulesMax) {
    const message = `There cannot be more than ${rulesMax} lifecycle rules.`;
    throw invalidArgument('Rule', String(rules.length), message);
  }
  for (const rule of rules) checkRule(rule, around);
  if (new Set(rules.map(({ id }) => id)).size < rules.length) {
    throw invalidArgument('ID', '', 'Two lifecycle rules have the same ID.');
  }
  checkOverlaps(rules, around.isOverlapAllowed);
}

function checkRule(rule: LifecycleRule, { isAccessMonitored }: LifecycleSurroundings): void {
  checkTextLength('ID', rule.id, idBytesMax);
  checkTextLength('Prefix', rule.prefix, prefixBytesMax);
  if (actionsOf(rule).length === 0) throw malformedXml('a Rule needs an action');
  checkExpiration(rule);
  checkAbort(rule.abort);
  checkTransitions(rule);
  checkNoncurrent(rule);
  checkTags(rule.tags);
  checkFilter(rule);
  for (const terms of [...rule.transitions, ...rule.noncurrentTransitions]) {
    if (terms.isAccessTime && !isAccessMonitored) {
      throw malformedXml('IsAccessTime needs access tracking, which is disabled');
    }
    if (terms.returnsToStandard && !terms.isAccessTime) {
      throw malformedXml('ReturnToStdWhenVisit needs IsAccessTime');
    }
  }
}

function countOf(...values: readonly unknown[]): number {
  return values.filter((value) => value !== undefined).length;
}

function checkExpiration({ expiration, tags }: LifecycleRule): void {
  if (expiration === undefined) return;
  const { days, createdBefore, date, expiredMarker } = expiration;
  const moments = countOf(days, createdBefore, date);
  if (moments > 1) throw refine('lifecycleExpirationDoubled');
  if (!expiredMarker && moments === 0) throw refine('lifecycleExpirationEmpty');
  if (expiredMarker && (moments > 0 || tags.length > 0)) {
    throw malformedXml('ExpiredObjectDeleteMarker stands without days, dates and tags');
  }
}

function checkAbort(abort: LifecycleExpiration | undefined): void {
  if (abort === undefined) return;
  const { days, createdBefore, date } = abort;
  if (countOf(days, createdBefore, date) === 1) return;
  throw malformedXml('AbortMultipartUpload needs Days or CreatedBeforeDate');
}

function checkTransitions({ expiration, transitions }: LifecycleRule): void {
  for (const { days, createdBefore, storageClass } of transitions) {
    checkTarget(storageClass);
    if (countOf(days, createdBefore) > 1) throw refine('lifecycleTransitionDoubled');
    if (countOf(days, createdBefore) === 0) {
      throw malformedXml('Transition needs Days or CreatedBeforeDate');
    }
  }
  const moments = [expiration, ...transitions];
  const isByDays = moments.some((moment) => moment?.days !== undefined);
  const isByDate = moments.some((moment) => moment?.createdBefore !== undefined);
  if (isByDays && isByDate && transitions.length > 0) {
    const classes = transitions[0]?.storageClass;
    throw refine('lifecycleMixed', {
      message:
        'Found mixed CreatedBeforeDate and Days based Expiration and Transition for StorageClass ' +
        `${classes} actions`,
    });
  }
  const name = 'Transition';
  checkLadder({ name, unit: 'Days', last: 'Expiration' }, transitions, expiration?.days);
}

function checkNoncurrent({ noncurrentTransitions, noncurrentDays }: LifecycleRule): void {
  for (const { storageClass } of noncurrentTransitions) checkTarget(storageClass);
  checkLadder(
    {
      name: 'NoncurrentVersionTransition',
      unit: 'NoncurrentDays',
      last: 'NoncurrentVersionExpiration',
    },
    noncurrentTransitions,
    noncurrentDays,
  );
}

function checkTarget(storageClass: string): void {
  if (targets.includes(storageClass)) return;
  throw invalidArgument('StorageClass', storageClass.slice(0, 100), 'Invalid StorageClass');
}

/** The colder the later, and deletion last. */
function checkLadder(
  { name, unit, last }: { name: string; unit: string; last: string },
  transitions: readonly { storageClass: string; days?: number | undefined }[],
  expirationDays: number | undefined,
): void {
  const steps = transitions
    .map(({ storageClass, days }) => ({
      what: `${name} action for StorageClass ${storageClass}`,
      rank: storageLadder.indexOf(storageClass),
      days,
    }))
    .sort((a, b) => a.rank - b.rank);
  const all = [...steps, { what: `${last} action`, days: expirationDays }];
  let before: { what: string; days: number } | undefined;
  for (const { what, days } of all) {
    if (days === undefined) continue;
    if (before !== undefined && days <= before.days) {
      const message = `${unit} in the ${what} must be more than the ${before.what}`;
      throw invalidArgument(unit, String(days), message);
    }
    before = { what, days };
  }
}

function checkTags(tags: readonly Tag[]): void {
  for (const { key, value } of tags) {
    const isLegal = /^[\p{L}\p{N} +\-=._:/]*$/u.test(key + value);
    if (key === '' || key.length > tagKeyMax || value.length > tagValueMax || !isLegal) {
      throw malformedXml('a Tag is invalid');
    }
  }
  if (new Set(tags.map(({ key }) => key)).size < tags.length) {
    throw malformedXml('two Tags have the same Key');
  }
}

function checkFilter(rule: LifecycleRule): void {
  const { filter } = rule;
  if (filter === undefined) return;
  const { not, sizeAbove, sizeBelow } = filter;
  if (sizeAbove !== undefined && sizeBelow !== undefined && sizeAbove > sizeBelow) {
    throw refine('lifecycleSizes');
  }
  const isOfSize = sizeAbove !== undefined || sizeBelow !== undefined;
  const terms = [...rule.transitions, ...rule.noncurrentTransitions];
  if (isOfSize && terms.some(({ allowsSmallFiles }) => allowsSmallFiles !== undefined)) {
    throw malformedXml('a filter by size excludes AllowSmallFile');
  }
  if (not === undefined) return;
  if (rule.abort !== undefined) throw malformedXml('Not excludes AbortMultipartUpload');
  if (not.tag !== undefined) checkTags([not.tag]);
  if (!not.prefix.startsWith(rule.prefix)) {
    throw invalidArgument(
      'Prefix',
      not.prefix,
      'The Prefix of Not must begin with that of the rule.',
    );
  }
  if (not.prefix === rule.prefix && not.tag === undefined) {
    throw invalidArgument(
      'Prefix',
      not.prefix,
      'The Prefix of Not must differ from that of the rule.',
    );
  }
}

type Action =
  | 'Expiration'
  | 'Transition'
  | 'AbortMultipartUpload'
  | 'NoncurrentVersionExpiration'
  | 'NoncurrentVersionTransition';

function actionsOf(rule: LifecycleRule): Action[] {
  const is: readonly (readonly [Action, boolean])[] = [
    ['Expiration', rule.expiration !== undefined],
    ['Transition', rule.transitions.length > 0],
    ['AbortMultipartUpload', rule.abort !== undefined],
    ['NoncurrentVersionExpiration', rule.noncurrentDays !== undefined],
    ['NoncurrentVersionTransition', rule.noncurrentTransitions.length > 0],
  ];
  return is.filter(([, isThere]) => isThere).map(([action]) => action);
}

/**
 * Prefixes overlap when one begins with the other; other tags are other objects, except that
 * uploads have none.
 */
function checkOverlaps(rules: readonly LifecycleRule[], isAllowed: boolean): void {
  const known = rules.map((rule) => ({
    prefix: rule.prefix,
    actions: actionsOf(rule),
    tags: rule.tags
      .map(({ key, value }) => JSON.stringify([key, value]))
      .sort()
      .join(),
  }));
  known.forEach((one, index) => {
    for (const other of known.slice(index + 1)) {
      if (!one.prefix.startsWith(other.prefix) && !other.prefix.startsWith(one.prefix)) continue;
      const action = one.actions.find((name) => {
        if (!other.actions.includes(name)) return false;
        return name === 'AbortMultipartUpload' || (!isAllowed && one.tags === other.tags);
      });
      if (action !== undefined) throw invalidRequest(`Overlap for same action type ${action}`);
    }
  });
}
