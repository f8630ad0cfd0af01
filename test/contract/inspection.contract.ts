import { strict as assert } from 'node:assert/strict';
import { describe, it } from 'node:test';
import type {
  Bucket,
  Inspection,
  MetadataEngine,
  PartPlace,
  VersionPlace,
} from '../../src/stores/index.ts';
import { deleteKeys } from '../support/keys.ts';
import {
  accountId,
  makeBucket,
  mapping,
  noCounters,
  now,
  putSample,
  sampleAccount,
  sampleCredential,
  sampleObject,
  takeToken,
  unique,
} from './samples.ts';
import { type EngineUnderTest, engineForSuite } from './under-test.ts';

/** All rows, one a page: each place must lead to the very next row. */
async function oneByOne<Row, Place>(
  first: Place,
  read: (after: Place, limit: number) => Promise<Row[]>,
  placeOf: (row: Row) => Place,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (let after = first; ; ) {
    const [row, ...more] = await read(after, 1);
    assert.deepEqual(more, []);
    if (row === undefined) return rows;
    rows.push(row);
    after = placeOf(row);
  }
}

const byDomain = ({ bucketId, domain }: { bucketId: number; domain: string }) => {
  return { bucketId, name: domain };
};

/** Domains of a bucket that have a token, and that have left for another bucket. */
async function fillDomains(engine: MetadataEngine, bucket: Bucket): Promise<string[]> {
  const domains = ['b', 'a', 'c'].map((name) => `${unique(name)}.example`);
  const other = await makeBucket(engine);
  for (const domain of domains) {
    await engine.cnames.changeMapping(mapping(bucket, domain));
    const token = await takeToken(engine, other, domain);
    const proof = { kind: 'token', token } as const;
    await engine.cnames.changeMapping(mapping(other, domain, { proof, allowTransfer: true }));
    await takeToken(engine, bucket, domain);
  }
  return domains.sort();
}

