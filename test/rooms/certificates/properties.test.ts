/** Whatever stands in Certificate and PrivateKey: a binding, or a refusal of the API's own kind. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { OssError } from '../../../src/errors/index.ts';
import {
  createAuthority,
  createSelfSigned,
  keyPemAs,
  type TestCertificate,
} from '../../support/certificates.ts';
import { testEpoch } from '../../support/world.ts';
import { nothingAsked, openRooms, type Rooms } from '../cname/rooms.ts';

const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);
const numRuns = Number(process.env.RUNS ?? 600);
const domain = 'img.shop.example';
let rooms: Rooms;
let leaf: TestCertificate;
let pieces: readonly string[];

before(async () => {
  rooms = await openRooms({ after });
  const authority = await createAuthority({ now: testEpoch });
  leaf = await authority.issue({ names: [domain], now: testEpoch });
  const rsa = await createSelfSigned({ names: [domain], now: testEpoch, key: 'RSA-2048' });
  pieces = [
    leaf.certificatePem,
    leaf.keyPem,
    keyPemAs(leaf.key, 'sec1'),
    keyPemAs(leaf.key, 'encrypted-pkcs8'),
    rsa.certificatePem,
    keyPemAs(rsa.key, 'pkcs1'),
    authority.certificatePem,
    '-----BEGIN CERTIFICATE-----',
    '-----END CERTIFICATE-----',
    '-----BEGIN PRIVATE KEY-----',
    '-----END PRIVATE KEY-----',
    '-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----',
    '-----BEGIN ',
    '-----',
    'MIIB',
    '\n',
    ' ',
    '\0',
    'é',
  ];
});

test('the properties of this file are drawn from a seed', (context) => {
  context.diagnostic(`SEED=${seed}`);
});

async function bindOrRefuse(certificatePem: string, privateKeyPem: string): Promise<void> {
  try {
    const request = { ...nothingAsked, certificatePem, privateKeyPem };
    const change = await rooms.certificates.prepareBinding(rooms.ann, domain, request);
    assert.equal(change.kind, 'bind');
  } catch (problem) {
    assert.ok(problem instanceof OssError, String(problem));
    assert.equal(problem.code, 'InvalidArgument');
    assert.match(problem.ec, /^9018-000002\d\d$/);
    const told = JSON.stringify({ ...problem, message: problem.message });
    assert.ok(told.length < 1000, 'a refusal is short');
    assert.equal(problem.cause, undefined, 'nothing of OpenSSL travels along');
  }
}

const anything = fc.oneof(
  fc.string({ maxLength: 200 }),
  fc.string({ unit: 'binary', maxLength: 100 }),
  fc.uint8Array({ maxLength: 300 }).map((der) => {
    const base64 = Buffer.from(der).toString('base64');
    return `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----`;
  }),
  fc.uint8Array({ maxLength: 300 }).map((der) => {
    const base64 = Buffer.from(der).toString('base64');
    return `-----BEGIN PRIVATE KEY-----\n${base64}\n-----END PRIVATE KEY-----`;
  }),
);

test('arbitrary texts are refused, never more', async () => {
  const property = fc.asyncProperty(anything, anything, bindOrRefuse);
  await fc.assert(property, { seed, numRuns });
});

test('so are pieces of PEM in any order', async () => {
  const index = fc.nat({ max: 18 });
  const text = fc.array(index, { maxLength: 8 }).map((indices) => ({ indices }));
  const property = fc.asyncProperty(text, text, (first, second) => {
    const join = (indices: readonly number[]) => indices.map((each) => pieces[each]).join('');
    return bindOrRefuse(join(first.indices), join(second.indices));
  });
  await fc.assert(property, { seed, numRuns });
});

/** Damages DER inside its PEM, so that the damage reaches OpenSSL and not only the base64 check. */
function damage(pem: string, changes: readonly { at: number; byte: number }[]): string {
  const [, label = '', base64 = ''] = /BEGIN ([A-Z ]+)-----([^-]+)/.exec(pem) ?? [];
  const der = Buffer.from(base64, 'base64');
  for (const { at, byte } of changes) der[at % der.length] = byte;
  return `-----BEGIN ${label}-----\n${der.toString('base64')}\n-----END ${label}-----`;
}

const changes = fc.array(fc.record({ at: fc.nat({ max: 5000 }), byte: fc.nat({ max: 255 }) }), {
  minLength: 1,
  maxLength: 4,
});

test('so are a damaged certificate and a damaged key', async () => {
  const property = fc.asyncProperty(changes, changes, async (first, second) => {
    await bindOrRefuse(damage(leaf.certificatePem, first), leaf.keyPem);
    await bindOrRefuse(leaf.certificatePem, damage(leaf.keyPem, second));
  });
  await fc.assert(property, { seed, numRuns });
});

test('a text made of BEGIN lines is judged in one pass', async () => {
  // 64 KiB of them; a search that started over at each would take seconds.
  for (const line of [
    '-----BEGIN CERTIFICATE-----',
    '-----BEGIN ',
    '-----BEGIN A-----x-----END B-----',
  ]) {
    await bindOrRefuse(line.repeat(Math.floor(60_000 / line.length)), leaf.keyPem);
    await bindOrRefuse(leaf.certificatePem, line.repeat(Math.floor(60_000 / line.length)));
  }
});
