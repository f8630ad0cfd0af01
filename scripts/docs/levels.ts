import type { Operation } from '../../src/api/index.ts';

/** Headings of pages that go through the table of operations. */
export const levelTitles: readonly (readonly [Operation['on'], string])[] = [
  ['service', 'Service'],
  ['bucket', 'Buckets'],
  ['object', 'Objects'],
];
