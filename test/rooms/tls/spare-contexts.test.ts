/**
 * Contexts that are used again for another certificate: whoever asks sees the leaf and the issuers
 * of its own name, whatever was in the context before.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, test } from 'node:test';
import { connect } from 'node:tls';
import { createContextBuilder } from '../../../src/tls/spare-contexts.ts';
import {
  createAuthority,
  createKey,
  type TestAuthority,
  type TestCertificate,
  type TestKey,
} from '../../support/certificates.ts';
import { createChance } from '../../support/chance.ts';
import { startStand } from './stand.ts';

const root = await createAuthority();
const issuers = [root, await root.issueAuthority(), await root.issueAuthority()];
const keys = (['P-256', 'P-384', 'RSA-2048', 'Ed25519'] as const).map((kind) => createKey(kind));

/** Of each issuer and each kind of key, some. */
async function issueAll(): Promise<{ name: string; certificate: TestCertificate }[]> {
  const all: { name: string; certificate: TestCertificate }[] = [];
  for (const issuer of issuers) {
    for (const key of keys) {
      for (let number = 0; number < 3; number++) {
        const name = `n${all.length}.shop.example`;
        all.push({ name, certificate: await issuer.issue({ names: [name], key }) });
      }
    }
  }
  return all;
}

for (const isNear of [true, false]) {
  const where = isNear ? 'at hand' : 'far away';
  test(`a hundred visits in any order, many at once, rows ${where}`, async (context) => {
    const seed = Date.now() % 1_000_000_000;
    context.diagnostic(`seed ${seed}`);
    const chance = createChance(seed);
    const all = await issueAll();
    const stand = await startStand({ limits: { countMax: 2 }, isNear });
    after(() => stand.stop());
    for (const { name, certificate } of all) stand.bind(name, certificate);

    async function visit(): Promise<void> {
      const { name, certificate } = chance.pick(all);
      // Verifies: the chain is the one that leads from this leaf to the root, and the key its own.
      const socket = connect({
        host: '127.0.0.1',
        port: stand.port,
        servername: name,
        ca: root.certificatePem,
      });
      await once(socket, 'secureConnect');
      const { fingerprint256, issuerCertificate } = socket.getPeerCertificate(true);
      assert.equal(fingerprint256, certificate.x509.fingerprint256);
      assert.ok(issuerCertificate);
      socket.destroy();
    }

    for (let round = 0; round < 10; round++) {
      await Promise.all(Array.from({ length: 10 }, visit));
    }
    assert.deepEqual(stand.faults, []);
    assert.ok(stand.contexts.count <= 2);
  });
}

test('the same issuers and the same kind of key take a place, and not in the same turn', async () => {
  const [, one, other] = issuers;
  const [p256, p384, rsa] = keys;
  assert.ok(one && other && p256 && p384 && rsa);
  const builder = createContextBuilder();
  const made = async (issuer: TestAuthority, key: TestKey) => {
    const { chainPem, keyPem } = await issuer.issue({ names: ['a.example'], key });
    return { chainPem, keyPem: Buffer.from(keyPem) };
  };
  const next = [await made(one, p256), await made(one, p384)] as const;
  const first = builder.build(await made(one, p256));
  builder.giveBack(first);
  assert.ok(builder.build(next[0]).context !== first.context);
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(builder.build(await made(other, p256)).context !== first.context);
  assert.ok(builder.build(await made(one, rsa)).context !== first.context);
  assert.ok(builder.build(next[1]).context === first.context);
});
