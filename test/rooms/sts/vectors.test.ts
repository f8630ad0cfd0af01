/** The vectors of access-control.md: computed, published, and captured from official clients. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { stsErrors } from '../../../src/errors/index.ts';
import type { HttpRequest } from '../../../src/http/index.ts';
import { createNonces } from '../../../src/sts/nonces.ts';
import { present } from '../../../src/sts/presented.ts';
import { readRequest } from '../../../src/sts/request.ts';
import {
  canonicalRequestAcs3,
  encode,
  sha256,
  signatureAcs3,
  signatureRpc,
  stringToSignAcs3,
  stringToSignRpc,
} from '../../../src/sts/signatures.ts';
import { readTarget } from '../signing/vectors.ts';

interface Vector {
  readonly id: string;
  readonly scheme: string;
  readonly method: string;
  readonly parameters?: Record<string, string>;
  readonly url?: string;
  readonly path?: string;
  readonly query?: Record<string, string>;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly signed_headers?: string[];
  readonly access_key_secret: string;
  readonly canonical_request?: string;
  readonly string_to_sign: string;
  readonly signature: string;
}

const path = new URL('../../fixtures/sts-vectors.json', import.meta.url);
const { vectors }: { vectors: Vector[] } = JSON.parse(readFileSync(path, 'utf8'));
const captured = vectors.filter(({ url }) => url !== undefined);

function requestOf({ method, url = '/', headers = {}, body = '' }: Vector): HttpRequest {
  const [rawPath = '/', rawQuery = ''] = url.split('?');
  return {
    requestId: '0123456789ABCDEF01234567',
    receivedAt: 0,
    method,
    target: url,
    rawPath,
    rawQuery,
    query: readTarget(url).query,
    headers,
    host: headers.host ?? '',
    remoteAddress: '127.0.0.1',
    isSecure: false,
    serverName: undefined,
    tlsVersion: undefined,
    body: {
      length: body.length,
      // biome-ignore lint/correctness/useYield: nobody streams here.
      stream: async function* () {
        throw new Error('The body is read as a whole.');
      },
      readAll: async () => Buffer.from(body),
    },
    signal: new AbortController().signal,
  };
}

describe('vectors of the security token service', () => {
  it('are all here', () => assert.equal(vectors.length, 11));

  for (const vector of vectors.filter(({ parameters }) => parameters !== undefined)) {
    it(vector.id, () => {
      const text = stringToSignRpc(vector.method, Object.entries(vector.parameters ?? {}));
      assert.equal(text, vector.string_to_sign);
      assert.equal(signatureRpc(vector.access_key_secret, text), vector.signature);
    });
  }

  for (const vector of vectors.filter(({ signed_headers: signed }) => signed !== undefined)) {
    it(vector.id, () => {
      const canonical = canonicalRequestAcs3({
        method: vector.method,
        path: vector.path ?? '/',
        query: Object.entries(vector.query ?? {}),
        headers: vector.headers ?? {},
        signedHeaders: vector.signed_headers ?? [],
        bodyHash: sha256(Buffer.from(vector.body ?? '')),
      });
      assert.equal(canonical, vector.canonical_request);
      const text = stringToSignAcs3(canonical);
      assert.equal(text, vector.string_to_sign);
      assert.equal(signatureAcs3(vector.access_key_secret, text), vector.signature);
    });
  }

  for (const vector of captured) {
    it(vector.id, async () => {
      const request = requestOf(vector);
      const now = Date.parse('2026-11-22T14:24:46Z');
      const presented = present(request, await readRequest(request), now);
      assert.equal(presented.action, 'AssumeRole');
      assert.equal(presented.stringToSign, vector.string_to_sign);
      assert.equal(presented.signature, vector.signature);
      assert.equal(presented.sign(vector.access_key_secret), vector.signature);
    });
  }

  it('keep what RFC 3986 keeps, and nothing else', () => {
    assert.equal(encode("a-_.~ *+!'()/图"), 'a-_.~%20%2A%2B%21%27%28%29%2F%E5%9B%BE');
  });
});

describe('nonces', () => {
  it('are good once, for one key, and again when no signature of the time is', () => {
    const nonces = createNonces();
    nonces.take('a', 'n', 0);
    assert.throws(() => nonces.take('a', 'n', 30 * 60_000), { code: 'SignatureNonceUsed' });
    nonces.take('b', 'n', 0);
    nonces.take('a', 'n', 30 * 60_000 + 1);
  });

  it('are bounded, and room comes with time', () => {
    const nonces = createNonces(2);
    nonces.take('a', '1', 0);
    nonces.take('a', '2', 1);
    assert.throws(() => nonces.take('a', '3', 2), { code: 'Throttling.User' });
    nonces.take('a', '3', 30 * 60_000 + 1);
  });
});

it('every error of the service is in docs/rights.md', () => {
  const text = readFileSync(new URL('../../../docs/rights.md', import.meta.url), 'utf8');
  for (const [code, [status, message]] of Object.entries(stsErrors)) {
    assert.ok(text.includes(`| \`${code}\` | ${status} | ${message} |`), code);
  }
});
