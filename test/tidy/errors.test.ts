/** The catalogue of errors, held in both directions: documented, raised, and provoked by a test. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { catalogue, type ErrorCode } from '../../src/errors/index.ts';
import { readSources, root } from './support/source.ts';

const codes = Object.keys(catalogue) as ErrorCode[];

test('every code is in docs/errors.md, and every documented code exists', () => {
  const page = readFileSync(resolve(root, 'docs/errors.md'), 'utf8');
  const documented = [...page.matchAll(/^\| `(?<code>\w+)` \| \d{3} \|/gm)].map(
    (match) => match.groups?.code ?? '',
  );
  assert.deepEqual(documented.sort(), [...codes].sort());
});

test('every code is raised somewhere in src', () => {
  const raised = readSources('src/**/*.ts')
    .filter(({ path }) => path !== 'src/errors/catalogue.ts')
    .map(({ uncommented }) => uncommented)
    .join('\n');
  assert.deepEqual(
    codes.filter((code) => !new RegExp(`['"\`]${code}['"\`]`).test(raised)),
    [],
  );
});

test('every code is provoked by a test', () => {
  const suites = readSources('test/{rooms,contract,api,life}/**/*.ts')
    .map(({ uncommented }) => uncommented)
    .join('\n');
  assert.deepEqual(
    codes.filter((code) => !new RegExp(`\\b${code}\\b`).test(suites)),
    [],
  );
});

test('no two codes share a second-level code by accident, and each has its form', () => {
  const seen = new Map<string, ErrorCode>();
  for (const code of codes) {
    const { ec, status } = catalogue[code];
    assert.match(ec, /^\d{4}-\d{8}$/, code);
    assert.ok(status >= 300 && status < 600, code);
    assert.equal(seen.get(ec), undefined, `${code} and ${seen.get(ec)} have the EC ${ec}`);
    seen.set(ec, code);
  }
});
