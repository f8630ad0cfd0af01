/** Which rule of a CORS document a request falls under (oss-semantics.md 3). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CorsRule, matchCorsRule } from '../../../src/buckets/index.ts';

const rule = (change: Partial<CorsRule> = {}): CorsRule => ({
  allowedOrigins: ['http://a.example:8001'],
  allowedMethods: ['GET'],
  allowedHeaders: [],
  exposeHeaders: [],
  ...change,
});

/** Origins of the rule, origin that asks, what is allowed. */
const origins: [string[], string, string | undefined][] = [
  [['http://a.example:8001'], 'http://a.example:8001', 'http://a.example:8001'],
  [['http://a.example:8001'], 'http://a.example', undefined],
  [['http://a.example'], 'https://a.example', undefined],
  [['HTTP://A.example'], 'http://a.EXAMPLE', 'http://a.EXAMPLE'],
  [['https://*.example.com'], 'https://a.b.example.com', 'https://a.b.example.com'],
  [['https://*.example.com'], 'https://example.com', undefined],
  [['https://*.example.com'], 'https://a.example.com:8443', undefined],
  [['http://localhost:*'], 'http://localhost:3000', 'http://localhost:3000'],
  [['a*a'], 'a', undefined],
  [['a*a'], 'aa', 'aa'],
  [['*'], 'https://any.example', '*'],
  [['*'], 'null', '*'],
  [['null'], 'null', 'null'],
  [['http://*'], 'null', undefined],
  [['https://x.example', '*'], 'https://x.example', 'https://x.example'],
];
for (const [allowedOrigins, origin, expected] of origins) {
  test(`${allowedOrigins.join(' ')} for ${origin}: ${expected}`, () => {
    const document = { rules: [rule({ allowedOrigins })], responseVary: false };
    const match = matchCorsRule(document, { origin, method: 'GET', headers: [] });
    assert.equal(match?.allowOrigin, expected);
  });
}

/** Headers of the rule, headers asked for, whether they are allowed. */
const headers: [string[], string[], boolean][] = [
  [[], [], true],
  [[], ['x-a'], false],
  [['*'], ['x-a', 'Authorization'], true],
  [['x-oss-*'], ['X-OSS-Date', 'x-oss-meta-a'], true],
  [['x-oss-*'], ['x-oss-date', 'content-type'], false],
  [['x-oss-*', 'Content-Type'], ['x-oss-date', 'content-type'], true],
];
for (const [allowedHeaders, asked, expected] of headers) {
  test(`headers ${asked.join(' ')} by ${allowedHeaders.join(' ')}: ${expected}`, () => {
    const document = {
      rules: [rule({ allowedOrigins: ['*'], allowedHeaders })],
      responseVary: true,
    };
    const match = matchCorsRule(document, { origin: 'x', method: 'GET', headers: asked });
    assert.equal(match !== undefined, expected);
  });
}

test('one rule must hold for everything, and the first that does counts', () => {
  const rules = [
    rule({ allowedMethods: ['PUT'], allowedOrigins: ['https://b.example'] }),
    rule({ allowedMethods: ['GET'], allowedOrigins: ['*'], maxAgeSeconds: 1 }),
    rule({ allowedMethods: ['GET'], allowedOrigins: ['*'], maxAgeSeconds: 2 }),
  ];
  const asked = (origin: string, method: string) =>
    matchCorsRule({ rules, responseVary: false }, { origin, method, headers: [] })?.rule;
  assert.equal(asked('https://b.example', 'GET'), rules[1]);
  assert.equal(asked('https://b.example', 'PUT'), rules[0]);
  assert.equal(asked('https://c.example', 'PUT'), undefined);
  assert.equal(asked('https://b.example', 'HEAD'), undefined, 'HEAD must be listed itself');
  assert.equal(asked('https://b.example', 'get'), undefined, 'methods have letter case');
});
