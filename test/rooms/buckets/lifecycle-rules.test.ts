/** What lifecycle rules ask for, and when (oss-semantics.md 2.2 and 2.3). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  dueActions,
  expirationHeader,
  expirationOf,
  type LifecycleFacts,
  type LifecycleRule,
  uploadExpiry,
} from '../../../src/buckets/index.ts';

const day = 86_400_000;
const noon = Date.UTC(2026, 6, 20, 12);
/** The midnight after it. */
const midnight = Date.UTC(2026, 6, 21);

const rule = (more: Partial<LifecycleRule>): LifecycleRule => ({
  id: 'r',
  prefix: '',
  isEnabled: true,
  tags: [],
  transitions: [],
  noncurrentTransitions: [],
  ...more,
});

const object = (more: Partial<LifecycleFacts> = {}): LifecycleFacts => ({
  key: 'log/a.txt',
  size: 100_000,
  tags: [{ key: 'k', value: '1' }],
  type: 'Normal',
  storageClass: 'Standard',
  modifiedAt: noon,
  isDeleteMarker: false,
  isOnlyVersion: true,
  ...more,
});

const expire = (days: number, more: Partial<LifecycleRule> = {}) =>
  rule({ expiration: { days }, ...more });

/** What is due, as words: `kind class @days after that midnight`. */
function said(rules: LifecycleRule[], facts: LifecycleFacts, now = Number.MAX_SAFE_INTEGER) {
  return dueActions(rules, facts, now).map(({ kind, dueAt, storageClass }) =>
    [kind, storageClass, `@${(dueAt - midnight) / day}`].filter((word) => word).join(' '),
  );
}

const to = (storageClass: string, days: number, more = {}) => ({ storageClass, days, ...more });
const marker = { isDeleteMarker: true, tags: [], size: 0 };

