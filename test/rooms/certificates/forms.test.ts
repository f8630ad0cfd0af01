/**
 * PEM in the forms that people and tools send (custom-domain.md 2.1), and what is no PEM at all.
 */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import type { Certificates } from '../../../src/certificates/index.ts';
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
let certificates: Certificates;
let ann: string;
let authority: TestAuthority;
let leaf: TestCertificate;
let rsaLeaf: TestCertificate;

before(async () => {
  ({ certificates, ann } = await openRooms({ after }));
  authority = await createAuthority({ now: testEpoch });
  leaf = await authority.issue({ names: [domain], now: testEpoch });
  rsaLeaf = await authority.issue({ names: [domain], now: testEpoch, key: 'RSA-2048' });
});

describe('accepted forms', () => {
  const forms: readonly [string, () => { certificatePem: string; privateKeyPem: string }][] = [
    ['as openssl writes it', () => pair(leaf.chainPem, leaf.keyPem)],
    ['on one line with blanks', () => pair(oneLine(leaf.chainPem), oneLine(leaf.keyPem))],
    ['with CR LF', () => pair(crLf(leaf.chainPem), crLf(leaf.keyPem))],
    ['without any line end', () => pair(unwrapped(leaf.chainPem), unwrapped(leaf.keyPem))],
    ['with tabs and blank lines', () => pair(spread(leaf.chainPem), spread(leaf.keyPem))],
    ['with explanations around', () => pair(`Subject: x\n${leaf.chainPem}--\n`, leaf.keyPem)],
    [
      'with the older label',
      () => pair(leaf.chainPem.replaceAll('CERTIFICATE', 'X509 CERTIFICATE'), leaf.keyPem),
    ],
    ['with a SEC1 key', () => pair(leaf.chainPem, keyPemAs(leaf.key, 'sec1'))],
    [
      'with the curve in front of a SEC1 key',
      () =>
        pair(
          leaf.chainPem,
          `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${keyPemAs(leaf.key, 'sec1')}`,
        ),
    ],
    ['with a PKCS#1 key', () => pair(rsaLeaf.chainPem, keyPemAs(rsaLeaf.key, 'pkcs1'))],
    ['with a PKCS#8 RSA key', () => pair(rsaLeaf.chainPem, rsaLeaf.keyPem)],
    [
      'with a key under the wrong label',
      () => pair(leaf.chainPem, leaf.keyPem.replaceAll('PRIVATE KEY', 'EC PRIVATE KEY')),
    ],
    ['with the leaf twice', () => pair(leaf.chainPem + leaf.chainPem, leaf.keyPem)],
  ];
  for (const [what, make] of forms) {
    test(what, async () => {
      const sent = make();
      const change = await certificates.prepareBinding(ann, domain, { ...nothingAsked, ...sent });
      assert.ok(change.kind === 'bind' && change.certificate.kind === 'new');
      const { certificate } = change.certificate;
      const expected = sent.privateKeyPem.includes('RSA') || what.includes('RSA') ? rsaLeaf : leaf;
      assert.equal(certificate.chainPem, expected.certificatePem);
      assert.equal(certificate.fingerprint, expected.x509.fingerprint);
      assert.equal(certificate.fingerprint256, expected.x509.fingerprint256);
      assert.equal(certificate.validTo, Date.parse(expected.x509.validTo));
      const unsealed = certificates.unseal({ ...certificate, number: 1 });
      assert.equal(unsealed.keyPem.toString(), expected.keyPem);
    });
  }
});

