/** What can be overwritten of a private key is, as soon as it is sealed (security.md 4.5). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBindings } from '../../../src/certificates/binding.ts';
import type { StoredCertificate } from '../../../src/stores/index.ts';
import { createAuthority } from '../../support/certificates.ts';
import { createTestWorld, testEpoch } from '../../support/world.ts';
import { nothingAsked } from '../cname/rooms.ts';

test('no buffer with a key outlives its use, whether the binding succeeds or not', async () => {
  const domain = 'www.shop.example';
  const authority = await createAuthority({ now: testEpoch });
  const leaf = await authority.issue({ names: [domain], now: testEpoch });
  const other = await authority.issue({ names: [domain], now: testEpoch });
  const held: Buffer[] = [];
  let isBroken = false;
  let stored: StoredCertificate | undefined;
  const { prepareBinding } = createBindings({
    certificates: {
      findCertificate: async () => stored,
    } as unknown as Parameters<typeof createBindings>[0]['certificates'],
    sealing: {
      seal(keyPem) {
        assert.match(keyPem.toString(), /BEGIN PRIVATE KEY/);
        held.push(keyPem);
        if (isBroken) throw new Error('the sealer is broken');
        return 'sealed';
      },
      unseal() {
        const keyPem = Buffer.from(leaf.keyPem);
        held.push(keyPem);
        return keyPem;
      },
      canUnseal: () => true,
      rewrap: () => 'sealed',
    },
    region: 'cn-hangzhou',
    world: createTestWorld(),
  });
  const request = {
    ...nothingAsked,
    certificatePem: leaf.chainPem,
    privateKeyPem: leaf.keyPem,
  };
  const change = await prepareBinding('1', domain, request);
  isBroken = true;
  const next = { ...request, certificatePem: other.chainPem, privateKeyPem: other.keyPem };
  await assert.rejects(prepareBinding('1', domain, next), /the sealer is broken/);
  assert.ok(change.kind === 'bind' && change.certificate.kind === 'new');
  stored = { ...change.certificate.certificate, number: 10_000_001, keySealed: 'resealed' };
  await prepareBinding('1', domain, { ...nothingAsked, certId: '10000001-cn-hangzhou' });
  assert.equal(held.length, 3);
  for (const keyPem of held) assert.ok(keyPem.every((byte) => byte === 0));
});
