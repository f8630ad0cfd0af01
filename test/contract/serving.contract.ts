import { strict as assert } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { deleteKeys } from '../support/keys.ts';
import {
  actor,
  bindNew,
  makeBucket,
  mapping,
  now,
  putSample,
  sampleAccount,
  sampleCertificate,
  sampleCredential,
  takeToken,
  unique,
} from './samples.ts';
import { type EngineUnderTest, engineForSuite } from './under-test.ts';

/** DESIGN ruling 12: at worst, on other nodes. */
const worstMs = 10_000;

/** Looks again until the fact holds; fails when it does not within the bound. */
async function within(ms: number, holds: () => Promise<boolean>): Promise<void> {
  const until = performance.now() + ms;
  while (!(await holds())) {
    assert.ok(performance.now() < until, `not seen within ${ms} ms`);
    await delay(5);
  }
}

export function servingContract(under: EngineUnderTest): void {
  describe(`serving reads on ${under.name}`, () => {
    const suite = engineForSuite(under);

    it('whoever changed something sees it at once, every time', async () => {
      const { serving, cnames, buckets } = suite.engine;
      for (let round = 0; round < 10; round += 1) {
        const bucket = await makeBucket(suite.engine);
        const domain = unique('own.example');
        assert.equal(await serving.findDomain(domain), undefined);
        await cnames.changeMapping(mapping(bucket, domain));
        assert.deepEqual(await serving.findDomain(domain), await cnames.findDomain(domain));
        const binding = bindNew(sampleCertificate(bucket.accountId));
        await cnames.changeMapping(mapping(bucket, domain, { binding }));
        const bound = (await serving.findDomain(domain))?.cname.binding?.certificateNumber ?? 0;
        assert.ok(await serving.findCertificate(bound));
        await buckets.setBucketAcl(bucket.id, 'public-read');
        assert.equal((await serving.findDomain(domain))?.bucket.acl, 'public-read');
        assert.equal((await serving.findBucket(bucket.name))?.acl, 'public-read');
        assert.equal(await serving.findBucketDocument(bucket.id, 'website'), undefined);
        await buckets.setBucketDocument(bucket.id, 'website', '{}');
        assert.equal(await serving.findBucketDocument(bucket.id, 'website'), '{}');
        const release = { domain, bucketId: bucket.id, now, audit: { actor } };
        await cnames.releaseDomain(release);
        assert.equal(await serving.findDomain(domain), undefined);
        await cnames.changeMapping(mapping(bucket, domain));
        assert.ok(await serving.findDomain(domain));
        await buckets.deleteBucket(bucket.id, { actor, at: now });
        assert.equal(await serving.findDomain(domain), undefined);
        assert.equal(await serving.findBucket(bucket.name), undefined);
        const again = await makeBucket(suite.engine, '77', bucket.name);
        assert.deepEqual(await serving.findBucket(bucket.name), again);
      }
    });

    it('whether any bucket has a document is known soon, and to be true at once', async () => {
      const [here, there] = [suite.engine, await suite.openAgain()];
      const [one, other] = [await makeBucket(here), await makeBucket(there)];
      const may = () => here.serving.mayHaveDocument('https');
      const set = (engine: typeof here, id: number, text: string | undefined) =>
        engine.buckets.setBucketDocument(id, 'https', text);
      const told = (expected: boolean) => within(worstMs, async () => may() === expected);
      await told(false);
      for (let round = 0; round < 10; round += 1) {
        await set(here, one.id, '{}');
        assert.equal(may(), true, 'whoever put it knows it at once');
        await set(here, other.id, '{}');
        await set(here, one.id, undefined);
        await told(true);
        await here.buckets.setBucketAcl(one.id, round % 2 === 0 ? 'public-read' : 'private');
        await told(true);
        await set(here, other.id, undefined);
        await told(false);
      }
      await set(there, other.id, '{}');
      await told(true);
      await there.buckets.deleteBucket(other.id, { actor, at: now });
      await told(false);
      await there.close();
    });

    it('a credential is found as soon as it is made, and refused as soon as it is off', async () => {
      const { serving, accounts } = suite.engine;
      const account = sampleAccount();
      const key = sampleCredential(account.id);
      assert.equal(await serving.findCredential(key.accessKeyId), undefined);
      await accounts.createAccount(account, key);
      assert.deepEqual(await serving.findCredential(key.accessKeyId), { credential: key, account });
      await accounts.setCredentialStanding(key.accessKeyId, 'disabled');
      const off = await serving.findCredential(key.accessKeyId);
      assert.equal(off?.credential.standing, 'disabled');
      await accounts.setAccountStanding(account.id, 'disabled');
      const both = await serving.findCredential(key.accessKeyId);
      assert.equal(both?.account.standing, 'disabled');
      await accounts.resealCredential(key.accessKeyId, key.secretSealed, 'again');
      const resealed = await serving.findCredential(key.accessKeyId);
      assert.equal(resealed?.credential.secretSealed, 'again');
    });

    it('what another engine changed is seen within the bound: mapped, moved, removed', async () => {
      const [here, there] = [suite.engine, await suite.openAgain()];
      const [from, to] = [await makeBucket(there), await makeBucket(there)];
      const domain = unique('other.example');
      assert.equal(await here.serving.findDomain(domain), undefined);
      const served = async () => (await here.serving.findDomain(domain))?.bucket.id;
      await there.cnames.changeMapping(mapping(from, domain));
      await within(worstMs, async () => (await served()) === from.id);
      const token = await takeToken(there, to, domain);
      const proof = { kind: 'token', token } as const;
      await there.cnames.changeMapping(mapping(to, domain, { proof, allowTransfer: true }));
      await within(worstMs, async () => (await served()) === to.id);
      await there.buckets.deleteBucket(to.id, { actor, at: now });
      await within(worstMs, async () => (await served()) === undefined);
      await there.close();
    });

    it('rows of objects are as fresh as the store has them, whoever changed them', async () => {
      const [here, there] = [suite.engine, await suite.openAgain()];
      const { id } = await makeBucket(here);
      const find = () => here.serving.findObject(id, 'fresh');
      assert.equal(await find(), undefined);
      for (const writer of [here, there, here]) {
        const put = await putSample(writer, id, 'fresh');
        assert.deepEqual(await find(), put);
        await writer.objects.changeObject({
          bucketId: id,
          key: 'fresh',
          change: { acl: 'private' },
        });
        assert.equal((await find())?.acl, 'private');
        await deleteKeys(writer.objects, id, ['fresh'], now);
        assert.equal(await find(), undefined);
      }
      await there.close();
    });

    it('an answer read while it changes is never kept, whoever changes it', async () => {
      const { serving, cnames, buckets } = suite.engine;
      const bucket = await makeBucket(suite.engine);
      const domain = unique('busy.example');
      await cnames.changeMapping(mapping(bucket, domain));
      let isChanging = true;
      const reader = (async () => {
        while (isChanging) {
          await serving.findDomain(domain);
          // An answer from memory is there in the same turn: without this nobody else had one.
          await nextTurn();
        }
      })();
      for (let round = 0; round < 60; round += 1) {
        const acl = round % 2 === 0 ? 'public-read' : 'private';
        await buckets.setBucketAcl(bucket.id, acl);
        assert.equal((await serving.findDomain(domain))?.bucket.acl, acl, `round ${round}`);
      }
      isChanging = false;
      await reader;
    });
  });
}
