/** Which keys rules forbid to overwrite, and whom they bind (oss-semantics.md 8). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isOverwriteForbidden, type OverwriteRule } from '../../../src/buckets/index.ts';

const rule = (more: Partial<OverwriteRule>): OverwriteRule => ({
  id: '1',
  prefix: '',
  suffix: '',
  principals: [],
  ...more,
});

/** rules, key, caller, forbidden */
const table: [OverwriteRule[], string, string | undefined, boolean][] = [
  [[], 'a', '1', false],
  [[rule({})], 'a', '1', true],
  [[rule({})], 'a', undefined, true],
  [[rule({ prefix: 'log/' })], 'log/a', '1', true],
  [[rule({ prefix: 'log/' })], 'a', '1', false],
  [[rule({ prefix: 'log/', suffix: '.txt' })], 'log/a.txt', '1', true],
  [[rule({ prefix: 'log/', suffix: '.txt' })], 'log/a.bin', '1', false],
  [[rule({ suffix: '.bin' }), rule({ suffix: '.txt' })], 'a.txt', '1', true],
  [[rule({ principals: ['1'] })], 'a', '1', true],
  [[rule({ principals: ['1'] })], 'a', '2', false],
  [[rule({ principals: ['1'] })], 'a', undefined, false],
  [[rule({ principals: ['*'] })], 'a', undefined, true],
];

for (const [rules, key, caller, expected] of table) {
  test(`${JSON.stringify(rules)}, ${key} by ${caller}: ${expected}`, () => {
    assert.equal(isOverwriteForbidden({ rules }, key, caller), expected);
  });
}

test('without a document nothing is forbidden', () => {
  assert.equal(isOverwriteForbidden(undefined, 'a', '1'), false);
});
