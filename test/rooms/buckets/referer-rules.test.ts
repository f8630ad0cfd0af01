/** Whom hot-link protection lets in (oss-semantics.md 5). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  isRefererAllowed,
  type RefererDocument,
  refererByDefault,
} from '../../../src/buckets/index.ts';

const open = (change: Partial<RefererDocument>): RefererDocument => ({
  ...refererByDefault,
  ...change,
});

/** Pattern, Referer, whether it matches; more of the document. */
const table: [string, string, boolean, Partial<RefererDocument>?][] = [
  ['http://www.example.com', 'http://www.example.com/123', true],
  ['http://www.example.com', 'http://www.example.com.cn', true],
  ['http://www.example.com', 'https://www.example.com', false],
  ['http://www.example.com', 'www.example.com', false],
  ['www.example.com', 'http://www.example.com', false],
  ['http://www.example.com:8080', 'http://www.example.com', false],
  ['*.example.com', 'http://help.example.com/a', true],
  ['*www.example.com', 'https://www.example.com', true],
  ['*', 'anything', true],
  ['https://*.example.com', 'https://example.com', false],
  ['https://*.example.com', 'https://a.b.example.com', true],
  ['https://www.?.example.com', 'https://www.a.example.com', true],
  ['https://www.?.example.com', 'https://www.ab.example.com', false],
  ['https://www.?.example.com', 'https://www..example.com', false],
  ['*a*b*c', 'xxaxxbxxabxxc', true],
  ['*a*b*c', 'xxcxxbxxa', false],
  ['*aab', 'aaaab', true],
  ['http://a?', 'http://a', false],
  ['HTTP://WWW.example.com/Path', 'http://www.EXAMPLE.com/Path/x', true],
  ['http://www.example.com/Path', 'http://www.example.com/path', false],
  ['http://www.example.com/a?b', 'http://www.example.com/axb', true],
  ['http://a.example/?x', 'http://a.example/?xyz', false],
  ['http://a.example/?x=ABC', 'http://a.example/?x=abc', true, { allowTruncateQueryString: false }],
  ['http://a.example/P?x', 'http://a.example/p?x', false, { allowTruncateQueryString: false }],
  ['http://a.example/?x=%41', 'http://a.example/?x=a', false, { allowTruncateQueryString: false }],
  ['*b.example', 'http://a.example/?b.example', false],
  ['*b.example', 'http://a.example/?b.example', true, { allowTruncateQueryString: false }],
  ['*b.example', 'http://a.example?b.example', false],
  ['*b.example', 'http://a.example/b.example', true],
  ['*b.example', 'http://a.example/b.example', false, { truncatePath: true }],
  ['*b.example', 'http://b.example?c', true, { truncatePath: true }],
  ['http://\u4e2d.example', Buffer.from('http://\u4e2d.example').toString('latin1'), true],
];

for (const [pattern, referer, expected, change] of table) {
  const how = change === undefined ? '' : ` with ${JSON.stringify(change)}`;
  test(`${pattern} ${expected ? 'is' : 'is not'} ${referer}${how}`, () => {
    assert.equal(isRefererAllowed(open({ ...change, whitelist: [pattern] }), referer), expected);
    assert.equal(isRefererAllowed(open({ ...change, blacklist: [pattern] }), referer), !expected);
  });
}

test('the empty Referer first, then the blacklist, then the whitelist', () => {
  const list = ['http://a.example'];
  const is = (change: Partial<RefererDocument>, referer: string | undefined) =>
    isRefererAllowed(open(change), referer);
  for (const referer of [undefined, '']) {
    assert.ok(is({ whitelist: list }, referer));
    assert.ok(!is({ whitelist: list, allowEmpty: false }, referer));
    assert.ok(is({ blacklist: list, allowEmpty: false }, referer));
    assert.ok(is({ allowEmpty: false }, referer));
  }
  assert.ok(is({}, 'http://b.example'));
  assert.ok(is({ allowEmpty: false }, 'http://b.example'));
  assert.ok(!is({ whitelist: list, blacklist: list }, 'http://a.example/x'));
  assert.ok(!is({ whitelist: list, blacklist: ['*/x'] }, 'http://a.example/x'));
  assert.ok(is({ whitelist: list, blacklist: ['*/x'] }, 'http://a.example/y'));
});