describe('chains', () => {
  test('leaf, intermediates and root in any order are stored leaf first', async () => {
    const lower = await authority.issueAuthority({ commonName: 'Lower', now: testEpoch });
    const lowest = await lower.issueAuthority({ commonName: 'Lowest', now: testEpoch });
    const issued = await lowest.issue({ names: [domain], now: testEpoch });
    const stray = await createAuthority({ commonName: 'Stray', now: testEpoch });
    const ordered = [issued.certificatePem, lowest.certificatePem, lower.certificatePem];
    const shuffled = [stray.certificatePem, ordered[2], ordered[0], ordered[1]].join('');
    const change = await certificates.prepareBinding(ann, domain, {
      ...nothingAsked,
      certificatePem: shuffled,
      privateKeyPem: issued.keyPem,
    });
    assert.ok(change.kind === 'bind' && change.certificate.kind === 'new');
    assert.equal(
      change.certificate.certificate.chainPem,
      [...ordered, stray.certificatePem].join(''),
    );
  });

  test('bytes after the end of a certificate are not kept', async () => {
    const der = Buffer.concat([leaf.x509.raw, Buffer.from('a secret note')]);
    const certificatePem = block('CERTIFICATE', der);
    const request = { ...nothingAsked, certificatePem, privateKeyPem: leaf.keyPem };
    const change = await certificates.prepareBinding(ann, domain, request);
    assert.ok(change.kind === 'bind' && change.certificate.kind === 'new');
    assert.equal(change.certificate.certificate.chainPem, leaf.certificatePem);
  });

  test('ten certificates are taken, eleven refused', async () => {
    let last = authority;
    for (let depth = 0; depth < 10; depth++) {
      last = await last.issueAuthority({ commonName: `Level ${depth}`, now: testEpoch });
    }
    const issued = await last.issue({ names: [domain], now: testEpoch });
    const all = issued.chainPem.split(/(?<=-----END CERTIFICATE-----\n)/);
    assert.equal(all.length, 11);
    const request = { ...nothingAsked, privateKeyPem: issued.keyPem };
    const ten = { ...request, certificatePem: all.slice(0, 10).join('') };
    await certificates.prepareBinding(ann, domain, ten);
    const eleven = { ...request, certificatePem: all.join('') };
    await assert.rejects(
      certificates.prepareBinding(ann, domain, eleven),
      refusal('9018-00000211', 'Certificate', /11 certificates: at most 10/),
    );
  });
});

