/** Conditions of reads and copies, as one table (oss-object-api.md, oss-semantics.md 7.8). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Conditions,
  checkConditions,
  isRangeWanted,
  parseHttpDate,
} from '../../../src/buckets/index.ts';

const etag = '5B3C1A2E053D763E1B002CC607C5A0FE';
/** Last modified 2026-11-22T09:00:00.789Z: what is sent back says 09:00:00. */
const object = { etag, modifiedAt: Date.UTC(2026, 10, 22, 9, 0, 0, 789) };
const before = 'Sun, 22 Nov 2026 08:59:59 GMT';
const same = 'Sun, 22 Nov 2026 09:00:00 GMT';
const after = 'Sun, 22 Nov 2026 09:00:01 GMT';

type Expected = 'holds' | 'not-modified' | 'If-Match' | 'If-Unmodified-Since';

const table: [string, Conditions, Expected][] = [
  ['no condition', {}, 'holds'],
  ['the ETag in quotes', { ifMatch: `"${etag}"` }, 'holds'],
  ['the ETag bare', { ifMatch: etag }, 'holds'],
  ['the ETag in lower case', { ifMatch: etag.toLowerCase() }, 'holds'],
  ['any ETag', { ifMatch: '*' }, 'holds'],
  ['another ETag', { ifMatch: '"AA"' }, 'If-Match'],
  ['an empty ETag', { ifMatch: '' }, 'If-Match'],
  ['a list of ETags is no ETag', { ifMatch: `"AA", "${etag}"` }, 'If-Match'],
  ['none of the ETag', { ifNoneMatch: `"${etag}"` }, 'not-modified'],
  ['none of the weak ETag', { ifNoneMatch: `W/"${etag}"` }, 'not-modified'],
  ['none of any', { ifNoneMatch: '*' }, 'not-modified'],
  ['none of another', { ifNoneMatch: '"AA"' }, 'holds'],
  ['modified since a second before', { ifModifiedSince: before }, 'holds'],
  ['modified since the same second', { ifModifiedSince: same }, 'not-modified'],
  ['modified since a second later', { ifModifiedSince: after }, 'not-modified'],
  ['modified since no date', { ifModifiedSince: 'yesterday' }, 'holds'],
  ['modified since a bare number', { ifModifiedSince: '1' }, 'holds'],
  ['unmodified since a second before', { ifUnmodifiedSince: before }, 'If-Unmodified-Since'],
  ['unmodified since the same second', { ifUnmodifiedSince: same }, 'holds'],
  ['unmodified since a second later', { ifUnmodifiedSince: after }, 'holds'],
  ['unmodified since no date', { ifUnmodifiedSince: '22.11.2026' }, 'holds'],
  [
    'a failed match comes before not modified',
    { ifMatch: '"AA"', ifNoneMatch: `"${etag}"` },
    'If-Match',
  ],
  [
    'unmodified since comes before not modified',
    { ifUnmodifiedSince: before, ifModifiedSince: same },
    'If-Unmodified-Since',
  ],
  [
    'another ETag does not hide an equal date',
    { ifNoneMatch: '"AA"', ifModifiedSince: same },
    'not-modified',
  ],
  [
    'all four hold together',
    { ifMatch: etag, ifNoneMatch: '"AA"', ifModifiedSince: before, ifUnmodifiedSince: same },
    'holds',
  ],
];

for (const [name, conditions, expected] of table) {
  test(`${name}: ${expected}`, () => {
    const checked = checkConditions(conditions, object);
    assert.equal(checked.verdict === 'failed' ? checked.condition : checked.verdict, expected);
  });
}

test('all three forms of an HTTP date mean the same second', () => {
  const seconds = Date.UTC(1994, 10, 6, 8, 49, 37) / 1000;
  const forms = [
    'Sun, 06 Nov 1994 08:49:37 GMT',
    'Sunday, 06-Nov-94 08:49:37 GMT',
    'Sun Nov  6 08:49:37 1994',
  ];
  for (const form of forms) assert.equal(parseHttpDate(form), seconds, form);
});

test('what is no HTTP date', () => {
  const texts = [
    '',
    '0',
    '2026-11-22T09:00:00Z',
    'Sun, 32 Nov 2026 09:00:00 GMT',
    'Sun, 22 Foo 2026 09:00:00 GMT',
    'Sun, 22 Nov 2026 24:00:00 GMT',
    'Sun, 22 Nov 2026 09:00:00 +0100',
  ];
  for (const text of texts) assert.equal(parseHttpDate(text), undefined, text);
});

test('a range is wanted only of the representation the client has a part of', () => {
  assert.equal(isRangeWanted(undefined, object), true);
  assert.equal(isRangeWanted(`"${etag}"`, object), true);
  assert.equal(isRangeWanted('"AA"', object), false);
  assert.equal(isRangeWanted(same, object), true);
  assert.equal(isRangeWanted(after, object), false);
});
