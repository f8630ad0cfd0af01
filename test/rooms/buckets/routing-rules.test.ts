/** Conditions of routing rules and the keys they make (oss-semantics.md 4.3). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RoutingCondition, RoutingRedirect } from '../../../src/buckets/index.ts';
import { findRoutingRule } from '../../../src/buckets/routing-rules.ts';

function find(
  condition: Partial<RoutingCondition>,
  redirect: Partial<RoutingRedirect>,
  key: string,
  headers: Record<string, string> = {},
  status?: number,
): string | undefined {
  const rule = {
    number: 1,
    condition: { headers: [], ...condition },
    redirect: { type: 'External', others: [], ...redirect } as const,
    others: [],
  };
  return findRoutingRule([rule], { key, headers }, status)?.key;
}

const included = (...headers: RoutingCondition['headers']) => ({ headers });
const utf8 = (text: string) => Buffer.from(text).toString('latin1');

/** Condition, key, whether it holds, headers and status of the request. */
const conditions: [Partial<RoutingCondition>, string, boolean, Record<string, string>?, number?][] =
  [
    [{}, 'any', true],
    [{}, '', true],
    [{}, 'any', false, {}, 404],
    [{ status: 404 }, 'any', true, {}, 404],
    [{ status: 404 }, 'any', false, {}, 403],
    [{ status: 404 }, 'any', false],
    [{ keyPrefix: 'a.*' }, 'a.*b', true],
    [{ keyPrefix: 'a.*' }, 'abc', false],
    [{ keySuffix: '.PNG' }, 'a.PNG', true],
    [{ keySuffix: '.PNG' }, 'a.png', false],
    [{ keyPrefix: 'a', keySuffix: 'b' }, 'ac', false],
    [included({ key: 'X-A' }), 'k', true, { 'x-a': '' }],
    [included({ key: 'X-A' }), 'k', false],
    [included({ key: 'x-a', equals: '1' }), 'k', true, { 'x-a': '1' }],
    [included({ key: 'x-a', equals: '1' }), 'k', false, { 'x-a': '12' }],
    [included({ key: 'x-a', startsWith: '1', endsWith: '3' }), 'k', true, { 'x-a': '123' }],
    [included({ key: 'x-a', startsWith: '1', endsWith: '4' }), 'k', false, { 'x-a': '123' }],
    [included({ key: 'x-a' }, { key: 'x-b' }), 'k', false, { 'x-a': '1' }],
    [included({ key: 'x-a', equals: '\u4e2d' }), 'k', true, { 'x-a': utf8('\u4e2d') }],
  ];
for (const [condition, key, expected, headers, status] of conditions) {
  const asked = `${key} ${status ?? ''} ${JSON.stringify(headers ?? {})}`;
  test(`${JSON.stringify(condition)} ${expected ? 'holds' : 'fails'} for ${asked}`, () => {
    assert.equal(find(condition, {}, key, headers, status) !== undefined, expected);
  });
}

/** Redirect, prefix of the condition, key, new key. */
const keys: [Partial<RoutingRedirect>, string | undefined, string, string][] = [
  [{}, 'abc/', 'abc/test.txt', 'abc/test.txt'],
  [{ replaceKeyWith: 'prefix/${key}.suffix' }, undefined, 'test', 'prefix/test.suffix'],
  [{ replaceKeyWith: '${key}/${key}' }, undefined, '$&', '$&/$&'],
  [{ replaceKeyPrefixWith: 'def/' }, 'abc/', 'abc/test.txt', 'def/test.txt'],
  [{ replaceKeyPrefixWith: 'def/' }, undefined, 'test.txt', 'def/test.txt'],
  [{ replaceKeyPrefixWith: '' }, 'abc/', 'abc/test.txt', 'test.txt'],
  [{ replaceKeyPrefixWith: '${key}', enableReplacePrefix: true }, 'a', 'ab', '${key}b'],
  [{ enableReplacePrefix: true }, 'abc/', 'abc/test.txt', 'test.txt'],
  [{ enableReplacePrefix: false }, 'abc/', 'abc/test.txt', 'abc/test.txt'],
];
for (const [redirect, keyPrefix, key, expected] of keys) {
  test(`${JSON.stringify(redirect)} makes ${expected} of ${key}`, () => {
    assert.equal(find({ keyPrefix }, redirect, key), expected);
  });
}

test('rules with a script are passed over', () => {
  const rule = {
    number: 1,
    condition: { headers: [] },
    redirect: { type: 'External', hostName: 'x.example', others: [] } as const,
    others: [{ name: 'LuaConfig', children: [{ name: 'Script', text: 'x.lua' }] }],
  };
  assert.equal(findRoutingRule([rule], { key: 'k', headers: {} }, undefined), undefined);
});
