/** One context tries certificate after certificate; each must be judged as in one of its own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { KnownIssuers } from '../../../src/certificates/issuers.ts';
import type { CertificateMaterial } from '../../../src/certificates/material.ts';
import { Trial } from '../../../src/certificates/trial.ts';
import { createAuthority, type LeafOptions } from '../../support/certificates.ts';
import { testEpoch } from '../../support/world.ts';

const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);

const keys: readonly NonNullable<LeafOptions['key']>[] = [
  'P-256',
  'P-256',
  'P-384',
  'Ed25519',
  'RSA-2048',
  'RSA-2048',
  'RSA-1024',
];

async function createMaterials(): Promise<CertificateMaterial[]> {
  const authority = await createAuthority({ now: testEpoch });
  const leaves = await Promise.all(
    keys.map((key) => authority.issue({ names: ['img.shop.example'], now: testEpoch, key })),
  );
  const materials = leaves.map(({ x509, chainPem, keyPem }) => ({
    leaf: x509,
    issuers: [],
    chainPem,
    keyPem: Buffer.from(keyPem),
  }));
  // Of the same kind of key, and not its own.
  const [first, second] = materials;
  assert.ok(first && second);
  return [...materials, { ...first, keyPem: second.keyPem }];
}

function refusalOf(attempt: () => void): string | undefined {
  try {
    attempt();
    return undefined;
  } catch (problem) {
    return problem instanceof Error ? problem.message : String(problem);
  }
}

test('whatever was tried before it', async (context) => {
  context.diagnostic(`SEED=${seed}`);
  const materials = await createMaterials();
  const expected = materials.map(({ chainPem, keyPem }) =>
    refusalOf(() => new Trial(new KnownIssuers()).tryChain(chainPem, keyPem)),
  );
  assert.deepEqual(
    expected.map((refusal) => refusal === undefined),
    [true, true, true, true, true, true, false, false],
  );
  fc.assert(
    fc.property(fc.array(fc.nat(materials.length - 1), { maxLength: 20 }), (order) => {
      const trial = new Trial(new KnownIssuers());
      for (const number of order) {
        const material = materials[number];
        assert.ok(material);
        const refusal = refusalOf(() => trial.tryMaterial(material));
        assert.equal(refusal, expected[number], `${number} of ${order}`);
      }
    }),
    { seed },
  );
});
