import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  canonicalRequestV4,
  type EmptyValues,
  policySignatureV1,
  policySignatureV4,
  scopeTextV4,
  signatureV1,
  signatureV4,
  signingKeyV4,
  stringToSignV1,
  stringToSignV4,
  textOfBytes,
} from '../../../src/signing/index.ts';
import { isCaptured, signableOf, type Vector, vectors } from './vectors.ts';

const parameter = (vector: Vector, name: string): string | undefined =>
  signableOf(vector).query.find((pair) => pair.name === name)?.value;

function checkV1(vector: Vector): void {
  const { inputs } = vector;
  const request = signableOf(vector);
  const date =
    vector.form === 'query'
      ? (parameter(vector, 'Expires') ?? String(inputs.expires))
      : (request.headers['x-oss-date'] ?? request.headers.date ?? inputs.date ?? '');
  const text = stringToSignV1(request, date);
  assert.equal(textOfBytes(text), vector.string_to_sign);
  const signature = signatureV1(inputs.access_key_secret, text);
  if (vector.signature) assert.equal(signature, vector.signature);
  if (isCaptured(vector)) {
    const sent =
      vector.form === 'query' ? parameter(vector, 'Signature') : request.headers.authorization;
    assert.equal(sent?.split(':').at(-1), signature);
  }
}

/** What the request says about its own V4 signature. */
function presentedV4(vector: Vector): { credential: string; signature: string; listed: string[] } {
  const { headers } = signableOf(vector);
  if (vector.form === 'query') {
    const listed = parameter(vector, 'x-oss-additional-headers')?.split(';') ?? [];
    const credential = parameter(vector, 'x-oss-credential') ?? '';
    return { credential, signature: parameter(vector, 'x-oss-signature') ?? '', listed };
  }
  const read = (name: string) =>
    new RegExp(`${name}=([^, ]+)`).exec(headers.authorization ?? '')?.[1] ?? '';
  const listed = read('AdditionalHeaders').split(';').filter(Boolean);
  return { credential: read('Credential'), signature: read('Signature'), listed };
}

function checkComputedV4(vector: Vector): void {
  const { inputs } = vector;
  const { timestamp = '', region = '', product = 'oss' } = inputs;
  const scope = { date: timestamp.slice(0, 8), region, product };
  const request = signableOf(vector);
  const query = [...request.query];
  if (vector.form === 'query') {
    const names = new Set(query.map(({ name }) => name));
    for (const [name, value] of Object.entries(vector.query ?? {})) {
      if (!names.has(name)) query.push({ name, value });
    }
  }
  const canonical = canonicalRequestV4(
    { ...request, query },
    { additionalHeaders: inputs.additional_headers ?? [], isPresigned: vector.form === 'query' },
  );
  assert.equal(textOfBytes(canonical), vector.canonical_request);
  const text = stringToSignV4(timestamp, scope, canonical);
  assert.equal(textOfBytes(text), vector.string_to_sign);
  const key = signingKeyV4(inputs.access_key_secret, scope);
  assert.equal(key.export().toString('hex'), vector.signing_key_hex);
  assert.equal(signatureV4(key, text), vector.signature);
  if (vector.authorization) {
    assert.ok(
      vector.authorization.includes(`Credential=ak/${scopeTextV4(scope)},`) ||
        vector.authorization.includes(`/${scopeTextV4(scope)},`),
    );
  }
}

function checkCapturedV4(vector: Vector, emptyValues: EmptyValues): void {
  const request = signableOf(vector);
  const { credential, signature, listed } = presentedV4(vector);
  const [, date = '', region = '', product = ''] = credential.split('/');
  const scope = { date, region, product };
  const isPresigned = vector.form === 'query';
  const canonical = canonicalRequestV4(request, {
    additionalHeaders: listed,
    emptyValues,
    isPresigned,
  });
  assert.equal(textOfBytes(canonical), vector.canonical_request);
  const timestamp = request.headers['x-oss-date'] ?? parameter(vector, 'x-oss-date') ?? '';
  const key = signingKeyV4(vector.inputs.access_key_secret, scope);
  assert.equal(signatureV4(key, stringToSignV4(timestamp, scope, canonical)), signature);
}

function checkPolicy(vector: Vector): void {
  const { inputs, form_fields: fields = {} } = vector;
  const policy = Buffer.from(inputs.policy ?? '', 'utf8').toString('base64');
  assert.equal(policy, vector.string_to_sign);
  if (vector.version === 'V1') {
    assert.equal(policySignatureV1(inputs.access_key_secret, policy), vector.signature);
    return;
  }
  const [, date = '', region = ''] = (fields['x-oss-credential'] ?? '').split('/');
  const key = signingKeyV4(inputs.access_key_secret, { date, region });
  assert.equal(key.export().toString('hex'), vector.signing_key_hex);
  assert.equal(policySignatureV4(key, policy), vector.signature);
}

describe('the published and captured signature vectors', () => {
  it('are all here', () => {
    assert.equal(vectors.length, 34);
    assert.equal(vectors.filter(isCaptured).length, 9);
  });

  for (const vector of vectors) {
    it(`${vector.id}: ${vector.version} in the ${vector.form} form`, () => {
      if (vector.form === 'post-policy') checkPolicy(vector);
      else if (vector.version === 'V1') checkV1(vector);
      else if (!isCaptured(vector)) checkComputedV4(vector);
      else checkCapturedV4(vector, vector.id === 'captured-4' ? 'mixed' : 'bare');
    });
  }

  it('captured-4 needs form B: form A signs another query', () => {
    const vector = vectors.find(({ id }) => id === 'captured-4');
    assert.ok(vector);
    assert.throws(() => checkCapturedV4(vector, 'bare'), assert.AssertionError);
  });
});
