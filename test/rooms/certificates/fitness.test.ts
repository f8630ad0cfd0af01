/** Which certificates may serve a domain (custom-domain.md 6.2, DESIGN ruling 23). */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  createAuthority,
  createSelfSigned,
  type LeafOptions,
  type TestAuthority,
  type TestCertificate,
  withMd5Signature,
} from '../../support/certificates.ts';
import { testEpoch } from '../../support/world.ts';
import { nothingAsked, openRooms, type Rooms } from '../cname/rooms.ts';
import { refusal } from './refusal.ts';

const day = 24 * 3_600_000;
const domain = 'img.shop.example';
let rooms: Rooms;
let authority: TestAuthority;
let rsaAuthority: TestAuthority;

before(async () => {
  rooms = await openRooms({ after });
  authority = await createAuthority({ now: testEpoch });
  rsaAuthority = await createAuthority({ now: testEpoch, key: 'RSA-2048' });
});

const issue = (options: Partial<LeafOptions> = {}, from = authority): Promise<TestCertificate> =>
  from.issue({ names: [domain], now: testEpoch, ...options });

const bind = (rooms: Rooms, { chainPem, keyPem }: { chainPem: string; keyPem: string }) =>
  rooms.certificates.prepareBinding(rooms.ann, domain, {
    ...nothingAsked,
    certificatePem: chainPem,
    privateKeyPem: keyPem,
  });

describe('names', () => {
  const covering: readonly [string, Partial<LeafOptions>][] = [
    ['the very name', {}],
    ['the name among others', { names: ['a.example', domain, 'b.example'] }],
    ['the name in capitals', { names: ['IMG.Shop.Example'] }],
    ['a wildcard one label up', { names: ['*.shop.example'] }],
    ['the common name, when there are no alternative names', { names: [], commonName: domain }],
  ];
  for (const [what, options] of covering) {
    test(`covered: ${what}`, async () => {
      const change = await bind(rooms, await issue(options));
      assert.equal(change.kind, 'bind');
    });
  }

  const strange: readonly [string, Partial<LeafOptions>][] = [
    ['another name', { names: ['shop.example'] }],
    ['a wildcard two labels up', { names: ['*.example'] }],
    ['a wildcard below', { names: ['*.img.shop.example'] }],
    ['a partial wildcard', { names: ['i*.shop.example'] }],
    ['a wildcard in the middle', { names: ['img.*.example'] }],
    ['the common name beside alternative names', { names: ['a.example'], commonName: domain }],
    [
      'the common name beside an address',
      { names: [], addresses: ['192.0.2.1'], commonName: domain },
    ],
    ['no name at all', { names: [] }],
  ];
  for (const [what, options] of strange) {
    test(`not covered: ${what}`, async () => {
      await assert.rejects(
        bind(rooms, await issue(options)),
        refusal('9018-00000207', 'Certificate', /does not cover img\.shop\.example/),
      );
    });
  }
});

describe('time', () => {
  test('a certificate is valid from its first to its last second', async () => {
    const leaf = await issue({ notBefore: testEpoch, notAfter: testEpoch + day });
    await bind(rooms, leaf);
    rooms.world.advance(day);
    await bind(rooms, leaf);
    rooms.world.advance(1);
    await assert.rejects(
      bind(rooms, leaf),
      refusal('9018-00000206', 'Certificate', /expired at Nov 23 09:00:00 2026 GMT/),
    );
    rooms.world.advance(-day - 2);
    await assert.rejects(
      bind(rooms, leaf),
      refusal('9018-00000206', 'Certificate', /not valid before Nov 22 09:00:00 2026 GMT/),
    );
    rooms.world.advance(1);
  });

  test('an expired intermediate is not judged, only the leaf is', async () => {
    const old = await authority.issueAuthority({ now: testEpoch, notAfter: testEpoch - 1 });
    assert.equal((await bind(rooms, await issue({}, old))).kind, 'bind');
  });
});

