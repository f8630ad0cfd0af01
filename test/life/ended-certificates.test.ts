/** What becomes of a certificate that was replaced, months later. */
import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import pino from 'pino';
import { keepCertificatesSwept } from '../../src/ended-certificates.ts';
import { openRooms } from '../rooms/cname/rooms.ts';
import { createAuthority } from '../support/certificates.ts';
import { createTestWorld, testEpoch } from '../support/world.ts';

const domain = 'img.shop.example';
const dayMs = 24 * 3_600_000;

test('one node removes it, never the one that is bound, and its CertId is unknown then', async (context) => {
  const rooms = await openRooms(context, { rules: { ownership: 'off' } });
  const { engine, world, put, boundId } = rooms;
  const authority = await createAuthority({ now: testEpoch });
  const bucket = await rooms.makeBucket('shop-assets');
  for (const isForced of [false, true]) {
    const leaf = await authority.issue({ names: [domain], now: testEpoch });
    const pair = { certificatePem: leaf.chainPem, privateKeyPem: leaf.keyPem };
    await put(bucket, domain, { ...pair, isForced });
  }
  const numbersNow = async () =>
    (await engine.certificates.listCertificates(0, 9)).map(({ number }) => number);
  const numbers = await numbersNow();
  const [replaced, bound] = numbers;
  const idOf = (number = 0) => rooms.certificates.formatCertificateId(number);
  assert.equal(await boundId(domain), idOf(bound));

  const lines: string[] = [];
  const kept = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  /** A node starts, does what is to be done, and stops. */
  async function serveOnce(seed: string): Promise<void> {
    const node = { ...createTestWorld({ seed }), clock: world.clock };
    const swept = keepCertificatesSwept({ metadata: engine }, node, pino(kept));
    const probe = { name: 'sweep: ended certificates', holder: 'probe', forMs: 1, restMs: 1_000 };
    for (const end = performance.now() + 15_000; ; await delay(1)) {
      const asked = await engine.leases.takeLease({ ...probe, now: world.clock.now() });
      if (asked.outcome === 'done') break;
      assert.ok(performance.now() < end, 'the sweep was not done');
    }
    await swept.stop();
  }

  await serveOnce('early');
  assert.deepEqual(await numbersNow(), numbers);
  // Leaves of the test live 90 days.
  world.advance(121 * dayMs);
  await serveOnce('one');
  assert.deepEqual(await numbersNow(), [bound]);
  assert.equal(await boundId(domain), idOf(bound));
  await serveOnce('other');
  const told = lines
    .map((line) => JSON.parse(line))
    .map(({ msg, sweep, count }) => [msg, sweep, count]);
  assert.deepEqual(told, [['swept', 'ended certificates', 1]]);
  await assert.rejects(put(bucket, domain, { certId: idOf(replaced), isForced: true }), {
    code: 'CertificateInvalidCasId',
  });
});
