import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultOfVersion } from '../../../src/checking/versions.ts';
import type { InspectedVersion } from '../../../src/stores/index.ts';

const marker: InspectedVersion = {
  bucketId: 1,
  bucket: 'b',
  key: 'k',
  sequence: 5,
  versionId: 'v',
  isMarker: true,
  blobId: undefined,
  noncurrentAt: undefined,
  currentSequence: undefined,
  isNewest: true,
  content: 'none',
  size: 0,
  crc64: '0',
  extras: null,
  headers: '{}',
  metadata: '{}',
};
const object = { ...marker, isMarker: false, blobId: 'blob' };

test('a stack of versions is lawful or it is not', () => {
  const covered = { isNewest: false, noncurrentAt: 7 };
  const under = { ...covered, currentSequence: 6 };
  const table: [string, InspectedVersion, RegExp | undefined][] = [
    ['a marker on top', marker, undefined],
    ['a marker below', { ...marker, ...covered }, undefined],
    ['an object below', { ...object, ...covered }, undefined],
    ['an object below the current one', { ...object, ...under }, undefined],
    ['an object on top', object, /its key does not point to it/],
    ['one that was covered', { ...object, noncurrentAt: 7 }, /its key does not point to it/],
    ['a marker on top, covered', { ...marker, noncurrentAt: 7 }, /said to be covered/],
    ['an uncovered one below', { ...object, ...under, noncurrentAt: undefined }, /the newest/],
    ['newer than the current one', { ...object, ...under, currentSequence: 5 }, /as new as/],
    ['an object without a blob', { ...object, blobId: undefined }, /half/],
    ['a marker with one', { ...marker, blobId: 'blob' }, /half/],
  ];
  for (const [name, row, fault] of table) {
    const { kind, what = '' } = faultOfVersion(row) ?? {};
    assert.equal(kind, fault === undefined ? undefined : 'versions-disordered', name);
    assert.match(what, fault ?? /^$/, name);
  }
});