describe('keys and signatures', () => {
  for (const key of ['P-256', 'P-384', 'Ed25519', 'RSA-2048', 'RSA-3072'] as const) {
    test(`accepted: ${key}`, async () => {
      assert.equal((await bind(rooms, await issue({ key }))).kind, 'bind');
    });
  }

  const weak: readonly [LeafOptions['key'], RegExp][] = [
    ['RSA-1024', /RSA with 1024 bits/],
    ['P-521', /curve secp521r1/],
    ['secp256k1', /curve secp256k1/],
  ];
  for (const [key, message] of weak) {
    test(`refused: ${String(key)}`, async () => {
      const leaf = await issue({ key: key ?? 'P-256' });
      await assert.rejects(bind(rooms, leaf), refusal('9018-00000208', 'Certificate', message));
    });
  }

  test('self-signed and unknown authorities are accepted', async () => {
    const leaf = await createSelfSigned({ names: [domain], now: testEpoch, key: 'RSA-2048' });
    assert.equal((await bind(rooms, leaf)).kind, 'bind');
  });

  test('signatures with SHA-256 and SHA-384, PSS too, are accepted', async () => {
    await bind(rooms, await issue({ digest: 'SHA-384' }));
    await bind(rooms, await issue({ digest: 'SHA-384' }, rsaAuthority));
    await bind(rooms, await issue({ isPss: true }, rsaAuthority));
  });

  test('signatures with SHA-1 and MD5 are refused, self-made ones too', async () => {
    const rsaLeaf = await issue({}, rsaAuthority);
    const leaves = [
      await issue({ digest: 'SHA-1' }),
      await issue({ digest: 'SHA-1' }, rsaAuthority),
      await issue({ digest: 'SHA-1', isPss: true }, rsaAuthority),
      await createSelfSigned({ names: [domain], now: testEpoch, digest: 'SHA-1' }),
      { chainPem: withMd5Signature(rsaLeaf), keyPem: rsaLeaf.keyPem },
    ];
    for (const leaf of leaves) {
      await assert.rejects(
        bind(rooms, leaf),
        refusal('9018-00000209', 'Certificate', /MD5 or SHA-1/),
      );
    }
  });

  test('what TLS itself will not serve is refused with the reason', async () => {
    const weakAuthority = await authority.issueAuthority({ now: testEpoch, key: 'RSA-1024' });
    await assert.rejects(
      bind(rooms, await issue({}, weakAuthority)),
      refusal('9018-00000202', 'Certificate', /TLS cannot serve this certificate: .*too small/),
    );
  });

  test('an issuer that TLS took once stays in chains; one that it refuses it refuses each time', async () => {
    const middle = await authority.issueAuthority({ now: testEpoch });
    const weak = await middle.issueAuthority({ now: testEpoch, key: 'RSA-1024' });
    for (let count = 0; count < 2; count++) {
      const leaf = await issue({}, middle);
      const change = await bind(rooms, leaf);
      assert.ok(change.kind === 'bind' && change.certificate.kind === 'new');
      assert.equal(change.certificate.certificate.chainPem, leaf.chainPem);
      await assert.rejects(
        bind(rooms, await issue({}, weak)),
        refusal('9018-00000202', 'Certificate', /TLS cannot serve this certificate: .*too small/),
      );
      await assert.rejects(
        bind(rooms, { chainPem: leaf.chainPem + weak.certificatePem, keyPem: leaf.keyPem }),
        refusal('9018-00000202', 'Certificate', /TLS cannot serve this certificate: .*too small/),
      );
    }
  });
});

describe('warnings', () => {
  const warningsAfter = async (rooms: Rooms, leaf: TestCertificate): Promise<string[]> => {
    const change = await bind(rooms, leaf);
    assert.ok(change.kind === 'bind' && change.certificate.kind === 'new');
    const stored = { ...change.certificate.certificate, number: 1 };
    return rooms.certificates.warningsOf(stored, rooms.world.clock.now());
  };

  test('a certificate with thirty days left has no warning, with less it has', async () => {
    assert.deepEqual(
      await warningsAfter(rooms, await issue({ notAfter: testEpoch + 30 * day })),
      [],
    );
    assert.deepEqual(
      await warningsAfter(rooms, await issue({ notAfter: testEpoch + 30 * day - 1000 })),
      ['The certificate expires in 29 days: renew it.'],
    );
  });

  test('a leaf of a private authority without its root has no warning', async () => {
    assert.deepEqual(await warningsAfter(rooms, await issue()), []);
  });

  test('a missing intermediate that the leaf says where to fetch is warned of', async () => {
    const leaf = await issue({ issuerUrl: 'http://ca.example/lower.crt' });
    assert.deepEqual(await warningsAfter(rooms, leaf), [
      'The chain is incomplete: the certificate of CN=Test Root is missing.',
    ]);
  });
});
