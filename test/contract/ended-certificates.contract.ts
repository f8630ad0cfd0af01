import { strict as assert } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { removeEndedCertificates } from '../../src/certificates/index.ts';
import type { Bucket, EndedCertificate, NewCertificate } from '../../src/stores/index.ts';
import { createTestWorld } from '../support/world.ts';
import {
  accountId,
  actor,
  bindNew,
  bindStored,
  makeBucket,
  mapping,
  mapWithSample,
  now,
  unique,
} from './samples.ts';
import { type EngineUnderTest, engineForSuite } from './under-test.ts';

const dayMs = 86_400_000;

export function endedCertificateContract(under: EngineUnderTest): void {
  describe(`ended certificates on ${under.name}`, () => {
    const suite = engineForSuite(under);

    async function bind(bucket: Bucket, changes: Partial<NewCertificate> = {}, domain?: string) {
      const name = domain ?? unique('ended.example');
      const bound = await mapWithSample(suite.engine, bucket, name, changes);
      return { bucket, domain: name, ...bound };
    }

    /** A certificate that was bound once and is not any more. */
    async function leave(bucket: Bucket, changes: Partial<NewCertificate> = {}) {
      const bound = await bind(bucket, changes);
      await release(bucket, bound.domain);
      return bound;
    }

    const release = (bucket: Bucket, domain: string) =>
      suite.engine.cnames.releaseDomain({ bucketId: bucket.id, domain, now, audit: { actor } });

    const isThere = async (number: number) =>
      (await suite.engine.certificates.findCertificate(number)) !== undefined;

    async function allEnded(before: number, limit: number): Promise<EndedCertificate[]> {
      const all: EndedCertificate[] = [];
      for (let isMore = true; isMore; ) {
        const after = all.at(-1);
        const page = await suite.engine.certificates.listEndedCertificates({
          before,
          after,
          limit,
        });
        assert.ok(page.length <= limit);
        all.push(...page);
        isMore = page.length === limit;
      }
      return all;
    }

    it('are told in the order of their end, each with whether a domain binds it', async () => {
      const bucket = await makeBucket(suite.engine);
      const before = now - 1_000 * dayMs;
      const late = await leave(bucket, { validTo: before - 1 });
      const twins = [
        await bind(bucket, { validTo: before - dayMs }),
        await leave(bucket, { validTo: before - dayMs }),
      ];
      await leave(bucket, { validTo: before });
      const expected = [
        ...twins.map(({ number }, index) => {
          return { number, validTo: before - dayMs, isBound: index === 0 };
        }),
        { number: late.number, validTo: before - 1, isBound: false },
      ];
      for (const limit of [1, 2, 3, 4]) {
        assert.deepEqual(await allEnded(before, limit), expected);
      }
    });

    it('are removed only where no domain binds them', async () => {
      const bucket = await makeBucket(suite.engine);
      const bound = await bind(bucket);
      const left = await leave(bucket);
      const { certificates } = suite.engine;
      const numbers = [bound.number, left.number, 1];
      assert.equal(await certificates.removeUnboundCertificates(numbers), 1);
      assert.equal(await isThere(bound.number), true);
      assert.equal(await isThere(left.number), false);
      assert.equal(await certificates.removeUnboundCertificates(numbers), 0);
    });

    it('stay while one of several domains binds them', async () => {
      const bucket = await makeBucket(suite.engine);
      const { certificates } = suite.engine;
      const one = await bind(bucket);
      const other = await bind(bucket, one.certificate);
      assert.equal(one.number, other.number);
      await release(bucket, one.domain);
      assert.equal(await certificates.removeUnboundCertificates([one.number]), 0);
      await release(bucket, other.domain);
      assert.equal(await certificates.removeUnboundCertificates([one.number]), 1);
    });

    it('cannot be bound once removed; sent again they get a number of their own', async () => {
      const bucket = await makeBucket(suite.engine);
      const { certificates, cnames } = suite.engine;
      const left = await leave(bucket);
      await certificates.resealCertificate(left.number, left.certificate.keySealed, 'again');
      assert.equal(await certificates.removeUnboundCertificates([left.number]), 1);
      const domain = unique('late.example');
      const late = mapping(bucket, domain, { binding: bindStored(left.number) });
      assert.deepEqual(await cnames.changeMapping(late), { outcome: 'no-certificate' });
      assert.equal(await cnames.findDomain(domain), undefined);
      assert.equal(await certificates.resealCertificate(left.number, 'again', 'more'), 'changed');
      const again = await bind(bucket, left.certificate, domain);
      assert.ok(again.number > left.number);
    });

    it('are removed once by two sweeps at once, and both go through', async () => {
      const bucket = await makeBucket(suite.engine);
      // Ended before every other of this suite, and looked at when no other had.
      const validTo = now - 5_000 * dayMs;
      const bound = await bind(bucket, { validTo });
      const left: number[] = [];
      for (let count = 0; count < 250; count += 1) {
        left.push((await leave(bucket, { validTo })).number);
      }
      const other = await suite.openAgain();
      const held = { isHeld: () => true, signal: new AbortController().signal };
      const world = createTestWorld({ now: validTo + 31 * dayMs });
      const sweeps = [suite.engine, other].map(({ certificates }) =>
        removeEndedCertificates(certificates, world, held),
      );
      const [one = 0, two = 0] = await Promise.all(sweeps);
      assert.equal(one + two, left.length);
      for (const number of left) assert.equal(await isThere(number), false);
      assert.equal(await isThere(bound.number), true);
    });

    it('bound and removed in the same moment: one of the two happens, never both', async () => {
      const bucket = await makeBucket(suite.engine, accountId());
      const { certificates, cnames } = suite.engine;
      const other = (await suite.openAgain()).cnames;
      const seen = { bound: 0, removed: 0 };
      for (let round = 0; round < 40; round += 1) {
        const { number, certificate } = await leave(bucket);
        const domain = unique('race.example');
        const isSent = round % 2 === 0;
        const binding = isSent ? bindNew(certificate) : bindStored(number);
        const store = round % 4 < 2 ? cnames : other;
        const bindIt = () => store.changeMapping(mapping(bucket, domain, { binding }));
        const early = round % 8 < 4 ? bindIt() : undefined;
        const removal = certificates.removeUnboundCertificates([number]);
        const [bound, count] = await Promise.all([early ?? bindIt(), removal]);
        assert.equal(await isThere(number), count === 0);
        seen[count === 0 ? 'bound' : 'removed'] += 1;
        if (isSent || count === 0) {
          assert.ok(bound.outcome === 'mapped' && bound.certificateNumber !== undefined);
          assert.equal(bound.certificateNumber === number, count === 0);
          assert.equal(await isThere(bound.certificateNumber), true);
          await release(bucket, domain);
        } else {
          assert.deepEqual(bound, { outcome: 'no-certificate' });
        }
      }
      assert.equal(seen.bound + seen.removed, 40);
    });
  });
}
