/** The decision table of access-control.md 9, and as many cases of our own. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isPublicPolicy, parseBucketPolicy } from '../../../src/rights/index.ts';
import { cases, owner } from './cases.ts';
import { documentNames, documentOf } from './documents.ts';
import { judge, resultOf } from './judge.ts';
import { ownCases } from './own-cases.ts';

describe('the decision table', () => {
  it('has every case once', () => {
    assert.deepEqual(
      cases.map(({ number }) => number),
      Array.from({ length: 90 }, (_, index) => index + 1),
    );
  });

  for (const one of cases) {
    it(`case ${one.number}: ${one.who} ${one.asks.map(({ action }) => action).join(', ')}`, () => {
      assert.equal(resultOf(judge(one)), one.result);
    });
  }

  it('B1, B7 and B11 are public, and no other', () => {
    const open = documentNames.filter(
      (name) =>
        name.startsWith('B') &&
        isPublicPolicy(parseBucketPolicy(documentOf(name), { name: 'shop', accountId: owner })),
    );
    assert.deepEqual(open, ['B1', 'B7', 'B11']);
  });
});

describe('cases of our own', () => {
  it('are at least as many', () => {
    assert.ok(ownCases.length >= 106, String(ownCases.length));
  });

  for (const { name, question, result } of ownCases) {
    it(name, () => assert.equal(question(), result));
  }
});
