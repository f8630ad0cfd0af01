import { strict as assert } from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Bucket } from '../../src/stores/index.ts';
import { actor, hourMs, makeBucket, mapping, now, takeToken, unique } from './samples.ts';
import { type EngineUnderTest, engineForSuite } from './under-test.ts';

export function cnameTokenContract(under: EngineUnderTest): void {
  describe(`tokens on ${under.name}`, () => {
    const suite = engineForSuite(under);
    const take = (bucket: Pick<Bucket, 'id'>, domain: string, at: number, tokensMax = 1000) =>
      suite.engine.cnames.takeOrReuseToken({
        domain,
        bucketId: bucket.id,
        fresh: { token: unique('token'), createdAt: at, expiresAt: at + hourMs },
        tokensMax,
        audit: { actor },
      });

    it('a live token is given again unchanged; a dead one is replaced', async () => {
      const { cnames } = suite.engine;
      const bucket = await makeBucket(suite.engine);
      const domain = unique('token.example');
      const first = await take(bucket, domain, now);
      assert.equal(first.outcome, 'issued');
      assert.equal('isReused' in first && first.isReused, false);
      const lastMoment = await take(bucket, domain, now + hourMs - 1);
      assert.deepEqual(lastMoment, { ...first, isReused: true });
      const expired = await take(bucket, domain, now + hourMs);
      assert.equal('isReused' in expired && expired.isReused, false);
      assert.notDeepEqual(expired, first);
      const found = await cnames.findToken(bucket.id, domain, now + hourMs);
      assert.deepEqual(expired, { outcome: 'issued', token: found, isReused: false });
    });

    it('a token is dead at its expiry and alive a millisecond before', async () => {
      const { cnames } = suite.engine;
      const bucket = await makeBucket(suite.engine);
      const domain = unique('edge.example');
      const token = await takeToken(suite.engine, bucket, domain, now, hourMs);
      const alive = await cnames.findToken(bucket.id, domain, now + hourMs - 1);
      assert.equal(alive?.token, token);
      assert.equal(await cnames.findToken(bucket.id, domain, now + hourMs), undefined);
      assert.equal((await cnames.findTokenOfAnyAge(bucket.id, domain))?.token, token);
      const late = mapping(bucket, domain, {
        proof: { kind: 'token', token },
        now: now + hourMs,
      });
      assert.deepEqual(await cnames.changeMapping(late), { outcome: 'not-proven' });
      const inTime = await cnames.changeMapping({ ...late, now: now + hourMs - 1 });
      assert.equal(inTime.outcome, 'mapped');
    });

    it('tokens belong to bucket and domain', async () => {
      const [one, other] = [await makeBucket(suite.engine), await makeBucket(suite.engine)];
      const domain = unique('scope.example');
      const token = await takeToken(suite.engine, one, domain);
      assert.notEqual(await takeToken(suite.engine, other, domain), token);
      const { cnames } = suite.engine;
      const stolen = mapping(other, domain, { proof: { kind: 'token', token } });
      assert.deepEqual(await cnames.changeMapping(stolen), { outcome: 'not-proven' });
      assert.equal(await cnames.findToken(one.id, unique('else.example'), now), undefined);
    });

    it('only live tokens count towards the limit of a bucket', async () => {
      const bucket = await makeBucket(suite.engine);
      for (let count = 0; count < 3; count += 1) await take(bucket, unique('t.example'), now, 3);
      assert.deepEqual(await take(bucket, unique('t.example'), now + 1, 3), {
        outcome: 'too-many',
      });
      const later = await take(bucket, unique('t.example'), now + hourMs, 3);
      assert.equal(later.outcome, 'issued');
    });

    it('concurrent callers of one domain are given one token', async () => {
      const bucket = await makeBucket(suite.engine);
      const domain = unique('shared.example');
      const taken = await Promise.all(Array.from({ length: 30 }, () => take(bucket, domain, now)));
      const tokens = new Set(taken.map((each) => 'token' in each && each.token.token));
      assert.equal(tokens.size, 1);
      const records = await suite.engine.audit.listAudit({ domain, limit: 10 });
      assert.deepEqual(
        records.map(({ action, bucket: name }) => [action, name]),
        [['CreateCnameToken', bucket.name]],
      );
    });

    it('a mapped domain needs no token; a missing bucket gets none', async () => {
      const bucket = await makeBucket(suite.engine);
      const domain = unique('mapped.example');
      await suite.engine.cnames.changeMapping(mapping(bucket, domain));
      assert.deepEqual(await take(bucket, domain, now), { outcome: 'mapped' });
      assert.deepEqual(await take({ id: 999_999 }, domain, now), { outcome: 'no-bucket' });
      const elsewhere = await makeBucket(suite.engine);
      assert.equal((await take(elsewhere, domain, now)).outcome, 'issued');
    });
  });
}
