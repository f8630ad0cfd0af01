import { strict as assert } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { StoreUnavailable } from '../../src/stores/index.ts';
import { makeBucket, mapping, now, putSample, sampleObject, unique } from './samples.ts';
import { type EngineUnderTest, engineForSuite } from './under-test.ts';

export function metadataEngineContract(under: EngineUnderTest): void {
  describe(`the engine ${under.name}`, () => {
    const suite = engineForSuite(under);

    it('what was acknowledged is there after closing and opening again', async () => {
      const first = await suite.openAgain();
      const bucket = await makeBucket(first);
      const domain = unique('kept.example');
      await first.cnames.changeMapping(mapping(bucket, domain));
      const object = await putSample(first, bucket.id, 'a\u0000b');
      await first.close();
      const second = await suite.openAgain();
      assert.deepEqual(await second.buckets.findBucket(bucket.name), bucket);
      assert.equal((await second.cnames.findDomain(domain))?.bucket.id, bucket.id);
      assert.deepEqual(await second.objects.findObject(bucket.id, 'a\u0000b'), object);
      await second.close();
    });

    it('closing finishes what was begun, refuses what comes later, may be repeated', async () => {
      const engine = await suite.openAgain();
      const bucket = await makeBucket(engine);
      const puts = Array.from({ length: 30 }, (_, index) =>
        putSample(engine, bucket.id, `begun-${index}`),
      );
      const closing = engine.close();
      await Promise.all(puts);
      await closing;
      await engine.close();
      const isClosed = (error: unknown) =>
        error instanceof StoreUnavailable && error.reason === 'closed';
      await assert.rejects(engine.settings.setSetting('late', 'x'), isClosed);
      await assert.rejects(engine.buckets.findBucket(bucket.name), isClosed);
      await assert.rejects(engine.accounts.listAccounts(), isClosed);
      const stat = await suite.engine.buckets.bucketStat(bucket.id);
      assert.equal(stat?.objectCount, 30);
    });

    it('two engines on one database: each sees at once what the other has committed', async () => {
      const [one, other] = [suite.engine, await suite.openAgain()];
      for (let round = 0; round < 20; round += 1) {
        const [writer, reader] = round % 2 === 0 ? [one, other] : [other, one];
        const bucket = await makeBucket(writer);
        assert.deepEqual(await reader.buckets.findBucket(bucket.name), bucket);
        const domain = unique('seen.example');
        await reader.cnames.changeMapping(mapping(bucket, domain));
        assert.equal((await writer.cnames.findDomain(domain))?.bucket.id, bucket.id);
      }
      await other.close();
    });

    it('two engines racing for the same names agree on one winner each', async () => {
      const engines = [suite.engine, await suite.openAgain()];
      const buckets = await Promise.all(engines.map((engine) => makeBucket(engine)));
      for (let round = 0; round < 20; round += 1) {
        const domain = unique('race.example');
        const outcomes = await Promise.all(
          engines.map((engine, index) => {
            const bucket = buckets[index];
            assert.ok(bucket);
            return engine.cnames.changeMapping(mapping(bucket, domain));
          }),
        );
        const mapped = outcomes.filter(({ outcome }) => outcome === 'mapped');
        assert.equal(mapped.length, 1);
      }
      await engines[1]?.close();
    });

    it('a request that fails takes none of its neighbours with it', async () => {
      const bucket = await makeBucket(suite.engine);
      const shared = unique('one-blob-for-two-keys');
      await putSample(suite.engine, bucket.id, 'first', { blobId: shared });
      const asked = Array.from({ length: 40 }, (_, index) => {
        const object = sampleObject(index === 20 ? { blobId: shared } : {});
        const put = { bucketId: bucket.id, key: `key-${index}`, object, forbidOverwrite: false };
        return suite.engine.objects.putObject(put);
      });
      const settled = await Promise.allSettled(asked);
      const failed = settled.flatMap((each, index) => (each.status === 'rejected' ? [index] : []));
      assert.deepEqual(failed, [20]);
      const reason = settled[20]?.status === 'rejected' ? settled[20].reason : undefined;
      assert.ok(reason instanceof StoreUnavailable && reason.reason === 'failed');
      assert.equal(await suite.engine.objects.findObject(bucket.id, 'key-20'), undefined);
      const stat = await suite.engine.buckets.bucketStat(bucket.id);
      assert.equal(stat?.objectCount, 40);
      assert.equal(stat?.modifiedAt, now);
    });
  });
}
