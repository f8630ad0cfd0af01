/** The retention policy of a bucket, step by step (oss-semantics.md 8, WORM). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  abortWorm,
  completeWorm,
  extendWorm,
  initiateWorm,
  protectedSince,
  type WormDocument,
  wormStateOf,
} from '../../../src/buckets/index.ts';

const hour = 3_600_000;
const day = 24 * hour;
const begun = Date.UTC(2026, 0, 1, 12);
const open: WormDocument = initiateWorm(undefined, { id: 'W', days: 2, now: begun });
const locked = completeWorm(open, 'W', begun + hour);
const lapsed = begun + day;

test('a policy that is not locked within a day lapses', () => {
  assert.equal(wormStateOf(open, begun), 'InProgress');
  assert.equal(wormStateOf(open, lapsed - 1), 'InProgress');
  assert.equal(wormStateOf(open, lapsed), 'Expired');
  assert.equal(wormStateOf(locked, lapsed + 100 * day), 'Locked');
});

/** policy, last change, now, whether it is protected */
const table: [WormDocument | undefined, number, number, boolean][] = [
  [undefined, begun, begun, false],
  [open, begun, begun + hour, true],
  [open, begun, lapsed, false],
  [locked, begun, lapsed, true],
  [locked, begun, begun + 2 * day - 1, true],
  [locked, begun, begun + 2 * day, false],
  [locked, begun - day, begun + hour, true],
  [locked, begun - 3 * day, begun + hour, false],
];

for (const [worm, modifiedAt, now, isProtected] of table) {
  const state = worm === undefined ? 'none' : wormStateOf(worm, now);
  test(`${state}, changed ${(modifiedAt - begun) / day} d, now ${(now - begun) / day} d`, () => {
    const since = protectedSince(worm, now) ?? Number.POSITIVE_INFINITY;
    assert.equal(modifiedAt >= since, isProtected);
  });
}

test('one policy at a time, and a lapsed one gives way', () => {
  const again = { id: 'X', days: 1, now: begun + hour };
  const exists = { code: 'WORMConfigurationAlreadyExists' };
  assert.throws(() => initiateWorm(open, again), exists);
  assert.throws(() => initiateWorm(locked, { ...again, now: lapsed }), exists);
  assert.equal(initiateWorm(open, { ...again, now: lapsed }).id, 'X');
  for (const days of [0, 25_551]) {
    const invalid = { code: 'InvalidWORMConfiguration' };
    assert.throws(() => initiateWorm(undefined, { ...again, days }), invalid);
  }
});

test('only what is not locked is given up', () => {
  assert.equal(abortWorm(undefined), undefined);
  assert.equal(abortWorm(open), undefined);
  assert.throws(() => abortWorm(locked), { code: 'WORMConfigurationLocked' });
});

test('locking and extending name the policy that stands', () => {
  const missing = { code: 'NoSuchWORMConfiguration' };
  for (const [worm, now] of [[undefined, begun] as const, [open, lapsed] as const]) {
    assert.throws(() => completeWorm(worm, 'W', now), missing);
    assert.throws(() => extendWorm(worm, 'W', 3, now), missing);
  }
  assert.throws(() => completeWorm(open, 'X', begun), missing);
  assert.deepEqual(completeWorm(locked, 'W', lapsed), locked);
  const invalid = { code: 'InvalidWORMConfiguration' };
  assert.throws(() => extendWorm(open, 'W', 3, begun), invalid);
  assert.throws(() => extendWorm(locked, 'W', 2, begun), invalid);
  assert.throws(() => extendWorm(locked, 'W', 25_551, begun), invalid);
  assert.deepEqual(extendWorm(locked, 'W', 3, lapsed), { ...locked, days: 3 });
});
