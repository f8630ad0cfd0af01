/**
 * The table of operations: rows are disjoint, every row can be reached, and the page is in step.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRowMatched, selectorsAt } from '../../src/api/match.ts';
import { operations } from '../../src/api/operations.ts';
import type { Operation, QueryRequirement } from '../../src/api/types.ts';

type Values = ReadonlyMap<string, string>;

/** Every value of one parameter that could tell rows apart: absent, empty, those named, another. */
function candidates(
  requirements: readonly (QueryRequirement | undefined)[],
): (string | undefined)[] {
  const named = requirements.flatMap((requirement) => {
    if (typeof requirement !== 'object') return [];
    return 'is' in requirement ? [requirement.is] : [requirement.not];
  });
  return [undefined, '', ...named, 'another'];
}

/** All requests built from the parameters the rows speak of. */
function* requestsAbout(rows: readonly Operation[]): Generator<{ values: Values; copy: boolean }> {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row.query)))];
  const choices = names.map((name) => candidates(rows.map((row) => row.query[name])));
  const total = choices.reduce((product, { length }) => product * length, 1);
  for (let number = 0; number < total; number++) {
    const values = new Map<string, string>();
    let rest = number;
    names.forEach((name, index) => {
      const options = choices[index] ?? [];
      const value = options[rest % options.length];
      rest = Math.floor(rest / options.length);
      if (value !== undefined) values.set(name, value);
    });
    yield { values, copy: false };
    yield { values, copy: true };
  }
}

function isMatched(row: Operation, { values, copy }: { values: Values; copy: boolean }): boolean {
  const selected = [...values.keys()].filter((name) => selectorsAt(row.on).has(name));
  return isRowMatched(row, values, selected, copy);
}

function overlap(one: Operation, other: Operation): string | undefined {
  if (one.on !== other.on || one.method !== other.method) return undefined;
  for (const request of requestsAbout([one, other])) {
    if (!isMatched(one, request) || !isMatched(other, request)) continue;
    const query = [...request.values].map(([name, value]) => `${name}=${value}`).join('&');
    return `${one.on} ${one.method} ?${query}: ${one.name} and ${other.name}`;
  }
  return undefined;
}

test('no two rows can take the same request', () => {
  const faults = operations.flatMap((one, index) =>
    operations.slice(index + 1).map((other) => overlap(one, other)),
  );
  assert.deepEqual(
    faults.filter((fault) => fault !== undefined),
    [],
  );
});

test('two rows that overlap are seen', () => {
  const [row] = operations.filter(({ name }) => name === 'GetBucketAcl');
  assert.ok(row);
  assert.ok(overlap(row, { ...row, name: 'Twin' }));
});

test('every row can be reached', () => {
  const unreached = operations.filter((row) => {
    for (const request of requestsAbout([row])) if (isMatched(row, request)) return false;
    return true;
  });
  assert.deepEqual(
    unreached.map(({ name }) => name),
    [],
  );
});

test('the five operations of custom domains stand in the table and are answered', () => {
  const names = ['CreateCnameToken', 'DeleteCname', 'GetCnameToken', 'ListCname', 'PutCname'];
  const found = operations.filter(({ name }) => names.includes(name));
  assert.deepEqual(found.map(({ name }) => name).sort(), names);
  assert.ok(found.every(({ isImplemented }) => isImplemented));
});
