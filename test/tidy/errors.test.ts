/** The tables of errors, held in both directions: documented, raised, and provoked by a test. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import {
  catalogue,
  type ErrorCode,
  type RefinementName,
  refinements,
} from '../../src/errors/index.ts';
import { readSources, root } from './support/source.ts';

const codes = Object.keys(catalogue) as ErrorCode[];
const causes = Object.keys(refinements) as RefinementName[];

const page = readFileSync(resolve(root, 'docs/errors.md'), 'utf8');
const raised = readSources('src/**/*.ts').filter(({ path }) => !path.startsWith('src/errors/'));
const raisedText = raised.map(({ uncommented }) => uncommented).join('\n');
const suites = readSources('test/{rooms,contract,api,life}/**/*.ts')
  .map(({ uncommented }) => uncommented)
  .join('\n');

const isNamed = (name: string): boolean => new RegExp(`['"\`]${name}['"\`]`).test(raisedText);

test('every code is in docs/errors.md, and every documented code exists', () => {
  const documented = [...page.matchAll(/^\| `(?<code>\w+)` \| \d{3} \|/gm)].map(
    (match) => match.groups?.code ?? '',
  );
  assert.deepEqual(documented.sort(), [...codes].sort());
});

test('every second-level code is in docs/errors.md, and every documented one exists', () => {
  const documented = [...page.matchAll(/\| (?<ec>\d{4}-\d{8}) \|/g)].map(
    (match) => match.groups?.ec ?? '',
  );
  const known = [...codes.map((code) => catalogue[code]), ...Object.values(refinements)];
  assert.deepEqual(documented.sort(), known.map(({ ec }) => ec).sort());
});

test('every code is raised somewhere in src', () => {
  const refined = new Set(causes.filter(isNamed).map((name) => refinements[name].code));
  assert.deepEqual(
    codes.filter((code) => !isNamed(code) && !refined.has(code)),
    [],
  );
});

test('every cause is raised somewhere in src', () => {
  assert.deepEqual(
    causes.filter((name) => !isNamed(name)),
    [],
  );
});

test('every code is provoked by a test', () => {
  assert.deepEqual(
    codes.filter((code) => !new RegExp(`\\b${code}\\b`).test(suites)),
    [],
  );
});

test('every cause is provoked by a test', () => {
  assert.deepEqual(
    causes.filter((name) => !suites.includes(refinements[name].ec)),
    [],
  );
});

// The command line gives advice about errors of any service, which it cannot import.
test('second-level codes stand in the tables and nowhere else', () => {
  const faults = raised
    .filter(({ path }) => !path.startsWith('src/cli/'))
    .filter(({ uncommented }) => /['"`]\d{4}-\d{8}['"`]/.test(uncommented));
  assert.deepEqual(
    faults.map(({ path }) => path),
    [],
  );
});

test('no two errors share a second-level code by accident, and each has its form', () => {
  const seen = new Map<string, string>();
  for (const code of codes) {
    const { ec, status } = catalogue[code];
    // CallbackFailed is told with 203: the object stands (oss-semantics.md 7.5).
    assert.ok(status === 203 || (status >= 300 && status < 600), code);
    assert.match(ec, /^\d{4}-\d{8}$/, code);
    assert.equal(seen.get(ec), undefined, `${code} and ${seen.get(ec)} have the EC ${ec}`);
    seen.set(ec, code);
  }
  for (const name of causes) {
    const { ec } = refinements[name];
    assert.match(ec, /^\d{4}-\d{8}$/, name);
    assert.equal(seen.get(ec), undefined, `${name} and ${seen.get(ec)} have the EC ${ec}`);
    seen.set(ec, name);
  }
});
