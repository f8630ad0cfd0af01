/** A certificate that comes again is not tried in TLS again; all that may have changed is. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { before, test } from 'node:test';
import type { Certificates } from '../../../src/certificates/index.ts';
import { KnownIssuers } from '../../../src/certificates/issuers.ts';
import { KnownServables } from '../../../src/certificates/servable.ts';
import {
  createAuthority,
  createKey,
  keyPemAs,
  type TestAuthority,
  type TestCertificate,
} from '../../support/certificates.ts';
import { testEpoch } from '../../support/world.ts';
import { nothingAsked, openRooms } from '../cname/rooms.ts';
import { refusal } from './refusal.ts';

const domain = 'img.shop.example';
const [ann, ben] = ['1', '2'];
let authority: TestAuthority;
let leaf: TestCertificate;

before(async () => {
  authority = await createAuthority({ now: testEpoch });
  leaf = await authority.issue({ names: ['*.shop.example'], now: testEpoch });
});

async function bound(
  certificates: Certificates,
  accountId: string,
  certificatePem: string,
  privateKeyPem: string,
  name = domain,
) {
  const request = { ...nothingAsked, certificatePem, privateKeyPem };
  const change = await certificates.prepareBinding(accountId, name, request);
  assert.ok(change.kind === 'bind' && change.certificate.kind === 'new');
  return change.certificate.certificate;
}

test('the sealed key is that of the first time, for its own account alone', async (context) => {
  const { certificates } = await openRooms(context);
  const first = await bound(certificates, ann, leaf.chainPem, leaf.keyPem);
  const again = await bound(certificates, ann, leaf.chainPem, leaf.keyPem, 'www.shop.example');
  assert.deepEqual(again, first);
  // Another form of the same key is the same key.
  assert.deepEqual(
    await bound(certificates, ann, leaf.chainPem, keyPemAs(leaf.key, 'sec1')),
    first,
  );
  const other = await bound(certificates, ben, leaf.chainPem, leaf.keyPem);
  assert.notEqual(other.keySealed, first.keySealed);
  assert.equal(certificates.unseal({ ...other, number: 1 }).keyPem.toString(), leaf.keyPem);
});

test('the key is proven each time', async (context) => {
  const { certificates } = await openRooms(context);
  await bound(certificates, ann, leaf.chainPem, leaf.keyPem);
  await assert.rejects(
    bound(certificates, ann, leaf.chainPem, keyPemAs(createKey(), 'pkcs8')),
    refusal('9018-00000205', 'PrivateKey', /does not belong/),
  );
  await assert.rejects(
    bound(certificates, ann, leaf.chainPem, leaf.chainPem),
    refusal('9018-00000203', 'PrivateKey', /holds a certificate/),
  );
  await assert.rejects(
    bound(certificates, ann, leaf.chainPem, leaf.keyPem + ' '.repeat(64 * 1024)),
    refusal('9018-00000211', 'Certificate', /longer than/),
  );
});

test('of two certificates in one text the one whose key is sent is bound', async (context) => {
  const { certificates } = await openRooms(context);
  const next = await authority.issue({ names: [domain], now: testEpoch });
  const both = leaf.certificatePem + next.certificatePem;
  for (const each of [leaf, next, leaf]) {
    const { fingerprint256 } = await bound(certificates, ann, both, each.keyPem);
    assert.equal(fingerprint256, each.x509.fingerprint256);
  }
});

test('domain and date are looked at each time', async (context) => {
  const { certificates, world } = await openRooms(context);
  await bound(certificates, ann, leaf.chainPem, leaf.keyPem);
  await assert.rejects(
    bound(certificates, ann, leaf.chainPem, leaf.keyPem, 'img.other.example'),
    refusal('9018-00000207', 'Certificate', /does not cover/),
  );
  world.advance(91 * 24 * 3_600_000);
  await assert.rejects(
    bound(certificates, ann, leaf.chainPem, leaf.keyPem),
    refusal('9018-00000206', 'Certificate', /expired/),
  );
});

test('after a rotation the key is handed on under the new master key', async (context) => {
  const { certificates, sealer } = await openRooms(context);
  const first = await bound(certificates, ann, leaf.chainPem, leaf.keyPem);
  await sealer.rotate();
  const { fingerprint256 } = first;
  const place = `certificate-key:1:${ann}:${fingerprint256}`;
  const { keySealed } = await bound(certificates, ann, leaf.chainPem, leaf.keyPem);
  assert.notEqual(keySealed, first.keySealed);
  assert.equal(sealer.rewrap(keySealed, place), keySealed);
  assert.equal(sealer.unseal(keySealed, place).toString(), leaf.keyPem);
});

test('a stored certificate whose sealed key is another than was tried is tried', async (context) => {
  const { certificates, makeBucket, put, boundId, engine } = await openRooms(context, {
    rules: { ownership: 'off' },
  });
  const bucket = await makeBucket('shop-assets');
  await put(bucket, domain, { certificatePem: leaf.chainPem, privateKeyPem: leaf.keyPem });
  const certId = String(await boundId(domain));
  const byId = { ...nothingAsked, certId };
  await certificates.prepareBinding(bucket.accountId, domain, byId);
  const number = Number.parseInt(certId, 10);
  const { keySealed } = (await engine.certificates.findCertificate(number)) ?? { keySealed: '' };
  await engine.certificates.resealCertificate(number, keySealed, `${keySealed}damaged`);
  await assert.rejects(certificates.prepareBinding(bucket.accountId, domain, byId), {
    name: 'SealingError',
  });
});

test('what is kept has a bound: the longest unused goes', () => {
  const known = new KnownServables();
  const servable = {
    leaf: leaf.x509,
    chainPem: leaf.chainPem,
    keySealed: '',
    provenKey: undefined,
  };
  known.keep(ann, 'first', servable);
  known.keep(ann, 'second', servable);
  for (let count = 2; count <= 1_000; count++) {
    assert.equal(known.find(ann, 'first'), servable);
    known.keep(ann, `text ${count}`, servable);
  }
  assert.equal(known.find(ann, 'first'), servable);
  assert.equal(known.find(ann, 'second'), undefined);
});

test('so have issuers: whoever comes with a leaf stays', async () => {
  const known = new KnownIssuers();
  const authorities = await Promise.all(
    Array.from({ length: 257 }, () => createAuthority({ now: testEpoch })),
  );
  const [first, second, ...others] = authorities.map(
    ({ certificatePem }) => new X509Certificate(certificatePem),
  );
  assert.ok(first !== undefined && second !== undefined);
  for (const each of [first, second, ...others]) {
    known.keep(each);
    known.keep(first);
  }
  assert.equal(known.read(first.raw), first);
  assert.equal(known.isKnown(first), true);
  assert.equal(known.isKnown(second), false);
  assert.notEqual(known.read(second.raw), second);
});
