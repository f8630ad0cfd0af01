import { strict as assert } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deleteKeys } from '../support/keys.ts';
import {
  accountId,
  actor,
  bindNew,
  makeBucket,
  mapping,
  noCounters,
  now,
  putSample,
  sampleCertificate,
  sampleObject,
  takeToken,
  unique,
} from './samples.ts';
import { type EngineUnderTest, engineForSuite } from './under-test.ts';

export function bucketStoreContract(under: EngineUnderTest): void {
  describe(`buckets on ${under.name}`, () => {
    const suite = engineForSuite(under);
    const create = (name: string, owner: string, more: object = {}) =>
      suite.engine.buckets.createBucket({ name, accountId: owner, bucketsMax: 100, now, ...more });

    it('a new bucket is private and Standard unless told otherwise', async () => {
      const name = unique('bucket');
      const made = await create(name, '1');
      assert.equal(made.outcome, 'created');
      const found = await suite.engine.buckets.findBucket(name);
      assert.ok(found);
      assert.deepEqual(made, { outcome: 'created', bucket: found });
      const { id, ...rest } = found;
      assert.ok(Number.isInteger(id) && id > 0);
      assert.deepEqual(rest, {
        name,
        accountId: '1',
        acl: 'private',
        storageClass: 'Standard',
        redundancy: 'LRS',
        documents: [],
        versioning: undefined,
        createdAt: now,
      });
      assert.equal(await suite.engine.buckets.findBucket(unique('none')), undefined);
    });

    it('creating again keeps the bucket, applies an ACL, refuses another class', async () => {
      const name = unique('bucket');
      await create(name, '1', { storageClass: 'IA', redundancy: 'ZRS' });
      const kept = await create(name, '1', { acl: 'public-read', now: now + 5 });
      assert.equal(kept.outcome, 'kept');
      const found = await suite.engine.buckets.findBucket(name);
      assert.equal(found?.acl, 'public-read');
      assert.equal(found?.createdAt, now);
      assert.equal((await create(name, '1', { storageClass: 'IA' })).outcome, 'kept');
      assert.deepEqual(await create(name, '1', { storageClass: 'Standard' }), {
        outcome: 'different',
        what: 'storageClass',
      });
      assert.deepEqual(await create(name, '1', { redundancy: 'LRS' }), {
        outcome: 'different',
        what: 'redundancy',
      });
      assert.deepEqual(await create(name, '2', { acl: 'private' }), { outcome: 'taken' });
      assert.equal((await suite.engine.buckets.findBucket(name))?.acl, 'public-read');
    });

    it('fifty accounts claim one name: one gets it; one account never has too many', async () => {
      const name = unique('contested');
      const claims = await Promise.all(Array.from({ length: 50 }, () => create(name, accountId())));
      assert.equal(claims.filter(({ outcome }) => outcome === 'created').length, 1);
      assert.equal(claims.filter(({ outcome }) => outcome === 'taken').length, 49);
      const owner = accountId();
      const many = await Promise.all(
        Array.from({ length: 20 }, () => create(unique('many'), owner, { bucketsMax: 7 })),
      );
      assert.equal(many.filter(({ outcome }) => outcome === 'created').length, 7);
      assert.equal(many.filter(({ outcome }) => outcome === 'too-many').length, 13);
    });

    it('buckets are listed by name after a marker, with a prefix, a page at a time', async () => {
      const owner = accountId();
      const names = ['a', 'ab', 'ab-1', 'ab0', 'abc', 'b'].map((name) => `${name}${owner}`);
      for (const name of names.toReversed()) await create(name, owner);
      await create(unique('ab'), accountId());
      const list = async (prefix: string, marker: string, limit: number) => {
        const { listBuckets } = suite.engine.buckets;
        const listed = await listBuckets({ accountId: owner, prefix, marker, limit });
        return [listed.buckets.map(({ name }) => name), listed.isTruncated];
      };
      const sorted = names.toSorted();
      assert.deepEqual(await list('', '', 100), [sorted, false]);
      assert.deepEqual(await list('', sorted[1] ?? '', 2), [sorted.slice(2, 4), true]);
      const ab = sorted.filter((name) => name.startsWith('ab'));
      assert.deepEqual(await list('ab', '', 100), [ab, false]);
      assert.deepEqual(await list('ab', '', ab.length), [ab, false]);
      assert.deepEqual(await list('ab', ab[0] ?? '', 1), [ab.slice(1, 2), true]);
      assert.deepEqual(await list('zz', '', 10), [[], false]);
    });

    it('ACL and documents change what is there, and say when the bucket is gone', async () => {
      const { buckets } = suite.engine;
      const { id, name } = await makeBucket(suite.engine);
      assert.equal(await buckets.setBucketAcl(id, 'public-read-write'), 'done');
      assert.equal((await buckets.findBucket(name))?.acl, 'public-read-write');
      assert.equal(await buckets.findBucketDocument(id, 'website'), undefined);
      assert.equal(await buckets.setBucketDocument(id, 'website', '{"a":1}'), 'done');
      assert.equal(await buckets.setBucketDocument(id, 'website', '{"a":2}'), 'done');
      assert.equal(await buckets.findBucketDocument(id, 'website'), '{"a":2}');
      assert.equal(await buckets.setBucketDocument(id, 'website', undefined), 'done');
      assert.equal(await buckets.findBucketDocument(id, 'website'), undefined);
      assert.equal(await buckets.setBucketAcl(999_999, 'private'), 'none');
      assert.equal(await buckets.setBucketDocument(999_999, 'website', '{}'), 'none');
    });

    it('a bucket names its documents in order, wherever it is found', async () => {
      const { buckets } = suite.engine;
      const { id, name } = await makeBucket(suite.engine);
      for (const document of ['website', 'cors', 'cors', 'tags'] as const) {
        await buckets.setBucketDocument(id, document, '{}');
      }
      assert.deepEqual((await buckets.findBucket(name))?.documents, ['cors', 'tags', 'website']);
      await buckets.setBucketDocument(id, 'tags', undefined);
      await buckets.setBucketDocument(id, 'policy', undefined);
      assert.deepEqual((await buckets.findBucket(name))?.documents, ['cors', 'website']);
    });

    it('the buckets of all accounts that have a document are listed a page at a time', async () => {
      const { buckets } = suite.engine;
      const made = [];
      for (let index = 0; index < 4; index += 1) made.push(await makeBucket(suite.engine));
      const [one, other, none, last] = made.map(({ id }) => id);
      assert.ok(one && other && none && last);
      for (const id of [last, one, other]) await buckets.setBucketDocument(id, 'lifecycle', '{}');
      await buckets.setBucketDocument(none, 'logging', '{}');
      const page = async (after: number, limit: number) =>
        (await buckets.listBucketsWith('lifecycle', after, limit)).map(({ id }) => id);
      assert.deepEqual(await page(one - 1, 2), [one, other]);
      assert.deepEqual(await page(other, 2), [last]);
      assert.deepEqual(await page(last, 2), []);
      const [found] = await buckets.listBucketsWith('lifecycle', one - 1, 1);
      assert.deepEqual(found?.documents, ['lifecycle']);
      await buckets.setBucketDocument(other, 'lifecycle', undefined);
      assert.deepEqual(await page(one - 1, 9), [one, last]);
    });

    it('a document is replaced only while it is the text that was expected', async () => {
      const { buckets } = suite.engine;
      const { id } = await makeBucket(suite.engine);
      const set = (text: string | undefined, expected: string | undefined) =>
        buckets.setBucketDocument(id, 'styles', text, { text: expected });
      assert.equal(await set('1', '0'), 'changed');
      assert.equal(await set('1', undefined), 'done');
      assert.equal(await set('2', undefined), 'changed');
      assert.equal(await set('2', '1'), 'done');
      assert.equal(await set(undefined, '1'), 'changed');
      assert.equal(await buckets.findBucketDocument(id, 'styles'), '2');
      assert.equal(await set(undefined, '2'), 'done');
      assert.equal(await buckets.findBucketDocument(id, 'styles'), undefined);
    });

    it('versioning is set, and says when the bucket is gone', async () => {
      const { buckets } = suite.engine;
      const { id, name } = await makeBucket(suite.engine);
      for (const versioning of ['Enabled', 'Suspended'] as const) {
        assert.equal(await buckets.setBucketVersioning(id, versioning), 'done');
        assert.equal((await buckets.findBucket(name))?.versioning, versioning);
      }
      assert.equal(await buckets.setBucketVersioning(999_999, 'Enabled'), 'none');
    });

    it('the redundancy is set, and says when the bucket is gone', async () => {
      const { buckets, serving } = suite.engine;
      const { id, name } = await makeBucket(suite.engine);
      assert.equal((await serving.findBucket(name))?.redundancy, 'LRS');
      assert.equal(await buckets.setBucketRedundancy(id, 'ZRS'), 'done');
      assert.equal((await serving.findBucket(name))?.redundancy, 'ZRS');
      assert.equal(await buckets.setBucketRedundancy(999_999, 'ZRS'), 'none');
    });

    it('an account is blocked with all its buckets, also those that it makes meanwhile', async () => {
      // What serves knows a bucket already when its account is blocked.
      const { buckets, serving } = suite.engine;
      const standing = await makeBucket(suite.engine);
      const { accountId } = standing;
      const other = await makeBucket(suite.engine);
      const marks = async (name: string) => (await serving.findBucket(name))?.documents;
      assert.deepEqual(await marks(standing.name), []);
      assert.equal(await buckets.hasAccountAccessBlock(accountId), false);
      for (let time = 0; time < 2; time++) await buckets.setAccountAccessBlock(accountId, true);
      assert.equal(await buckets.hasAccountAccessBlock(accountId), true);
      const name = unique('made-meanwhile');
      const made = await buckets.createBucket({ name, accountId, bucketsMax: 100, now });
      assert.equal(made.outcome, 'created');
      if (made.outcome === 'created') {
        assert.deepEqual(made.bucket.documents, ['account-access-block']);
      }
      for (const marked of [standing.name, name]) {
        assert.deepEqual(await marks(marked), ['account-access-block']);
      }
      assert.deepEqual(await marks(other.name), []);
      await buckets.setAccountAccessBlock(accountId, false);
      assert.equal(await buckets.hasAccountAccessBlock(accountId), false);
      for (const marked of [standing.name, name]) assert.deepEqual(await marks(marked), []);
    });

    it('the counters follow every change of the objects', async () => {
      const { buckets, objects } = suite.engine;
      const { id } = await makeBucket(suite.engine);
      const empty = { ...noCounters, modifiedAt: now };
      assert.deepEqual(await buckets.bucketStat(id), empty);
      await putSample(suite.engine, id, 'a', { size: 10, modifiedAt: now + 1 });
      await putSample(suite.engine, id, 'b', { size: 5, modifiedAt: now + 2 });
      await putSample(suite.engine, id, 'a', { size: 1, modifiedAt: now + 3 });
      const two = { ...noCounters, objectCount: 2, storageBytes: 6, modifiedAt: now + 3 };
      assert.deepEqual(await buckets.bucketStat(id), two);
      await deleteKeys(objects, id, ['a', 'never', 'a'], now + 4);
      const one = { ...noCounters, objectCount: 1, storageBytes: 5, modifiedAt: now + 4 };
      assert.deepEqual(await buckets.bucketStat(id), one);
      await deleteKeys(objects, id, ['never'], now + 5);
      assert.deepEqual(await buckets.bucketStat(id), one);
      assert.equal(await buckets.bucketStat(999_999), undefined);
    });

    it('colder classes are counted apart, also when an object changes its class', async () => {
      const { buckets, objects } = suite.engine;
      const { id } = await makeBucket(suite.engine);
      await putSample(suite.engine, id, 'a', { size: 10, storageClass: 'IA' });
      await putSample(suite.engine, id, 'b', { size: 5 });
      const place = { bucketId: id, key: 'b' };
      await objects.changeObject({ ...place, change: { storageClass: 'DeepColdArchive' } });
      const totals = { ...noCounters, objectCount: 2, storageBytes: 15, modifiedAt: now };
      const cold = { deepColdArchiveCount: 1, deepColdArchiveBytes: 5 };
      assert.deepEqual(await buckets.bucketStat(id), {
        ...totals,
        ...cold,
        iaCount: 1,
        iaBytes: 10,
      });
      await putSample(suite.engine, id, 'a', { size: 10 });
      assert.deepEqual(await buckets.bucketStat(id), { ...totals, ...cold });
    });

    it('a bucket with an object stays; an empty one goes with all that hung on it', async () => {
      const { buckets, cnames, objects, audit } = suite.engine;
      const bucket = await makeBucket(suite.engine);
      const domains = [unique('one.example'), unique('two.example')];
      const certificate = sampleCertificate(bucket.accountId);
      await cnames.changeMapping(
        mapping(bucket, domains[0] ?? '', { binding: bindNew(certificate) }),
      );
      await cnames.changeMapping(mapping(bucket, domains[1] ?? ''));
      const waiting = unique('waiting.example');
      await takeToken(suite.engine, bucket, waiting);
      await buckets.setBucketDocument(bucket.id, 'website', '{}');
      await putSample(suite.engine, bucket.id, 'a');
      const ask = { actor, at: now + 9 };
      assert.deepEqual(await buckets.deleteBucket(bucket.id, ask), {
        outcome: 'not-empty',
        what: 'objects',
      });
      await deleteKeys(objects, bucket.id, ['a'], now);
      assert.deepEqual(await buckets.deleteBucket(bucket.id, ask), {
        outcome: 'deleted',
        domains,
      });
      assert.deepEqual(await buckets.deleteBucket(bucket.id, ask), { outcome: 'none' });
      for (const domain of domains) {
        assert.equal(await cnames.findDomain(domain), undefined);
        const [record] = await audit.listAudit({ domain, limit: 1 });
        assert.equal(record?.action, 'DeleteBucket');
        assert.equal(record?.bucket, bucket.name);
        assert.equal(record?.ownerId, bucket.accountId);
      }
      assert.equal(await buckets.findBucketDocument(bucket.id, 'website'), undefined);
      assert.equal(await cnames.findTokenOfAnyAge(bucket.id, waiting), undefined);
    });

    it('a bucket made again under the same name is another bucket', async () => {
      const { buckets, cnames } = suite.engine;
      const name = unique('again');
      const seen = new Set<number>();
      for (let round = 0; round < 5; round += 1) {
        const bucket = await makeBucket(suite.engine, accountId(), name);
        assert.ok(!seen.has(bucket.id));
        seen.add(bucket.id);
        assert.deepEqual(await cnames.listDomains(bucket.id), []);
        await cnames.changeMapping(mapping(bucket, unique('again.example')));
        await buckets.deleteBucket(bucket.id, { actor, at: now });
      }
    });

    it('a bucket is removed between puts and deletes of many, or stays with what they left', async () => {
      const { buckets, objects } = suite.engine;
      for (let round = 0; round < 15; round += 1) {
        const { id } = await makeBucket(suite.engine);
        await putSample(suite.engine, id, 'first');
        const puts = Array.from({ length: 8 }, (_, index) =>
          objects.putObject({
            bucketId: id,
            key: `late-${index}`,
            object: sampleObject(),
            forbidOverwrite: false,
          }),
        );
        const cleared = deleteKeys(objects, id, ['first'], now);
        const removed = cleared.then(() => buckets.deleteBucket(id, { actor, at: now }));
        const stored = (await Promise.all(puts)).filter(({ outcome }) => outcome === 'stored');
        const { outcome } = await removed;
        const stat = await buckets.bucketStat(id);
        if (outcome === 'deleted') assert.deepEqual([stat, stored.length], [undefined, 0]);
        else assert.deepEqual([outcome, stat?.objectCount], ['not-empty', stored.length]);
      }
    });

    it('an object never lands in a bucket that is being deleted', async () => {
      for (let round = 0; round < 20; round += 1) {
        const { id } = await makeBucket(suite.engine);
        const object = { bucketId: id, key: 'late', forbidOverwrite: false };
        const [put, deleted] = await Promise.all([
          suite.engine.objects
            .putObject({ ...object, object: sampleObject({ size: round }) })
            .then(({ outcome }) => outcome),
          suite.engine.buckets.deleteBucket(id, { actor, at: now }).then(({ outcome }) => outcome),
        ]);
        assert.ok(
          (put === 'stored' && deleted === 'not-empty') ||
            (put === 'no-bucket' && deleted === 'deleted'),
          `${put} and ${deleted}`,
        );
      }
    });
  });
}