/** name, rules, facts, what is due */
const table: [string, LifecycleRule[], LifecycleFacts, string[]][] = [
  ['days count from the next midnight', [expire(1)], object(), ['expire @1']],
  ['midnight itself is not rounded', [expire(1)], object({ modifiedAt: midnight }), ['expire @1']],
  ['a moment later is', [expire(1)], object({ modifiedAt: midnight + 1 }), ['expire @2']],
  ['a disabled rule', [expire(1, { isEnabled: false })], object(), []],
  ['the prefix', [expire(1, { prefix: 'log/' })], object(), ['expire @1']],
  ['another prefix, by letter case', [expire(1, { prefix: 'Log/' })], object(), []],
  ['its tags', [expire(1, { tags: [{ key: 'k', value: '1' }] })], object(), ['expire @1']],
  ['another value', [expire(1, { tags: [{ key: 'k', value: '2' }] })], object(), []],
  [
    'all tags',
    [
      expire(1, {
        tags: [
          { key: 'k', value: '1' },
          { key: 'l', value: '1' },
        ],
      }),
    ],
    object(),
    [],
  ],
  ['larger than', [expire(1, { filter: { sizeAbove: 99_999 } })], object(), ['expire @1']],
  ['not larger than', [expire(1, { filter: { sizeAbove: 100_000 } })], object(), []],
  ['not smaller than', [expire(1, { filter: { sizeBelow: 100_000 } })], object(), []],
  ['not those', [expire(1, { filter: { not: { prefix: 'log/a' } } })], object(), []],
  [
    'not those of a tag',
    [expire(1, { filter: { not: { prefix: 'log/', tag: { key: 'k', value: '1' } } } })],
    object(),
    [],
  ],
  [
    'those without the tag',
    [expire(1, { filter: { not: { prefix: 'log/', tag: { key: 'k', value: '2' } } } })],
    object(),
    ['expire @1'],
  ],
  [
    'before a date',
    [rule({ expiration: { createdBefore: '2026-07-23T00:00:00.000Z' } })],
    object(),
    ['expire @2'],
  ],
  [
    'not before a date',
    [rule({ expiration: { createdBefore: '2026-07-20T00:00:00.000Z' } })],
    object(),
    [],
  ],
  [
    'the old spelling of a date',
    [rule({ expiration: { date: '2026-07-23T00:00:00.000Z' } })],
    object(),
    ['expire @2'],
  ],
  ['the earliest first', [expire(9), expire(3)], object(), ['expire @3', 'expire @9']],
  [
    'on one day deletion, then the coldest',
    [rule({ transitions: [to('IA', 3), to('Archive', 3)] }), expire(3)],
    object(),
    ['expire @3', 'transition Archive @3', 'transition IA @3'],
  ],
  [
    'only downwards',
    [rule({ transitions: [to('IA', 3), to('Archive', 4), to('ColdArchive', 5)] })],
    object({ storageClass: 'Archive' }),
    ['transition ColdArchive @5'],
  ],
  ['symlinks stay', [rule({ transitions: [to('IA', 3)] })], object({ type: 'Symlink' }), []],
  [
    'appendables do not become cold',
    [rule({ transitions: [to('Archive', 3), to('ColdArchive', 5)] })],
    object({ type: 'Appendable' }),
    ['transition Archive @3'],
  ],
  [
    'by the last access',
    [rule({ transitions: [to('IA', 3, { isAccessTime: true })] })],
    object({ accessedAt: noon + day }),
    ['transition IA @4'],
  ],
  [
    'by a last access nobody knows',
    [rule({ transitions: [to('IA', 3, { isAccessTime: true })] })],
    object(),
    [],
  ],
  [
    'small files by the last access',
    [rule({ transitions: [to('IA', 3, { isAccessTime: true })] })],
    object({ accessedAt: noon, size: 65_535 }),
    [],
  ],
  [
    'small files when they are allowed',
    [rule({ transitions: [to('IA', 3, { isAccessTime: true, allowsSmallFiles: true })] })],
    object({ accessedAt: noon, size: 1 }),
    ['transition IA @3'],
  ],
  [
    'a version that is not current any more',
    [expire(1, { noncurrentDays: 2, noncurrentTransitions: [to('IA', 1)] })],
    object({ noncurrentSince: noon + day }),
    ['transition IA @2', 'remove @3'],
  ],
  [
    'a marker that is not current any more',
    [rule({ noncurrentDays: 2, noncurrentTransitions: [to('IA', 1)] })],
    object({ ...marker, noncurrentSince: noon }),
    ['remove @2'],
  ],
  ['a marker is not expired', [expire(1)], object(marker), []],
  [
    'a marker that hides nothing',
    [rule({ expiration: { expiredMarker: true } })],
    object(marker),
    ['remove @-0.5'],
  ],
  [
    'a marker that hides a version',
    [rule({ expiration: { expiredMarker: true } })],
    object({ ...marker, isOnlyVersion: false }),
    [],
  ],
  [
    'a marker has no size',
    [rule({ expiration: { expiredMarker: true }, filter: { sizeBelow: 9 } })],
    object(marker),
    [],
  ],
  [
    'a marker below what is excepted',
    [rule({ expiration: { expiredMarker: true }, filter: { not: { prefix: 'log/a' } } })],
    object(marker),
    [],
  ],
  [
    'a rule for markers deletes no object',
    [rule({ expiration: { expiredMarker: true } })],
    object(),
    [],
  ],
];

for (const [name, rules, facts, expected] of table) {
  test(name, () => assert.deepEqual(said(rules, facts), expected));
}

test('nothing is done before it is due', () => {
  assert.deepEqual(said([expire(1)], object(), midnight + day - 1), []);
  assert.deepEqual(said([expire(1)], object(), midnight + day), ['expire @1']);
});

test('an upload is given up by prefix and by the earliest rule', () => {
  const abort = (days: number, prefix: string) => rule({ id: prefix, prefix, abort: { days } });
  const tagged = { ...abort(2, 'log/'), tags: [{ key: 'k', value: 'v' }] };
  const rules = [abort(9, ''), tagged, abort(1, 'other/'), expire(1)];
  const upload = { key: 'log/a', initiatedAt: noon };
  assert.deepEqual(uploadExpiry(rules, upload), { dueAt: midnight + 2 * day, ruleId: 'log/' });
  assert.equal(uploadExpiry([expire(1)], upload), undefined);
});

test('the header names the earliest deletion and its rule', () => {
  const rules = [expire(9), expire(3, { id: 'soon' }), rule({ transitions: [to('IA', 1)] })];
  const header = 'expiry-date="Fri, 24 Jul 2026 00:00:00 GMT", rule-id="soon"';
  assert.equal(expirationHeader(rules, object()), header);
  assert.deepEqual(expirationOf(rules, object()), { dueAt: midnight + 3 * day, ruleId: 'soon' });
  assert.equal(expirationHeader([rule({ transitions: [to('IA', 1)] })], object()), undefined);
  const strange = expirationHeader([expire(3, { id: 'a"б' })], object()) ?? '';
  assert.match(strange, /rule-id="a%22%D0%B1"$/);
});
