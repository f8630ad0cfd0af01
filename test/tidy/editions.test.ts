/** Which suites run on which editions (scripts/test/editions.ts): every suite somewhere. */
import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { test } from 'node:test';
import {
  bothEnds,
  editions,
  editionsOf,
  embedded,
  embeddedOnly,
} from '../../scripts/test/editions.ts';
import { root } from './support/source.ts';

const suites = globSync('test/**/*.test.ts', { cwd: root }).map((path) =>
  path.replaceAll('\\', '/'),
);

test('every suite runs on the embedded edition, those of the API on all four', () => {
  for (const suite of suites) assert.ok(editionsOf(suite).usual.includes(embedded), suite);
  const everywhere = suites.filter((suite) => editionsOf(suite).usual.length === editions.length);
  for (const suite of ['test/api/cname/errors.test.ts', 'test/api/object/writes.test.ts']) {
    assert.ok(everywhere.includes(suite), suite);
  }
  assert.ok(everywhere.length > 25, String(everywhere.length));
});

test('suites that start no server, and those that bring their own, run once', () => {
  for (const suite of ['test/tidy/words.test.ts', 'test/contract/postgres.test.ts']) {
    assert.deepEqual(editionsOf(suite).usual, [embedded], suite);
  }
  assert.deepEqual(editionsOf('test/life/two-nodes.test.ts').usual, [embedded]);
});

test('an exception names a suite that is there and says why', () => {
  for (const [suite, because] of Object.entries({ ...embeddedOnly, ...bothEnds })) {
    assert.ok(suites.includes(suite), suite);
    assert.match(because, /^[A-Z].{15,}\.$/, suite);
  }
});
