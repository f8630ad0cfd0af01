/** Ranges of an object of 1,000 bytes, and of an empty one, as one table. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Range, resolveRange } from '../../../src/buckets/index.ts';

function show(range: Range): string {
  if (range.kind !== 'part') return range.kind;
  return `${range.start}-${range.start + range.length - 1}`;
}

/** header, by default, with x-oss-range-behavior: standard (oss-object-api.md GetObject) */
const table: [string, string, string][] = [
  ['bytes=0-99', '0-99', '0-99'],
  ['bytes=0-0', '0-0', '0-0'],
  ['bytes=999-999', '999-999', '999-999'],
  ['bytes=0-999', '0-999', '0-999'],
  ['bytes=100-', '100-999', '100-999'],
  ['bytes=0-', '0-999', '0-999'],
  ['bytes=-100', '900-999', '900-999'],
  ['bytes=-1000', '0-999', '0-999'],
  ['BYTES=0-99', '0-99', '0-99'],
  ['bytes=500-2000', 'whole', '500-999'],
  ['bytes=0-1000', 'whole', '0-999'],
  ['bytes=0-1999', 'whole', '0-999'],
  ['bytes=999-1000', 'whole', '999-999'],
  ['bytes=1000-', 'whole', 'unsatisfiable'],
  ['bytes=1000-1000', 'whole', 'unsatisfiable'],
  ['bytes=99999999999999999999-', 'whole', 'unsatisfiable'],
  ['bytes=-2000', 'whole', '0-999'],
  ['bytes=-0', 'unsatisfiable', 'unsatisfiable'],
  ['bytes=500-100', 'whole', 'whole'],
  ['byte=0-9', 'whole', 'whole'],
  ['bytes=', 'whole', 'whole'],
  ['bytes=-', 'whole', 'whole'],
  ['bytes=a-b', 'whole', 'whole'],
  ['bytes=0-9x', 'whole', 'whole'],
  ['bytes=--9', 'whole', 'whole'],
  ['0-9', 'whole', 'whole'],
  ['', 'whole', 'whole'],
  ['bytes=0-9,20-29', '0-9', '0-9'],
  ['bytes=20-29, -5', '20-29', '20-29'],
  ['bytes=,0-9', 'whole', 'whole'],
];

for (const [header, byDefault, standard] of table) {
  test(`Range: ${header} → ${byDefault}, standard ${standard}`, () => {
    assert.equal(show(resolveRange(header, 1000, 'lenient')), byDefault);
    assert.equal(show(resolveRange(header, 1000, 'standard')), standard);
  });
}

test('no Range header means the whole object', () => {
  assert.equal(show(resolveRange(undefined, 1000, 'standard')), 'whole');
});

test('an empty object has no part', () => {
  for (const header of ['bytes=0-', 'bytes=0-0', 'bytes=-5']) {
    assert.equal(show(resolveRange(header, 0, 'lenient')), 'whole', header);
    assert.equal(show(resolveRange(header, 0, 'standard')), 'unsatisfiable', header);
  }
});

test('a part always lies inside the object', () => {
  const property = fc.property(
    fc.oneof(fc.string(), fc.stringMatching(/^bytes=\d{0,5}-\d{0,5}(,\d-\d)?$/)),
    fc.nat(20_000),
    fc.constantFrom('lenient' as const, 'standard' as const),
    (header, size, behavior) => {
      const range = resolveRange(header, size, behavior);
      if (range.kind !== 'part') return;
      assert.ok(range.length > 0 && range.start >= 0 && range.start + range.length <= size);
    },
  );
  fc.assert(property, { numRuns: 500 });
});
