/** Ids, sealing and the guard, seen from outside (custom-domain.md 2.3, 2.4 and 7). */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { createSecureContext } from 'node:tls';
import { OssError } from '../../../src/errors/index.ts';
import { SealingError } from '../../../src/sealing/index.ts';
import type { StoredCertificate } from '../../../src/stores/index.ts';
import {
  createAuthority,
  type TestAuthority,
  type TestCertificate,
} from '../../support/certificates.ts';
import { testEpoch } from '../../support/world.ts';
import { nothingAsked, openRooms, type PutRequest, type Rooms } from '../cname/rooms.ts';
import { refusal } from './refusal.ts';

const domain = 'img.shop.example';
let authority: TestAuthority;
let first: TestCertificate;
let second: TestCertificate;

before(async () => {
  authority = await createAuthority({ now: testEpoch });
  first = await authority.issue({ names: ['*.shop.example'], now: testEpoch });
  second = await authority.issue({ names: ['*.shop.example'], now: testEpoch });
});

const inline = (leaf: TestCertificate): PutRequest => ({
  certificatePem: leaf.chainPem,
  privateKeyPem: leaf.keyPem,
});

const prepare = (rooms: Rooms, accountId: string, request: PutRequest, name = domain) =>
  rooms.certificates.prepareBinding(accountId, name, { ...nothingAsked, ...request });

async function storedOf(rooms: Rooms, name: string): Promise<StoredCertificate> {
  const bound = await rooms.certificates.findBoundCertificate(name);
  assert.ok(bound);
  return bound.certificate;
}

describe('ids', () => {
  test('are the number and the region', async (context) => {
    const rooms = await openRooms(context);
    assert.equal(rooms.certificates.formatCertificateId(10457788), '10457788-cn-hangzhou');
    const bucket = await rooms.makeBucket('shop-assets');
    await rooms.map(bucket, domain, inline(first));
    assert.match(String(await rooms.boundId(domain)), /^[1-9][0-9]*-cn-hangzhou$/);
  });

  test('an id names a certificate of the account only', async (context) => {
    const rooms = await openRooms(context);
    const bucket = await rooms.makeBucket('shop-assets');
    await rooms.map(bucket, domain, inline(first));
    const certId = String(await rooms.boundId(domain));
    const [number = ''] = certId.split('-');
    const change = await prepare(rooms, rooms.ann, { certId });
    assert.deepEqual(change, {
      kind: 'bind',
      guard: { kind: 'expect', certificateNumber: undefined },
      certificate: { kind: 'stored', number: Number(number) },
    });
    const strange: readonly [string, string][] = [
      [rooms.ben, certId],
      [rooms.ann, `${Number(number) + 1}-cn-hangzhou`],
      [rooms.ann, `${number}-ap-southeast-1`],
      [rooms.ann, `${number}-cas.aliyuncs.com`],
      [rooms.ann, `${number}-`],
      [rooms.ann, number],
      [rooms.ann, `0${number}-cn-hangzhou`],
      [rooms.ann, `+${number}-cn-hangzhou`],
      [rooms.ann, `${number}-cn-hangzhou\n`],
      [rooms.ann, '99999999999999999999999999-cn-hangzhou'],
      [rooms.ann, '-1-cn-hangzhou'],
      [rooms.ann, 'x'.repeat(63)],
    ];
    for (const [account, id] of strange) {
      await assert.rejects(prepare(rooms, account, { certId: id }), (problem) => {
        assert.ok(problem instanceof OssError);
        assert.equal(problem.code, 'CertificateInvalidCasId');
        assert.equal(problem.status, 400);
        assert.equal(problem.ec, '0018-00000204');
        assert.equal(
          problem.message,
          'The CAS ID is invalid: not exist or not belong to the owner of the bucket',
        );
        return true;
      });
    }
  });

  test('an id of 64 bytes is too long, whatever the characters', async (context) => {
    const rooms = await openRooms(context);
    for (const certId of ['x'.repeat(64), 'é'.repeat(32)]) {
      await assert.rejects(
        prepare(rooms, rooms.ann, { certId }),
        refusal('0018-00000206', 'CertId', /shorter than 64 bytes/),
      );
    }
  });

  test('an id beside material must name that very certificate', async (context) => {
    const rooms = await openRooms(context);
    const bucket = await rooms.makeBucket('shop-assets');
    await rooms.map(bucket, domain, inline(first));
    const certId = String(await rooms.boundId(domain));
    const same = await prepare(rooms, rooms.ann, { certId, ...inline(first) });
    assert.ok(same.kind === 'bind' && same.certificate.kind === 'stored');
    await assert.rejects(
      prepare(rooms, rooms.ann, { certId, ...inline(second) }),
      refusal('9018-00000210', 'CertId', /another certificate/),
    );
    await assert.rejects(
      prepare(rooms, rooms.ann, { certId: '77-cn-hangzhou', ...inline(first) }),
      {
        code: 'CertificateInvalidCasId',
      },
    );
  });

  test('a stored certificate is judged again: by the domain and by today', async (context) => {
    const rooms = await openRooms(context);
    const bucket = await rooms.makeBucket('shop-assets');
    await rooms.map(bucket, domain, inline(first));
    const certId = String(await rooms.boundId(domain));
    await assert.rejects(
      prepare(rooms, rooms.ann, { certId }, 'img.other.example'),
      refusal('9018-00000207', 'Certificate', /does not cover/),
    );
    rooms.world.advance(91 * 24 * 3_600_000);
    await assert.rejects(
      prepare(rooms, rooms.ann, { certId }),
      refusal('9018-00000206', 'Certificate', /expired/),
    );
  });
});

