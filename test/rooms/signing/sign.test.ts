import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  canonicalRequestV4,
  formatBasicIso,
  formatHttpDate,
  isLenientSubResource,
  isSubResource,
  parseBasicIso,
  parseHttpDate,
  percentEncode,
  presignV1,
  presignV4,
  signV1,
  signV4,
  subResourceNames,
} from '../../../src/signing/index.ts';
import { signHeaderV1, signHeaderV4, signUrlV1, signUrlV4 } from '../../support/sign.ts';
import { testEpoch } from '../../support/world.ts';

const credentials = { accessKeyId: 'ak', accessKeySecret: 'sk' };
const host = 'www.example.com';

describe('the signers of the client', () => {
  const request = {
    method: 'POST',
    bucket: 'b',
    key: 'a b/中+.txt',
    query: [
      { name: 'cname', value: '' },
      { name: 'comp', value: 'add' },
      { name: 'prefix', value: 'x y' },
    ],
    headers: { host, 'content-type': 'application/xml', 'x-oss-meta-a': '1' },
    credentials: { ...credentials, securityToken: 't/+=' },
    at: testEpoch,
  };
  const asTest = {
    method: request.method,
    host,
    bucket: 'b',
    key: request.key,
    query: { cname: '', comp: 'add', prefix: 'x y' },
    headers: { 'content-type': 'application/xml', 'x-oss-meta-a': '1' },
    credentials: request.credentials,
    at: testEpoch,
  };

  it('sign headers as the independent signer of the tests does', () => {
    assert.deepEqual(signV1(request), signHeaderV1(asTest).headers);
    const additionalHeaders = ['host'];
    assert.deepEqual(
      signV4({ ...request, region: 'cn-hangzhou', additionalHeaders }),
      signHeaderV4({ ...asTest, additionalHeaders }).headers,
    );
  });

  it('sign URLs as the independent signer of the tests does', () => {
    const { searchParams: v1 } = new URL(signUrlV1(asTest).url);
    const expires = testEpoch / 1000 + 60;
    for (const { name, value } of presignV1({ ...request, expires })) {
      assert.equal(v1.get(name), value, name);
    }
    const { searchParams: v4 } = new URL(signUrlV4(asTest).url);
    const pairs = presignV4({ ...request, region: 'cn-hangzhou', expiresSeconds: 60 });
    for (const { name, value } of pairs) assert.equal(v4.get(name), value, name);
    assert.equal(pairs.length, v4.size);
  });
});

interface AliOssSigner {
  getCanonicalRequest(
    method: string,
    request: { headers: Record<string, string>; queries: Record<string, string | null> },
    bucket: string,
    key: string,
  ): string;
}

describe('ali-oss', () => {
  const load = createRequire(import.meta.url);
  const aliOss: AliOssSigner = load('ali-oss/lib/common/signUtils');

  it('writes the same V4 canonical request, empty values apart: those are form B', () => {
    const names = ['prefix', 'marker', 'max-keys', 'delimiter', 'acl', 'uploads', 'cname', 'comp'];
    const value = fc
      .string({ unit: 'grapheme', maxLength: 6 })
      .filter((text) => text.isWellFormed());
    const queries = fc.dictionary(fc.constantFrom(...names), value, { noNullPrototype: true });
    const key = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
      .filter((text) => text.isWellFormed());
    fc.assert(
      fc.property(queries, key, (made, key) => {
        const headers = { 'x-oss-date': '20261122T090000Z', 'content-type': 'text/plain' };
        const sent: Record<string, string | null> = {};
        for (const [name, text] of Object.entries(made)) {
          sent[name] = text === '' && isSubResource(name) ? null : text;
        }
        const theirs = aliOss.getCanonicalRequest('GET', { headers, queries: sent }, 'b', key);
        const query = Object.entries(made).map(([name, value]) => ({ name, value }));
        const request = { method: 'GET', bucket: 'b', key, query, headers };
        assert.equal(canonicalRequestV4(request, { emptyValues: 'mixed' }), theirs);
      }),
      { numRuns: 500, verbose: 1 },
    );
  });
});

