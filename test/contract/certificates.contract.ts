import { strict as assert } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { accountId, makeBucket, mapWithSample, unique } from './samples.ts';
import { type EngineUnderTest, engineForSuite } from './under-test.ts';

export function certificateStoreContract(under: EngineUnderTest): void {
  describe(`certificates on ${under.name}`, () => {
    const suite = engineForSuite(under);
    const store = async (owner: string, fingerprint256 = unique('AA')) => {
      const bucket = await makeBucket(suite.engine, owner);
      return mapWithSample(suite.engine, bucket, unique('stored.example'), { fingerprint256 });
    };

    it('a certificate bound inline is stored whole under a number of eight digits', async () => {
      const { number, certificate } = await store(accountId());
      assert.match(String(number), /^[1-9][0-9]{7}$/);
      const found = await suite.engine.certificates.findCertificate(number);
      assert.deepEqual(found, { number, ...certificate });
      assert.equal(await suite.engine.certificates.findCertificate(1), undefined);
    });

    it('a leaf is one certificate in an account, and another in the next', async () => {
      const owner = accountId();
      const fingerprint = unique('AA');
      const first = await store(owner, fingerprint);
      const second = await store(owner, fingerprint);
      const other = await store(accountId(), fingerprint);
      assert.equal(second.number, first.number);
      assert.notEqual(other.number, first.number);
      // The sealed key of the first stands: it is the same key in another envelope.
      const found = await suite.engine.certificates.findCertificate(first.number);
      assert.equal(found?.keySealed, first.certificate.keySealed);
    });

    it('all are paged through in the order of their numbers', async () => {
      for (let count = 0; count < 5; count += 1) await store(accountId());
      const seen: number[] = [];
      for (let after = 0; ; ) {
        const page = await suite.engine.certificates.listCertificates(after, 2);
        assert.ok(page.length <= 2);
        const last = page.at(-1);
        if (last === undefined) break;
        after = last.number;
        seen.push(...page.map(({ number }) => number));
      }
      assert.ok(seen.length >= 5);
      assert.deepEqual(
        seen,
        [...new Set(seen)].sort((one, other) => one - other),
      );
    });

    it('a key is resealed only while it still is what the caller read', async () => {
      const { certificates } = suite.engine;
      const { number, certificate } = await store(accountId());
      const { keySealed } = certificate;
      assert.equal(await certificates.resealCertificate(number, keySealed, 'new'), 'done');
      assert.equal(await certificates.resealCertificate(number, keySealed, 'late'), 'changed');
      assert.equal((await certificates.findCertificate(number))?.keySealed, 'new');
    });
  });
}