export function inspectionContract(under: EngineUnderTest): void {
  describe(`inspection on ${under.name}`, () => {
    const suite = engineForSuite(under);

    it('pages through objects in the order of their bytes, of one bucket or of all', async () => {
      const { engine } = suite;
      const { inspection } = engine;
      const buckets = [await makeBucket(engine), await makeBucket(engine)];
      const keys = ['\u0000', 'a', 'a\u0000', 'a\u0001b', 'z', 'é', '\uffff', '\u{10000}'];
      for (const { id } of buckets) for (const key of keys) await putSample(engine, id, key);
      const read = (bucketId?: number): Parameters<typeof oneByOne>[1] =>
        ((after: Parameters<Inspection['inspectObjects']>[0], limit: number) =>
          inspection.inspectObjects(after, limit, bucketId)) as never;
      for (const bucket of buckets) {
        const rows = (await oneByOne(undefined, read(bucket.id), (row) => row)) as {
          key: string;
          bucket: string;
        }[];
        assert.deepEqual(
          rows.map((row) => row.key),
          keys,
        );
        assert.ok(rows.every((row) => row.bucket === bucket.name));
      }
      const all = await oneByOne(undefined, read(), (row) => row);
      assert.equal(all.length, 2 * keys.length);
      const found = await inspection.inspectObject({ bucketId: buckets[0]?.id ?? 0, key: 'é' });
      assert.equal(found?.headers, '{"content-type":"text/plain"}');
      assert.equal(await inspection.inspectObject({ bucketId: 0, key: 'é' }), undefined);
    });

    it('pages through everything else, with what it hangs on', async () => {
      const { engine } = suite;
      const { inspection } = engine;
      const account = sampleAccount();
      const credential = sampleCredential(account.id);
      await engine.accounts.createAccount(account, credential);
      const bucket = await makeBucket(engine, account.id);
      await engine.buckets.setBucketDocument(bucket.id, 'website', '{}');
      const domains = await fillDomains(engine, bucket);

      const buckets = await oneByOne(0, inspection.inspectBuckets, (row) => row.id);
      const { id, name, accountId } = bucket;
      assert.deepEqual(buckets.at(-2), { id, name, accountId, hasAccount: true });
      assert.equal(buckets.at(-1)?.hasAccount, false);
      const credentials = await oneByOne(
        '',
        inspection.inspectCredentials,
        (row) => row.accessKeyId,
      );
      assert.deepEqual(credentials, [
        {
          accessKeyId: credential.accessKeyId,
          accountId: account.id,
          secretSealed: credential.secretSealed,
          hasAccount: true,
        },
      ]);
      const mappings = await oneByOne('', inspection.inspectMappings, (row) => row.domain);
      assert.deepEqual(
        mappings.map((row) => row.domain),
        domains,
      );
      assert.deepEqual(await inspection.inspectMappings('', 10, bucket.id), []);
      const departures = await oneByOne(undefined, inspection.inspectDepartures, byDomain);
      assert.deepEqual(
        departures.map((row) => [row.domain, row.bucket, row.isMappedHere]),
        domains.map((domain) => [domain, name, false]),
      );
      const tokens = await oneByOne(undefined, inspection.inspectTokens, byDomain);
      assert.deepEqual(
        tokens.map((row) => [row.domain, row.bucket]),
        domains.map((domain) => [domain, name]),
      );
      assert.deepEqual(await inspection.inspectTokens(undefined, 10, bucket.id + 1), []);
      const documents = await oneByOne(undefined, inspection.inspectDocuments, (row) => row);
      assert.deepEqual(documents, [{ bucketId: id, name: 'website', text: '{}', bucket: name }]);
      const records = await oneByOne(0, inspection.inspectAudit, (row) => row.sequence);
      assert.equal(records.length, (await engine.audit.listAudit({ limit: 100 })).length);
    });

    it('pages through versions and parts, with what stands above each', async () => {
      const { engine } = suite;
      const { inspection, objects, uploads } = engine;
      const bucket = await makeBucket(engine);
      const { id: bucketId, name } = bucket;
      await engine.buckets.setBucketVersioning(bucketId, 'Enabled');
      for (const key of ['\u0000', 'é']) {
        for (const versionId of ['v1', 'v2']) await putSample(engine, bucketId, key, { versionId });
      }
      const deletions = [{ key: 'é', versionId: undefined, markerId: 'm' }];
      await objects.deleteObjects({ bucketId, deletions, now });
      const versions = await oneByOne(
        undefined as VersionPlace | undefined,
        (after, limit) => inspection.inspectVersions(after, limit, bucketId),
        (row) => row,
      );
      assert.deepEqual(
        versions.map((row) => [row.key, row.versionId, row.isMarker, row.isNewest, row.bucket]),
        [
          ['\u0000', 'v1', false, false, name],
          ['é', 'v1', false, false, name],
          ['é', 'v2', false, false, name],
          ['é', 'm', true, true, name],
        ],
      );
      assert.ok((versions[0]?.currentSequence ?? 0) > (versions[0]?.sequence ?? 0));
      assert.deepEqual(
        versions.map((row) => row.noncurrentAt === undefined),
        [false, false, false, true],
      );
      for (const row of versions) assert.deepEqual(await inspection.inspectVersion(row), row);
      const upload = { uploadId: unique('upload'), key: 'é', initiatedAt: now };
      const facts = { ...sampleObject({ extras: { tags: [['a', 'b']] } }), isSequential: false };
      await uploads.createUpload(bucketId, { ...upload, facts });
      for (const number of [2, 1]) {
        const part = { number, blobId: unique('part'), size: 3, etag: 'E', crc64: '1' };
        await uploads.putPart({
          ...{ bucketId, ...upload, isAnnounced: false },
          part: { ...part, modifiedAt: now },
        });
      }
      const [inspected, ...none] = await inspection.inspectUploads('', 10, bucketId);
      assert.deepEqual([inspected?.uploadId, inspected?.bucket, none], [upload.uploadId, name, []]);
      const parts = await oneByOne(
        undefined as PartPlace | undefined,
        (after, limit) => inspection.inspectUploadParts(after, limit, bucketId),
        (row) => row,
      );
      assert.deepEqual(
        parts.map((row) => [row.number, row.key, row.bucketId, row.extras]),
        [1, 2].map((number) => [number, 'é', bucketId, '{"tags":[["a","b"]]}']),
      );
      const [first = assert.fail()] = parts;
      assert.deepEqual(await inspection.inspectUploadPart(first), first);
    });

    it('finds no stray content among those that objects name, and discards none', async () => {
      const { engine } = suite;
      const { inspection, objects } = engine;
      const bucket = await makeBucket(engine);
      const standing = await putSample(engine, bucket.id, 'grown', { type: 'Appendable' });
      const contentId = unique('content');
      await objects.appendToObject({
        bucketId: bucket.id,
        ...{ key: 'grown', standing, contentId, isAnnounced: false },
        piece: { blobId: unique('piece'), size: 3 },
        grown: { etag: 'E', crc64: '1', modifiedAt: now },
      });
      assert.deepEqual(await inspection.listStrayContents('', 10), []);
      await inspection.discardStrayContent(contentId, now);
      assert.equal((await objects.listContentParts(contentId, 0, 10)).length, 2);
    });

    it('counts a bucket, and corrects its counters by what there is', async () => {
      const { engine } = suite;
      const { inspection } = engine;
      const bucket = await makeBucket(engine, accountId());
      assert.equal(await inspection.countBucket(0), undefined);
      assert.equal(await inspection.recountBucket(0, true), undefined);
      for (const key of ['a', 'b']) await putSample(engine, bucket.id, key, { size: 5 });
      await deleteKeys(engine.objects, bucket.id, ['a'], now);
      const right = { ...noCounters, objectCount: 1, storageBytes: 5 };
      const sound = { noted: right, counted: right, isOfOneMoment: true };
      assert.deepEqual(await inspection.countBucket(bucket.id), sound);
      assert.deepEqual(await inspection.recountBucket(bucket.id, true), sound);
      // Writers and recounts in each other's way end with counters that are right.
      await Promise.all(
        Array.from({ length: 20 }, async (_, index) => {
          await putSample(engine, bucket.id, `many/${index % 7}`, { size: index });
          const count = await inspection.recountBucket(bucket.id, index % 2 === 0);
          assert.deepEqual(count?.noted, count?.counted);
        }),
      );
      const end = await inspection.countBucket(bucket.id);
      assert.equal(end?.counted.objectCount, 8);
      assert.deepEqual(end?.noted, end?.counted);
    });

    it('counts what waits for the sweeper too long', async () => {
      const { engine } = suite;
      const { inspection, objects } = engine;
      await objects.announceBlob(unique('blob'), now - 10);
      await objects.announceBlob(unique('blob'), now);
      const before = { garbage: now, announced: now };
      const counted = await inspection.countOverdue(before);
      assert.equal(counted.announced, 1);
      assert.equal(counted.garbage, (await objects.listGarbage(now, 1000)).length);
    });
  });
}
