/** Uploads in parts, contents of several blobs, and appending (oss-semantics.md 7.1, 7.2). */
import { strict as assert } from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { MetadataEngine, Upload, UploadListing, UploadPart } from '../../src/stores/index.ts';
import { makeBucket, now, sampleObject, unique } from './samples.ts';
import { type EngineUnderTest, engineForSuite } from './under-test.ts';

function sampleUpload(key: string, uploadId = unique('upload')): Upload {
  const { acl, storageClass, headers, metadata, extras } = sampleObject();
  const facts = { acl, storageClass, headers, metadata, extras, isSequential: false };
  return { uploadId, key, initiatedAt: now, facts };
}

function samplePart(number: number, size = 10): UploadPart {
  return { number, blobId: unique('part'), size, etag: 'E', crc64: '1', modifiedAt: now };
}

async function begin(engine: MetadataEngine, bucketId: number, key: string): Promise<Upload> {
  const upload = sampleUpload(key);
  assert.equal(await engine.uploads.createUpload(bucketId, upload), 'created');
  return upload;
}

function shown({ entries }: UploadListing): string[] {
  return entries.map((entry) =>
    'commonPrefix' in entry ? entry.commonPrefix : `${entry.key} ${entry.uploadId}`,
  );
}

export function uploadContract(under: EngineUnderTest): void {
  describe(`uploads on ${under.name}`, () => {
    const suite = engineForSuite(under);
    const put = (
      bucketId: number,
      { key, uploadId }: Upload,
      part: UploadPart,
      isAnnounced = false,
    ) => suite.engine.uploads.putPart({ bucketId, key, uploadId, part, isAnnounced });
    const complete = (
      bucketId: number,
      { key, uploadId }: Upload,
      parts: readonly UploadPart[],
      more: object = {},
    ) => {
      const size = parts.reduce((sum, part) => sum + part.size, 0);
      const content = size === 0 ? ('none' as const) : ('parts' as const);
      const object = sampleObject({ type: 'Multipart', content, size, blobId: unique('content') });
      const input = { bucketId, key, uploadId, object, forbidOverwrite: false, parts, ...more };
      return suite.engine.uploads.completeUpload(input).then((answer) => ({ answer, object }));
    };
    const garbage = () => suite.engine.objects.listGarbage(now + 1, 1000);

    it('an upload is found by bucket, key and id, and by no others', async () => {
      const { id } = await makeBucket(suite.engine);
      const upload = await begin(suite.engine, id, 'a');
      const { uploads } = suite.engine;
      assert.deepEqual(await uploads.findUpload(id, 'a', upload.uploadId), upload);
      assert.equal(await uploads.findUpload(id, 'b', upload.uploadId), undefined);
      assert.equal(await uploads.findUpload(id + 1, 'a', upload.uploadId), undefined);
      assert.equal(await uploads.createUpload(999_999, sampleUpload('a')), 'no-bucket');
      const part = samplePart(1);
      assert.equal(await put(id, { ...upload, key: 'b' }, part), 'no-upload');
      const stat = await suite.engine.buckets.bucketStat(id);
      assert.deepEqual([stat?.uploadCount, stat?.partCount, stat?.objectCount], [1, 0, 0]);
    });

    it('a part with the number of another takes its place', async () => {
      const { id } = await makeBucket(suite.engine);
      const upload = await begin(suite.engine, id, 'a');
      const parts = [samplePart(3), samplePart(1), samplePart(3, 7)];
      for (const part of parts) assert.equal(await put(id, upload, part), 'stored');
      const [replaced, first, third] = parts;
      const list = (after: number, limit: number) =>
        suite.engine.uploads.listParts(upload.uploadId, after, limit);
      assert.deepEqual(await list(0, 10), [first, third]);
      assert.deepEqual(await list(0, 1), [first]);
      assert.deepEqual(await list(1, 10), [third]);
      assert.ok((await garbage()).includes(replaced?.blobId ?? ''));
      assert.equal((await suite.engine.buckets.bucketStat(id))?.partCount, 2);
    });

    it('an announced part is spent once', async () => {
      const { id } = await makeBucket(suite.engine);
      const upload = await begin(suite.engine, id, 'a');
      const part = samplePart(1);
      assert.equal(await put(id, upload, part, true), 'not-announced');
      await suite.engine.objects.announceBlob(part.blobId, now);
      assert.equal(await put(id, upload, part, true), 'stored');
      assert.deepEqual(
        await suite.engine.objects.knownBlobs([part.blobId, 'other']),
        new Set([part.blobId]),
      );
    });

    it('completing makes one content of the chosen parts and frees the others', async () => {
      const { id } = await makeBucket(suite.engine);
      const upload = await begin(suite.engine, id, 'a');
      const parts = [
        samplePart(1, 10),
        samplePart(2, 0),
        samplePart(5, 20),
        { ...samplePart(9, 5), iv: '0a' },
      ];
      for (const part of parts) await put(id, upload, part);
      const [one, empty, five, nine] = parts as [UploadPart, UploadPart, UploadPart, UploadPart];
      const { answer, object } = await complete(id, upload, [one, empty, nine]);
      assert.deepEqual(answer, { outcome: 'stored' });
      const { objects, uploads, buckets } = suite.engine;
      assert.deepEqual(await objects.findObject(id, 'a'), object);
      assert.deepEqual(await objects.listContentParts(object.blobId, 0, 10), [
        { start: 0, size: 10, blobId: one.blobId },
        { start: 10, size: 5, blobId: nine.blobId, iv: '0a' },
      ]);
      assert.deepEqual(await objects.listContentParts(object.blobId, 10, 10), [
        { start: 10, size: 5, blobId: nine.blobId, iv: '0a' },
      ]);
      assert.equal((await objects.listContentParts(object.blobId, 9, 1))[0]?.start, 0);
      assert.deepEqual(await objects.listContentParts(object.blobId, 15, 10), []);
      const freed = await garbage();
      assert.ok(freed.includes(empty.blobId) && freed.includes(five.blobId));
      assert.equal(await uploads.findUpload(id, 'a', upload.uploadId), undefined);
      const again = await complete(id, upload, [one]);
      assert.deepEqual(again.answer, { outcome: 'no-upload' });
      const stat = await buckets.bucketStat(id);
      assert.deepEqual(
        [stat?.objectCount, stat?.storageBytes, stat?.uploadCount, stat?.partCount],
        [1, 15, 0, 0],
      );
      const listed = new Set<string>();
      for (let after = ''; ; ) {
        const page = await objects.listBlobs(after, 7);
        const last = page.at(-1);
        if (last === undefined) break;
        after = last;
        for (const blobId of page) listed.add(blobId);
      }
      assert.ok(listed.has(one.blobId) && listed.has(nine.blobId));
      assert.ok(!listed.has(object.blobId));
      const deletions = [{ key: 'a', versionId: undefined, markerId: 'x' }];
      await objects.deleteObjects({ bucketId: id, deletions, now });
      assert.deepEqual(await objects.listContentParts(object.blobId, 0, 10), []);
      const gone = await garbage();
      assert.ok(gone.includes(one.blobId) && gone.includes(nine.blobId));
    });

    it('completing is refused when a part changed, when overwriting is, and changes nothing', async () => {
      const { id } = await makeBucket(suite.engine);
      const upload = await begin(suite.engine, id, 'a');
      const [old, fresh] = [samplePart(1), samplePart(1)];
      await put(id, upload, old);
      await put(id, upload, fresh);
      assert.deepEqual((await complete(id, upload, [old])).answer, { outcome: 'changed' });
      assert.deepEqual((await complete(id, upload, [samplePart(2)])).answer, {
        outcome: 'changed',
      });
      const object = sampleObject();
      const { objects } = suite.engine;
      await objects.putObject({ bucketId: id, key: 'a', object, forbidOverwrite: false });
      const refused = await complete(id, upload, [fresh], { forbidOverwrite: true });
      assert.deepEqual(refused.answer, { outcome: 'exists' });
      assert.deepEqual(await objects.findObject(id, 'a'), object);
      assert.deepEqual(await suite.engine.uploads.listParts(upload.uploadId, 0, 9), [fresh]);
      assert.deepEqual((await complete(id, upload, [fresh])).answer, { outcome: 'stored' });
    });

    it('the sealed key of an upload is replaced if it is the one expected', async () => {
      const { id } = await makeBucket(suite.engine);
      const upload = sampleUpload('a');
      const encryption = { algorithm: 'AES256', dataKeySealed: 'old' };
      const facts = { ...upload.facts, extras: { encryption, tags: [['k', 'v']] as const } };
      const { uploads } = suite.engine;
      await uploads.createUpload(id, { ...upload, facts });
      const { key, uploadId } = upload;
      const reseal = (expected: string, next: string) =>
        uploads.resealUpload({ bucketId: id, key, uploadId, expected, next });
      assert.equal(await reseal('other', 'new'), 'none');
      assert.equal(await reseal('old', 'new'), 'done');
      assert.equal(await reseal('old', 'newer'), 'none');
      const extras = { ...facts.extras, encryption: { ...encryption, dataKeySealed: 'new' } };
      assert.deepEqual((await uploads.findUpload(id, key, uploadId))?.facts, { ...facts, extras });
    });

    it('an upload that is aborted frees its parts, and takes no more', async () => {
      const { id } = await makeBucket(suite.engine);
      const upload = await begin(suite.engine, id, 'a');
      const part = samplePart(1);
      await put(id, upload, part);
      const { uploadId } = upload;
      const { uploads, buckets } = suite.engine;
      const actor = { accountId: '1', accessKeyId: 'k', remoteAddress: '', requestId: '' };
      const removed = () => buckets.deleteBucket(id, { actor, at: now });
      assert.deepEqual(await removed(), { outcome: 'not-empty', what: 'uploads' });
      const abort = (key: string) => uploads.abortUpload({ bucketId: id, key, uploadId, now });
      assert.equal(await abort('b'), 'none');
      assert.equal(await abort('a'), 'done');
      assert.equal(await abort('a'), 'none');
      assert.equal(await put(id, upload, samplePart(2)), 'no-upload');
      assert.ok((await garbage()).includes(part.blobId));
      assert.equal((await removed()).outcome, 'deleted');
    });

    it('of rivals that end an upload one does; no part comes afterwards or is lost', async () => {
      const { id } = await makeBucket(suite.engine);
      for (let round = 0; round < 5; round += 1) {
        const key = `r${round}`;
        const upload = await begin(suite.engine, id, key);
        const first = samplePart(1);
        await put(id, upload, first);
        const late = samplePart(2);
        const [one, other, abort, added] = await Promise.all([
          complete(id, upload, [first]),
          complete(id, upload, [first]),
          suite.engine.uploads.abortUpload({ bucketId: id, key, uploadId: upload.uploadId, now }),
          put(id, upload, late),
        ]);
        const ends = [one.answer.outcome === 'stored', other.answer.outcome === 'stored'];
        assert.equal(ends.filter(Boolean).length + (abort === 'done' ? 1 : 0), 1);
        const known = await suite.engine.objects.knownBlobs([first.blobId, late.blobId]);
        assert.ok(known.has(first.blobId));
        assert.equal(known.has(late.blobId), added === 'stored');
      }
      const counted = await suite.engine.inspection.countBucket(id);
      assert.deepEqual(counted?.noted, counted?.counted);
    });

    it('uploads are listed by key and id, in pages, folded', async () => {
      const { id } = await makeBucket(suite.engine);
      for (const [key, uploadId] of [
        ['a', 'U2'],
        ['a', 'U1'],
        ['b/1', 'U3'],
        ['b/2', 'U4'],
        ['c', 'U5'],
      ] as const) {
        await suite.engine.uploads.createUpload(id, sampleUpload(key, `${uploadId}-${id}`));
      }
      const list = (more: object) =>
        suite.engine.uploads.listUploads({
          bucketId: id,
          prefix: '',
          delimiter: '',
          after: '',
          afterUpload: undefined,
          limit: 100,
          ...more,
        });
      const all = [`a U1-${id}`, `a U2-${id}`, `b/1 U3-${id}`, `b/2 U4-${id}`, `c U5-${id}`];
      assert.deepEqual(shown(await list({})), all);
      assert.deepEqual(shown(await list({ delimiter: '/' })), [all[0], all[1], 'b/', all[4]]);
      assert.deepEqual(shown(await list({ after: 'a' })), all.slice(2));
      const inside = { after: 'a', afterUpload: `U1-${id}` };
      assert.deepEqual(shown(await list(inside)), all.slice(1));
      const page = await list({ ...inside, limit: 2 });
      assert.deepEqual([shown(page), page.isTruncated], [all.slice(1, 3), true]);
      assert.deepEqual(shown(await list({ prefix: 'b/', after: 'b/1' })), [all[3]]);
    });

    it('an object grows by blobs, if it is what it was taken for', async () => {
      const { id } = await makeBucket(suite.engine);
      const { objects } = suite.engine;
      const first = sampleObject({ type: 'Appendable', size: 4, contentMd5: undefined });
      await objects.putObject({ bucketId: id, key: 'a', object: first, forbidOverwrite: false });
      const contentId = unique('content');
      const append = (standing: { blobId: string; size: number }, size: number) => {
        const piece = { blobId: unique('piece'), size, iv: '0b' };
        const grown = { etag: `E${size}`, crc64: String(size), modifiedAt: now + size };
        const input = { bucketId: id, key: 'a', standing, contentId, piece, grown };
        return objects.appendToObject({ ...input, isAnnounced: false }).then((outcome) => {
          return { outcome, piece };
        });
      };
      const two = await append(first, 6);
      assert.equal(two.outcome, 'done');
      assert.equal((await append(first, 6)).outcome, 'changed');
      assert.equal((await append({ blobId: contentId, size: 9 }, 1)).outcome, 'changed');
      const three = await append({ blobId: contentId, size: 10 }, 5);
      assert.equal(three.outcome, 'done');
      assert.deepEqual(await objects.findObject(id, 'a'), {
        ...first,
        blobId: contentId,
        content: 'parts',
        size: 15,
        etag: 'E5',
        crc64: '5',
        modifiedAt: now + 5,
      });
      assert.deepEqual(await objects.listContentParts(contentId, 0, 10), [
        { start: 0, size: 4, blobId: first.blobId },
        { start: 4, ...two.piece },
        { start: 10, ...three.piece },
      ]);
      assert.equal((await suite.engine.buckets.bucketStat(id))?.storageBytes, 15);
    });
  });
}
