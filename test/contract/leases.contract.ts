import { strict as assert } from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { MetadataEngine } from '../../src/stores/index.ts';
import { makeBucket, sampleObject, unique } from './samples.ts';
import { type EngineUnderTest, engineForSuite } from './under-test.ts';

export interface LeasesUnderTest extends EngineUnderTest {
  /** Where the database has a clock of its own: what it remembers is so much longer ago. */
  readonly passTime?: (ms: number) => Promise<void>;
}

const forMs = 30_000;

export function leaseStoreContract(under: LeasesUnderTest): void {
  describe(`leases on ${under.name}`, () => {
    const suite = engineForSuite(under);
    let now = Date.UTC(2026, 10, 22);

    async function pass(ms: number): Promise<void> {
      now += ms;
      await under.passTime?.(ms);
    }
    const take = (name: string, holder = 'one', restMs = 0, engine = suite.engine) =>
      engine.leases.takeLease({ name, holder, forMs, restMs, now });
    async function taken(name: string, holder = 'one', engine = suite.engine): Promise<number> {
      const answer = await take(name, holder, 0, engine);
      assert.equal(answer.outcome, 'taken');
      return (answer as Extract<typeof answer, { fence: number }>).fence;
    }
    const renew = (name: string, fence: number) =>
      suite.engine.leases.renewLease({ name, fence, forMs, now });
    const release = (name: string, fence: number, isDone = false) =>
      suite.engine.leases.releaseLease({ name, fence, isDone, now });

    it('of many that take at once on two engines one gets it, the others hear who', async () => {
      const engines: MetadataEngine[] = [suite.engine, await suite.openAgain()];
      for (let round = 0; round < 5; round += 1) {
        const name = unique('race');
        const answers = await Promise.all(
          Array.from({ length: 12 }, (_, index) =>
            take(name, `node-${index}`, 0, engines[index % 2]),
          ),
        );
        const winners = answers.flatMap(({ outcome }, index) =>
          outcome === 'taken' ? [`node-${index}`] : [],
        );
        assert.equal(winners.length, 1);
        for (const answer of answers) {
          if (answer.outcome === 'taken') continue;
          assert.equal(answer.outcome, 'held');
          assert.equal(answer.holder, winners[0]);
          assert.ok(answer.waitMs > 0 && answer.waitMs <= forMs, String(answer.waitMs));
        }
      }
      await engines[1]?.close();
    });

    it('fences grow with every take, whoever takes and however the last one ended', async () => {
      const name = unique('grow');
      const fences = [await taken(name)];
      await release(name, fences[0] ?? 0);
      fences.push(await taken(name, 'other'));
      await pass(forMs);
      fences.push(await taken(name, 'one'));
      await release(name, fences[2] ?? 0, true);
      fences.push(await taken(name, 'one'));
      for (let index = 1; index < fences.length; index += 1) {
        assert.ok((fences[index] ?? 0) > (fences[index - 1] ?? 0), String(fences));
      }
    });

    it('a holder that dies loses it by time; its word is worth nothing afterwards', async () => {
      const name = unique('dead');
      const old = await taken(name, 'dead');
      await pass(forMs - 1_000);
      assert.equal((await take(name, 'next')).outcome, 'held');
      await pass(1_000);
      const fence = await taken(name, 'next');
      assert.equal(await renew(name, old), 'lost');
      assert.equal(await release(name, old, true), 'lost');
      assert.equal(await renew(name, fence), 'renewed');
    });

    it('a renewed one runs its term again; late is not too late while nobody took it', async () => {
      const name = unique('renewed');
      const fence = await taken(name);
      await pass(20_000);
      assert.equal(await renew(name, fence), 'renewed');
      await pass(20_000);
      assert.equal((await take(name, 'other')).outcome, 'held');
      await pass(20_000);
      assert.equal(await renew(name, fence), 'renewed');
      assert.equal((await take(name, 'other')).outcome, 'held');
    });

    it('a released one is free at once, and can be neither renewed nor released again', async () => {
      const name = unique('released');
      const fence = await taken(name);
      assert.equal(await release(name, fence), 'released');
      assert.equal(await renew(name, fence), 'lost');
      assert.equal(await release(name, fence), 'lost');
      assert.equal(await renew(unique('unknown'), 1), 'lost');
      await taken(name, 'other');
    });

    it('a job that was done rests on every node, one that was not does not', async () => {
      const [name, restMs] = [unique('rest'), 24 * 3_600_000];
      const other = await suite.openAgain();
      assert.equal(await release(name, await taken(name), false), 'released');
      assert.equal((await take(name, 'other', restMs, other)).outcome, 'taken');
      await pass(forMs);
      assert.equal(await release(name, await taken(name), true), 'released');
      await pass(restMs - 60_000);
      const answer = await take(name, 'other', restMs, other);
      assert.equal(answer.outcome, 'done');
      const { waitMs } = answer as Extract<typeof answer, { waitMs: number }>;
      assert.ok(waitMs > 0 && waitMs <= 60_000, String(waitMs));
      await pass(60_000);
      assert.equal((await take(name, 'other', restMs, other)).outcome, 'taken');
      await other.close();
    });

    it('a clock that was set back holds nothing up for longer than a term', async () => {
      const [held, done] = [unique('back-held'), unique('back-done')];
      await taken(held);
      await release(done, await taken(done), true);
      await pass(-3_600_000);
      assert.equal((await take(held, 'other')).outcome, 'held');
      await pass(forMs);
      await taken(held, 'other');
      assert.equal((await take(done, 'other', 60_000)).outcome, 'taken');
      await pass(3_600_000);
    });

    it('a write under an old fence changes nothing', async () => {
      const { objects } = suite.engine;
      const name = unique('fenced');
      const old = await taken(name, 'old');
      const blobId = unique('blob');
      await objects.announceBlob(blobId, 1_000);
      await pass(forMs);
      // Over, but nobody's yet: the number is still the last one given.
      assert.equal(await objects.expireAnnounced(1, 10, { name, fence: old }), 0);
      const fence = await taken(name, 'new');
      assert.equal(await objects.expireAnnounced(2_000, 10, { name, fence: old }), 'fenced');
      const { id } = await makeBucket(suite.engine);
      const put = {
        bucketId: id,
        key: 'a',
        object: sampleObject({ blobId }),
        forbidOverwrite: false,
        isAnnounced: true,
      };
      assert.deepEqual(await objects.putObject(put), { outcome: 'stored' });
      await objects.announceBlob(unique('blob'), 1_000);
      assert.equal(await objects.expireAnnounced(2_000, 10, { name, fence }), 1);
      await release(name, fence);
      assert.equal(await objects.expireAnnounced(2_000, 10, { name, fence }), 'fenced');
    });
  });
}