describe('the dates of signatures', () => {
  it('are read in every form HTTP has', () => {
    const instant = Date.UTC(1994, 10, 6, 8, 49, 37);
    assert.equal(parseHttpDate('Sun, 06 Nov 1994 08:49:37 GMT'), instant);
    assert.equal(parseHttpDate('Sun, 6 Nov 1994 08:49:37 GMT'), instant);
    assert.equal(parseHttpDate('Sun Nov  6 08:49:37 1994'), instant);
    assert.equal(parseHttpDate('Sunday, 22-Nov-26 09:00:00 GMT'), Date.UTC(2026, 10, 22, 9));
  });

  for (const text of [
    '',
    'Sun, 06 Nov 1994 08:49:37',
    'Sun, 06 Nov 1994 08:49:37 UTC',
    'Sun, 06 Nov 1994 24:00:00 GMT',
    'Sun, 31 Nov 1994 08:49:37 GMT',
    'Sun, 06 Nox 1994 08:49:37 GMT',
    'Sun, 06 anF 1994 08:49:37 GMT',
    ' Sun, 06 Nov 1994 08:49:37 GMT',
    '20261122T090000Z',
  ]) {
    it(`${JSON.stringify(text)} is no HTTP date`, () => {
      assert.equal(parseHttpDate(text), undefined);
    });
  }

  for (const text of ['', '20261122', '20261122T090000', '20261131T090000Z', '20261122T096000Z']) {
    it(`${JSON.stringify(text)} is no V4 date`, () => {
      assert.equal(parseBasicIso(text), undefined);
    });
  }

  it('are read back as they were written, to the second', () => {
    const seconds = fc.integer({ min: 0, max: Math.floor(Date.UTC(2099, 0) / 1000) });
    fc.assert(
      fc.property(seconds, (at) => {
        assert.equal(parseHttpDate(formatHttpDate(at * 1000)), at * 1000);
        assert.equal(parseBasicIso(formatBasicIso(at * 1000 + 999)), at * 1000);
      }),
    );
  });
});

describe('percent-encoding', () => {
  it('leaves the unreserved characters and writes every other byte in upper case', () => {
    for (let code = 0; code < 128; code++) {
      const character = String.fromCharCode(code);
      const hex = `%${code.toString(16).toUpperCase().padStart(2, '0')}`;
      const expected = /[A-Za-z0-9\-._~]/.test(character) ? character : hex;
      assert.equal(percentEncode(character), expected);
    }
    assert.equal(percentEncode('中/é'), '%E4%B8%AD%2F%C3%A9');
  });

  it('never throws, not even for half a surrogate pair', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        assert.match(percentEncode(`\ud800${text}`), /^[A-Za-z0-9\-._~%]*$/);
      }),
    );
  });
});

describe('the signed sub-resources of V1', () => {
  it('are those of every client, and whatever begins with x-oss-', () => {
    const signed = ['cname', 'comp', 'acl', 'security-token', 'callback', 'x-oss-anything'];
    for (const name of signed) assert.equal(isSubResource(name), true, name);
    const unsigned = [
      ...['prefix', 'marker', 'max-keys', 'delimiter', 'encoding-type', 'list-type'],
      ...['start-after', 'fetch-owner', 'key-marker', 'version-id-marker', 'max-uploads'],
      ...['upload-id-marker', 'max-parts', 'part-number-marker'],
      ...['OSSAccessKeyId', 'Expires', 'Signature', 'ACL', 'X-Oss-Process', 'toString'],
    ];
    for (const name of unsigned) assert.equal(isSubResource(name), false, name);
  });

  it('may be left out only where that changes no operation', () => {
    const lenient = [...subResourceNames].filter(isLenientSubResource);
    assert.deepEqual(lenient.sort(), ['continuation-token', 'sequential']);
    assert.equal(isLenientSubResource('x-oss-process'), false);
  });
});
