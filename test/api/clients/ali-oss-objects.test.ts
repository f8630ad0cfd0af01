/** The official client sends objects in parts, as its users do, signed with V1 and V4. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type AliOss, openAliOss } from '../../support/ali-oss.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';

/** Loosely typed on purpose: the client's declarations lag behind its methods. */
// biome-ignore lint/suspicious/noExplicitAny: the client's own declarations miss methods it has.
type Untyped = any;

let server: TestServer;
before(async () => {
  server = await startTestServer();
});
after(() => server.close());

const partSize = 100 * 1024;
const content = randomBytes(2 * partSize + 1000);

for (const isV4 of [false, true]) {
  describe(`ali-oss, objects, ${isV4 ? 'V4' : 'V1'}`, () => {
    const bucket = `ali-objects-${isV4 ? 'v4' : 'v1'}`;
    let opened: AliOss;
    let client: Untyped;
    let file: string;
    before(async () => {
      const port = server.httpPort;
      opened = openAliOss({ ...server, addressing: 'sldEnable', isV4, port, bucket });
      client = opened.client;
      await client.putBucket(bucket);
      file = join(server.folder, `${bucket}.bin`);
      await writeFile(file, content);
    });
    after(() => opened.close());

    it('sends a file in parts, and goes on where it was stopped', async () => {
      const headers = { 'x-oss-object-acl': 'public-read' };
      const meta = { of: 'parts' };
      const sent = await client.multipartUpload('a/b c.bin', file, {
        partSize,
        parallel: 2,
        headers,
        meta,
      });
      assert.match(sent.etag, /^"[0-9A-F]{32}-3"$/);
      const got = await client.get('a/b c.bin');
      assert.ok(content.equals(got.content));
      assert.equal(got.res.headers['x-oss-meta-of'], 'parts');
      assert.equal((await client.getACL('a/b c.bin')).acl, 'public-read');

      let checkpoint: Untyped;
      const stopped = client.multipartUpload('resumed', file, {
        partSize,
        parallel: 1,
        progress: (_done: number, seen: Untyped) => {
          checkpoint = seen;
          if (seen?.doneParts.length === 1) client.cancel();
        },
      });
      await assert.rejects(stopped, (problem: Untyped) => problem.name === 'cancel');
      const { uploadId, doneParts } = checkpoint;
      const listed = await client.listParts('resumed', uploadId);
      assert.equal([listed.parts].flat().length, doneParts.length);
      await client.multipartUpload('resumed', file, { checkpoint });
      assert.ok(content.equals((await client.get('resumed')).content));
    });

    it('makes an object of parts of others', async () => {
      await client.put('source', content);
      const copied = await client.multipartUploadCopy(
        'copied',
        { sourceKey: 'source', sourceBucketName: bucket },
        { partSize },
      );
      assert.equal(copied.res.status, 200);
      assert.ok(content.equals((await client.get('copied')).content));
    });

    it('appends', async () => {
      const first = await client.append('log', Buffer.from('one,'));
      assert.equal(first.nextAppendPosition, '4');
      const position = first.nextAppendPosition;
      const second = await client.append('log', Buffer.from('two'), { position });
      assert.equal(second.nextAppendPosition, '7');
      assert.equal((await client.get('log')).content.toString(), 'one,two');
      await assert.rejects(
        client.append('log', Buffer.from('x'), { position: 1 }),
        (problem: Untyped) => problem.code === 'PositionNotEqualToLength',
      );
    });

    it('makes links, and tags objects', async () => {
      const target = 'a/target ü+&.txt';
      await client.put(target, Buffer.from('linked'), { headers: { 'x-oss-tagging': 'a=1' } });
      await client.putSymlink('a/link', target, { meta: { of: 'link' } });
      const { targetName } = await client.getSymlink('a/link');
      assert.equal(targetName, target);
      const got = await client.get('a/link');
      assert.equal(got.content.toString(), 'linked');
      assert.equal(got.res.headers['x-oss-object-type'], 'Symlink');
      assert.equal(got.res.headers['x-oss-meta-of'], 'link');
      await client.putSymlink('a/twice', 'a/link');
      await assert.rejects(
        client.head('a/twice'),
        (problem: Untyped) => problem.code === 'InvalidTargetType',
      );
      assert.deepEqual((await client.getObjectTagging(target)).tag, { a: '1' });
      await client.putObjectTagging(target, { b: '2', 'c d': '3' });
      assert.deepEqual((await client.getObjectTagging(target)).tag, { b: '2', 'c d': '3' });
      await client.deleteObjectTagging(target);
      assert.deepEqual((await client.getObjectTagging(target)).tag, {});
    });

    it('restores what is archived', async () => {
      const headers = { 'x-oss-storage-class': 'ColdArchive' };
      await client.put('cold', Buffer.from('cold'), { headers });
      await assert.rejects(
        client.get('cold'),
        (problem: Untyped) => problem.code === 'InvalidObjectState' && problem.status === 403,
      );
      const restored = await client.restore('cold', { type: 'ColdArchive', Days: 2 });
      assert.equal(restored.res.status, 202);
      assert.equal(restored.res.headers['x-oss-object-restore-priority'], 'Standard');
      await assert.rejects(
        client.restore('cold', { type: 'ColdArchive' }),
        (problem: Untyped) => problem.code === 'RestoreAlreadyInProgress',
      );
    });

    it('lists uploads and gives them up', async () => {
      const { uploadId } = await client.initMultipartUpload('begun');
      const { uploads } = await client.listUploads({ 'max-uploads': 10 });
      assert.deepEqual(
        uploads.map((each: Untyped) => [each.name, each.uploadId]),
        [['begun', uploadId]],
      );
      await client.abortMultipartUpload('begun', uploadId);
      await assert.rejects(
        client.abortMultipartUpload('begun', uploadId),
        (problem: Untyped) => problem.code === 'NoSuchUpload' && problem.status === 404,
      );
    });
  });
}
