import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  bytesOfText,
  canonicalRequestV4,
  type EmptyValues,
  isSubResource,
  type QueryPair,
  type SignableRequest,
  stringToSignV1,
} from '../../../src/signing/index.ts';

/**
 * Two requests share a string to sign only if they mean the same.
 *
 * V4: same method, bucket, key, set of parameters, signed headers and list of additional headers.
 * Forms A and B of one request are the same request; no form of one is any form of another.
 *
 * V1: same method, Content-MD5, Content-Type, date, `x-oss-` headers and signed parameters; and
 * same bucket and key, as long as no key holds `?` and no value `&`, which V1 cannot tell from its
 * own separators.
 */
const runs = { numRuns: 3000, verbose: 1 } as const;

const text = fc.string({
  unit: fc.constantFrom('a', 'B', '/', '=', ':', ';', ' ', '\n', '%', '2F', '+', 'é', '中', ','),
  maxLength: 4,
});
const name = fc.constantFrom('acl', 'cname', 'x-oss-a', 'x-oss-a=', 'prefix', 'a b', 'a%20b');
const query = fc.uniqueArray(fc.record({ name, value: text }), {
  selector: (pair) => pair.name,
  maxLength: 3,
});
const fieldValue = fc.string({
  unit: fc.constantFrom('a', ' b', ':', '\t', ',', '\xe9', '\xa0', 'x-oss-b:'),
  maxLength: 3,
});
const headers = fc.dictionary(
  fc.constantFrom('content-type', 'content-md5', 'x-oss-a', 'x-oss-b', 'host', 'range'),
  fieldValue,
  { noNullPrototype: true, maxKeys: 4 },
);
const request: fc.Arbitrary<SignableRequest> = fc
  .record({
    method: fc.constantFrom('GET', 'PUT'),
    bucket: fc.constantFrom('', 'b', 'bb'),
    key: text,
    query,
    headers,
  })
  .map((made) => (made.bucket === '' ? { ...made, key: '' } : made));

type Signed = [request: SignableRequest, additional: string[], empties: EmptyValues];

const trimmed = (value: string | undefined) => value?.replace(/^[ \t]+|[ \t]+$/g, '');
const sorted = (pairs: readonly QueryPair[]) =>
  pairs.map((pair) => [pair.name, pair.value]).sort((a, b) => (String(a) < String(b) ? -1 : 1));

function meaningV4(of: SignableRequest, additional: readonly string[]): string {
  const signed = Object.keys(of.headers)
    .filter((n) => /^(content-type|content-md5|x-oss-.*)$/.test(n) || additional.includes(n))
    .sort();
  const values = signed.map((n) => [n, trimmed(of.headers[n])]);
  return JSON.stringify([of.method, of.bucket, of.key, sorted(of.query), values, additional]);
}

function meaningV1(of: SignableRequest, date: string): string {
  const names = Object.keys(of.headers).filter((n) => n.startsWith('x-oss-'));
  const values = names.sort().map((n) => [n, trimmed(of.headers[n])]);
  const signed = sorted(of.query.filter((pair) => isSubResource(pair.name)));
  const lines = [of.headers['content-md5'] ?? '', of.headers['content-type'] ?? '', date];
  return JSON.stringify([of.method, of.bucket, of.key, signed, lines, values]);
}

describe('strings to sign', () => {
  it('of V4 are the same exactly when the requests mean the same', () => {
    const lists = fc.constantFrom<string[]>([], ['host'], ['host', 'range']);
    const form = fc.constantFrom<EmptyValues>('bare', 'mixed');
    const one: fc.Arbitrary<Signed> = fc.tuple(request, lists, form);
    // A second request that is the first with one part changed finds collisions that two
    // independent ones would hardly ever meet.
    const part = fc.constantFrom<keyof SignableRequest>('key', 'query', 'headers', 'bucket');
    const near = fc
      .tuple(one, request, part)
      .map(([[left, list, empties], other, changed]): [Signed, Signed] => [
        [left, list, empties],
        [{ ...left, [changed]: other[changed] }, list, 'bare'],
      ]);
    const pair = fc.oneof(fc.tuple(one, one), near);
    fc.assert(
      fc.property(pair, ([[left, leftList, leftForm], [right, rightList, rightForm]]) => {
        const textOf = (of: SignableRequest, list: string[], emptyValues: EmptyValues) =>
          canonicalRequestV4(of, { additionalHeaders: list, emptyValues });
        const isSameText = textOf(left, leftList, leftForm) === textOf(right, rightList, rightForm);
        const isSameMeaning = meaningV4(left, leftList) === meaningV4(right, rightList);
        if (isSameText) assert.ok(isSameMeaning);
        if (isSameMeaning && leftForm === rightForm) assert.ok(isSameText);
      }),
      runs,
    );
  });

  it('of V1 are the same exactly when the requests mean the same', () => {
    const date = fc.constantFrom('Sun, 22 Nov 2026 09:00:00 GMT', '1795354573');
    fc.assert(
      fc.property(request, request, date, date, fc.boolean(), (left, other, d1, d2, isNear) => {
        const right = isNear ? { ...left, query: other.query, key: other.key } : other;
        const isSameText = stringToSignV1(left, d1) === stringToSignV1(right, d2);
        const isSameMeaning = meaningV1(left, d1) === meaningV1(right, d2);
        assert.equal(isSameText, isSameMeaning);
      }),
      runs,
    );
  });

  it('of V1 cannot tell a `?` in the key from a sub-resource: the scheme’s own limit', () => {
    const base = { method: 'GET', bucket: 'b', headers: {} };
    const inKey = stringToSignV1({ ...base, key: 'k?acl', query: [] }, '1');
    const asQuery = stringToSignV1({ ...base, key: 'k', query: [{ name: 'acl', value: '' }] }, '1');
    assert.equal(inKey, asQuery);
    const v4InKey = canonicalRequestV4({ ...base, key: 'k?acl', query: [] });
    const v4AsQuery = canonicalRequestV4({
      ...base,
      key: 'k',
      query: [{ name: 'acl', value: '' }],
    });
    assert.notEqual(v4InKey, v4AsQuery);
  });

  it('keep a byte A0 at the end of a header value: it ends a character, it is no blank', () => {
    const value = bytesOfText('à');
    assert.equal(value.at(-1), '\xa0');
    const base = { method: 'GET', bucket: 'b', key: 'k', query: [] };
    const text = stringToSignV1({ ...base, headers: { 'x-oss-meta-a': value } }, '1');
    assert.ok(text.includes(`x-oss-meta-a:${value}\n`));
  });
});
