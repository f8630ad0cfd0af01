import { strict as assert } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { accountId, actor, now, unique } from './samples.ts';
import { type EngineUnderTest, engineForSuite } from './under-test.ts';

export function auditStoreContract(under: EngineUnderTest): void {
  describe(`audit on ${under.name}`, () => {
    const suite = engineForSuite(under);
    const record = (domain: string, ownerId: string, step: number) => ({
      ...actor,
      at: now + step,
      action: 'PutCname',
      ownerId,
      domain,
      bucket: 'shop-assets',
      detail: { step, answer: ['one', null, { deep: true }], text: 'snow ☃ and NUL \u0000' },
    });

    it('records come back whole, newest first, by domain, owner and sequence', async () => {
      const { audit } = suite.engine;
      const domain = unique('audited.example');
      const owner = accountId();
      for (let step = 0; step < 5; step += 1) {
        await audit.appendAudit(record(domain, owner, step));
        await audit.appendAudit(record(unique('other.example'), owner, step));
      }
      const ofDomain = await audit.listAudit({ domain, limit: 10 });
      assert.deepEqual(
        ofDomain.map(({ sequence, ...rest }) => rest),
        [4, 3, 2, 1, 0].map((step) => record(domain, owner, step)),
      );
      const sequences = ofDomain.map(({ sequence }) => sequence);
      assert.deepEqual(
        sequences,
        sequences.toSorted((one, other) => other - one),
      );
      assert.equal((await audit.listAudit({ ownerId: owner, limit: 100 })).length, 10);
      assert.equal((await audit.listAudit({ ownerId: owner, limit: 3 })).length, 3);
      const before = sequences[1] ?? 0;
      const older = await audit.listAudit({ domain, before, limit: 10 });
      assert.deepEqual(older, ofDomain.slice(2));
      assert.deepEqual(await audit.listAudit({ domain, ownerId: accountId(), limit: 9 }), []);
    });
  });
}