describe('combinations', () => {
  test('a key without its certificate, and the other way round', async (context) => {
    const rooms = await openRooms(context);
    const { certificatePem, privateKeyPem } = inline(first);
    await assert.rejects(
      prepare(rooms, rooms.ann, { privateKeyPem }),
      refusal('0018-00000210', 'Certificate', /PrivateKey is given without Certificate/),
    );
    await assert.rejects(
      prepare(rooms, rooms.ann, { certificatePem }),
      refusal('9018-00000201', 'PrivateKey', /Certificate is given without PrivateKey/),
    );
  });

  test('nothing, or nothing but a guard, keeps what is bound', async (context) => {
    const rooms = await openRooms(context);
    const keep = { kind: 'keep' };
    assert.deepEqual(await prepare(rooms, rooms.ann, {}), keep);
    assert.deepEqual(await prepare(rooms, rooms.ann, { isForced: true }), keep);
    assert.deepEqual(await prepare(rooms, rooms.ann, { previousCertId: '1-cn-hangzhou' }), keep);
  });

  test('an unbind is guarded by the id it gives, and not without one', async (context) => {
    const rooms = await openRooms(context);
    const guard = async (previousCertId?: string) => {
      const request = { isUnbind: true, ...(previousCertId ? { previousCertId } : {}) };
      const change = await prepare(rooms, rooms.ann, request);
      assert.equal(change.kind, 'unbind');
      return change.kind === 'unbind' ? change.guard : undefined;
    };
    const expecting = (certificateNumber: number) => ({ kind: 'expect', certificateNumber });
    assert.deepEqual(await guard('12-cn-hangzhou'), expecting(12));
    assert.deepEqual(await guard(), { kind: 'forced' });
    // An id of another installation matches neither a certificate nor "none".
    assert.deepEqual(await guard('12-ap-southeast-1'), expecting(-1));
  });
});

describe('keys at rest', () => {
  test('the key comes back as it was, and TLS takes it', async (context) => {
    const rooms = await openRooms(context);
    await rooms.map(await rooms.makeBucket('shop-assets'), domain, inline(first));
    const stored = await storedOf(rooms, domain);
    assert.doesNotMatch(stored.keySealed, /PRIVATE|BEGIN/);
    const unsealed = rooms.certificates.unseal(stored);
    assert.equal(unsealed.keyPem.toString(), first.keyPem);
    createSecureContext({ cert: unsealed.chainPem, key: unsealed.keyPem });
  });

  test('a sealed key opens for its own account and certificate only', async (context) => {
    const rooms = await openRooms(context);
    await rooms.map(await rooms.makeBucket('shop-assets'), domain, inline(first));
    const stored = await storedOf(rooms, domain);
    const now = rooms.world.clock.now();
    assert.equal(rooms.certificates.isUsable(stored, now), true);
    const moved: readonly StoredCertificate[] = [
      { ...stored, accountId: rooms.ben },
      { ...stored, fingerprint256: second.x509.fingerprint256 },
      { ...stored, keySealed: stored.keySealed.slice(0, -4) },
    ];
    for (const certificate of moved) {
      assert.throws(() => rooms.certificates.unseal(certificate), SealingError);
      assert.equal(rooms.certificates.isUsable(certificate, now), false);
    }
    assert.equal(rooms.certificates.isUsable(stored, stored.validTo), true);
    assert.equal(rooms.certificates.isUsable(stored, stored.validTo + 1), false);
  });

  test('the key is nowhere in the database, the audit record or an error', async (context) => {
    const rooms = await openRooms(context);
    const bucket = await rooms.makeBucket('shop-assets');
    await rooms.map(bucket, domain, inline(first));
    const strange = await authority.issue({ names: ['other.example'], now: testEpoch });
    const problem = await rooms.put(bucket, domain, { ...inline(strange), isForced: true }).then(
      () => assert.fail('was refused'),
      (error: unknown) => error,
    );
    const records = await rooms.engine.audit.listAudit({ limit: 100 });
    const told = JSON.stringify([records, problem, String(problem), (problem as Error).stack]);
    for (const certificate of [first, strange]) {
      // The scalar of the private key, as it stands on the second line of the PEM.
      const canary = certificate.keyPem.split('\n')[1] ?? '';
      assert.equal(canary.length, 64);
      assert.ok(!told.includes(canary));
      for (const name of readdirSync(rooms.folder)) {
        assert.ok(!readFileSync(join(rooms.folder, name)).includes(canary), name);
      }
    }
    assert.ok(told.includes(first.x509.fingerprint256), 'the fingerprint is what is kept');
  });
});