describe('refused forms', () => {
  const other = createKey();
  const bad: readonly [string, string, string, RegExp, () => [string, string]][] = [
    ['no PEM', '9018-00000202', 'Certificate', /no PEM block/, () => ['hello', leaf.keyPem]],
    [
      'a key in Certificate',
      '9018-00000202',
      'Certificate',
      /holds a PRIVATE KEY block/,
      () => [leaf.chainPem + leaf.keyPem, leaf.keyPem],
    ],
    [
      'a request in Certificate',
      '9018-00000202',
      'Certificate',
      /CERTIFICATE REQUEST/,
      () => [leaf.chainPem.replaceAll('CERTIFICATE', 'CERTIFICATE REQUEST'), leaf.keyPem],
    ],
    [
      'no END line',
      '9018-00000202',
      'Certificate',
      /without its END line/,
      () => [leaf.chainPem.replace('-----END', '-----'), leaf.keyPem],
    ],
    [
      'an empty block',
      '9018-00000202',
      'Certificate',
      /empty CERTIFICATE block/,
      () => ['-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----', leaf.keyPem],
    ],
    [
      'no base64',
      '9018-00000202',
      'Certificate',
      /not base64/,
      () => [leaf.chainPem.replace('MII', 'M%I'), leaf.keyPem],
    ],
    [
      'no X.509',
      '9018-00000202',
      'Certificate',
      /cannot be read as X\.509/,
      () => ['-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----', leaf.keyPem],
    ],
    [
      'a certificate as the key',
      '9018-00000203',
      'PrivateKey',
      /holds a certificate/,
      () => [leaf.chainPem, leaf.chainPem],
    ],
    ['no key', '9018-00000203', 'PrivateKey', /no PEM block/, () => [leaf.chainPem, 'hello']],
    [
      'two keys',
      '9018-00000203',
      'PrivateKey',
      /more than one key/,
      () => [leaf.chainPem, leaf.keyPem + leaf.keyPem],
    ],
    [
      'a damaged key',
      '9018-00000203',
      'PrivateKey',
      /cannot be read/,
      () => [leaf.chainPem, leaf.keyPem.replace('MIG', 'AAA')],
    ],
    [
      'a public key',
      '9018-00000203',
      'PrivateKey',
      /holds a PUBLIC KEY block/,
      () => [leaf.chainPem, String(other.publicKey.export({ type: 'spki', format: 'pem' }))],
    ],
    [
      'an encrypted PKCS#8 key',
      '9018-00000204',
      'PrivateKey',
      /passphrase/,
      () => [leaf.chainPem, keyPemAs(leaf.key, 'encrypted-pkcs8')],
    ],
    [
      'an encrypted PKCS#1 key',
      '9018-00000204',
      'PrivateKey',
      /passphrase/,
      () => [rsaLeaf.chainPem, keyPemAs(rsaLeaf.key, 'encrypted-pkcs1')],
    ],
    [
      'an encrypted PKCS#1 key on one line',
      '9018-00000204',
      'PrivateKey',
      /passphrase/,
      () => [rsaLeaf.chainPem, oneLine(keyPemAs(rsaLeaf.key, 'encrypted-pkcs1'))],
    ],
    [
      'another key',
      '9018-00000205',
      'PrivateKey',
      /does not belong/,
      () => [leaf.chainPem, keyPemAs(other, 'pkcs8')],
    ],
    [
      'a key of another kind',
      '9018-00000205',
      'PrivateKey',
      /does not belong/,
      () => [leaf.chainPem, rsaLeaf.keyPem],
    ],
    [
      'too many bytes',
      '9018-00000211',
      'Certificate',
      /longer than 65536 bytes/,
      () => [leaf.chainPem + ' '.repeat(65536), leaf.keyPem],
    ],
  ];
  for (const [what, ec, argument, message, make] of bad) {
    test(what, async () => {
      const [certificatePem, privateKeyPem] = make();
      const request = { ...nothingAsked, certificatePem, privateKeyPem };
      await assert.rejects(
        certificates.prepareBinding(ann, domain, request),
        refusal(ec, argument, message),
      );
    });
  }

  test('an RSA key whose private half is damaged, though the public half fits', async () => {
    const jwk = rsaLeaf.key.privateKey.export({ format: 'jwk' });
    const damaged = damageRsaKey(keyPemAs(rsaLeaf.key, 'pkcs1'), String(jwk.d));
    assert.ok(new X509Certificate(rsaLeaf.certificatePem).publicKey);
    const request = { ...nothingAsked, certificatePem: rsaLeaf.chainPem, privateKeyPem: damaged };
    await assert.rejects(
      certificates.prepareBinding(ann, domain, request),
      refusal('9018-00000203', 'PrivateKey', /cannot make signatures|cannot be read/),
    );
  });
});

const pair = (certificatePem: string, privateKeyPem: string) => ({ certificatePem, privateKeyPem });
const oneLine = (pem: string): string => pem.trim().replaceAll('\n', ' ');
const crLf = (pem: string): string => pem.replaceAll('\n', '\r\n');
const spread = (pem: string): string => `\n\t${pem.replaceAll('\n', '\n\n\t ')}`;
const block = (label: string, der: Buffer): string =>
  `-----BEGIN ${label}-----\n${der.toString('base64')}\n-----END ${label}-----`;
const unwrapped = (pem: string): string => pem.replaceAll('\n', '');

/** Overwrites everything after the public numbers of a PKCS#1 key, lengths left as they are. */
function damageRsaKey(pem: string, d: string): string {
  const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
  const exponent = Buffer.from(d, 'base64url');
  const at = der.indexOf(exponent);
  assert.notEqual(at, -1);
  for (let index = 3; index < exponent.length; index++) der[at + index]! ^= 0x5a;
  // The CRT numbers would still sign well: damage the first of them too (RFC 8017 A.1.2).
  const rest = at + exponent.length;
  for (let index = rest + 20; index < rest + 100; index++) der[index]! ^= 0x5a;
  return block('RSA PRIVATE KEY', der);
}
