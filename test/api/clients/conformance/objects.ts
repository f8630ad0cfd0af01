/** The client and objects. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import sharp, { type Metadata } from 'sharp';
import { namesOf, refused, type Scenario, type Stage, type Untyped } from './scenario.ts';

const hostileKey = "dir/sub dir/ключ 中文+&=$#;,?:@!*()'%25~.txt";

async function writesAndReads({ client, folder, bucket }: Stage): Promise<void> {
  const content = randomBytes(100_000);
  const put = await client.put('a.bin', content, {
    meta: { uid: 7, pid: 9 },
    headers: { 'Cache-Control': 'max-age=60' },
  });
  assert.match(put.res.headers.etag, /^"[0-9A-F]{32}"$/);
  assert.ok(content.equals((await client.get('a.bin')).content));
  const part = await client.get('a.bin', { headers: { Range: 'bytes=10-19' } });
  assert.equal(part.res.status, 206);
  assert.ok(content.subarray(10, 20).equals(part.content));
  const file = join(folder, `${bucket}.got`);
  await client.get('a.bin', file);
  assert.ok(content.equals(await readFile(file)));

  const head = await client.head('a.bin');
  assert.deepEqual(head.meta, { uid: '7', pid: '9' });
  assert.equal(head.res.headers['cache-control'], 'max-age=60');
  const meta = await client.getObjectMeta('a.bin');
  assert.equal(meta.res.headers['content-length'], '100000');

  await client.copy('b.bin', 'a.bin');
  assert.ok(content.equals((await client.get('b.bin')).content));
  await client.putMeta('b.bin', { uid: '8' });
  assert.deepEqual((await client.head('b.bin')).meta, { uid: '8' });
  await client.putACL('b.bin', 'public-read');
  assert.equal((await client.getACL('b.bin')).acl, 'public-read');

  await client.putStream('stream.bin', Readable.from([content]));
  const { stream } = await client.getStream('stream.bin');
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  assert.ok(content.equals(Buffer.concat(chunks)));

  await client.delete('a.bin');
  await client.delete('a.bin');
  await assert.rejects(client.head('a.bin'), { status: 404, code: 'NoSuchKey' });
  const { deleted } = await client.deleteMulti(['b.bin', 'stream.bin']);
  assert.equal(deleted.length, 2);
}

async function processesImages({ client, bucket }: Stage): Promise<void> {
  const picture = await sharp({ create: { width: 40, height: 20, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
  await client.put('picture.png', picture);
  const small = await client.get('picture.png', { process: 'image/resize,w_20' });
  assert.deepEqual(sizeOf(await sharp(small.content).metadata()), ['png', 20, 10]);
  const info = await client.get('picture.png', { process: 'image/info' });
  assert.equal(JSON.parse(info.content.toString()).ImageWidth.value, '40');
  const saved = await client.processObjectSave(
    'picture.png',
    'small.jpg',
    'image/format,jpg',
    bucket,
  );
  assert.equal(saved.res.status, 200);
  const { content } = await client.get('small.jpg');
  assert.deepEqual(sizeOf(await sharp(content).metadata()), ['jpeg', 40, 20]);
}

const sizeOf = ({ format, width, height }: Metadata) => [format, width, height];

async function lists({ client }: Stage): Promise<void> {
  for (const key of ['1', '2/a', '2/b', '3', hostileKey]) await client.put(key, Buffer.from(key));
  const start = { prefix: '', marker: '', 'max-keys': 2, delimiter: '/' };
  const first = await client.list(start, {});
  assert.deepEqual([namesOf(first.objects), first.prefixes], [['1'], ['2/']]);
  assert.equal(first.isTruncated, true);
  const second = await client.list({ ...start, marker: first.nextMarker }, {});
  assert.deepEqual([namesOf(second.objects), second.prefixes], [['3'], ['dir/']]);
  let token: string | undefined;
  const seen: string[] = [];
  do {
    const page = await client.listV2({
      'max-keys': '3',
      ...(token ? { 'continuation-token': token } : {}),
    });
    seen.push(...namesOf(page.objects));
    token = page.nextContinuationToken;
  } while (token);
  assert.deepEqual(seen, ['1', '2/a', '2/b', '3', hostileKey]);
  assert.equal((await client.get(hostileKey)).content.toString(), hostileKey);
  await client.deleteMulti(seen, { quiet: true });
}

async function appends({ client, request }: Stage): Promise<void> {
  const first = await client.append('log', Buffer.from('one,'));
  assert.equal(first.nextAppendPosition, '4');
  const position = first.nextAppendPosition;
  const second = await client.append('log', Buffer.from('two'), { position });
  assert.equal(second.nextAppendPosition, '7');
  assert.equal((await client.get('log')).content.toString(), 'one,two');
  const late = client.append('log', Buffer.from('x'), { position: 1 });
  await refused(late, 'PositionNotEqualToLength');
  const seal = { method: 'POST', key: 'log', query: { seal: '', position: '7' } };
  await refused(request(seal), 'OperationNotSupported');
  await client.delete('log');
}

async function linksAndTags({ client }: Stage): Promise<void> {
  const target = 'a/target ü+&.txt';
  await client.put(target, Buffer.from('linked'), { headers: { 'x-oss-tagging': 'a=1' } });
  await client.putSymlink('a/link', target, { meta: { of: 'link' } });
  assert.equal((await client.getSymlink('a/link')).targetName, target);
  const got = await client.get('a/link');
  assert.equal(got.content.toString(), 'linked');
  assert.equal(got.res.headers['x-oss-object-type'], 'Symlink');
  assert.equal(got.res.headers['x-oss-meta-of'], 'link');
  await client.putSymlink('a/twice', 'a/link');
  await refused(client.head('a/twice'), 'InvalidTargetType');
  const tags = async () => (await client.getObjectTagging(target)).tag;
  assert.deepEqual(await tags(), { a: '1' });
  await client.putObjectTagging(target, { b: '2', 'c d': '3' });
  assert.deepEqual(await tags(), { b: '2', 'c d': '3' });
  await client.deleteObjectTagging(target);
  assert.deepEqual(await tags(), {});
  await client.deleteMulti([target, 'a/link', 'a/twice']);
}

async function restores({ client, request }: Stage): Promise<void> {
  const headers = { 'x-oss-storage-class': 'ColdArchive' };
  await client.put('cold', Buffer.from('cold'), { headers });
  const unread = { code: 'InvalidObjectState', status: 403 };
  await assert.rejects(client.get('cold'), unread);
  const restored = await client.restore('cold', { type: 'ColdArchive', Days: 2 });
  assert.equal(restored.res.status, 202);
  assert.equal(restored.res.headers['x-oss-object-restore-priority'], 'Standard');
  assert.equal((await client.get('cold')).content.toString(), 'cold');
  await request({ method: 'POST', key: 'cold', query: { cleanRestoredObject: '' } });
  await assert.rejects(client.get('cold'), unread);
  await client.delete('cold');
}

const partSize = 100 * 1024;
const parts = randomBytes(2 * partSize + 1000);

async function sendsParts({ client, bucket, folder }: Stage): Promise<void> {
  const file = join(folder, `${bucket}.bin`);
  await writeFile(file, parts);
  const read = async (key: string): Promise<boolean> =>
    parts.equals((await client.get(key)).content);
  const headers = { 'x-oss-object-acl': 'public-read' };
  const options = { partSize, parallel: 2, headers, meta: { of: 'parts' } };
  const sent = await client.multipartUpload('a/b c.bin', file, options);
  assert.match(sent.etag, /^"[0-9A-F]{32}-3"$/);
  assert.ok(await read('a/b c.bin'));
  assert.deepEqual((await client.head('a/b c.bin')).meta, { of: 'parts' });
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
  await assert.rejects(stopped, { name: 'cancel' });
  const listed = await client.listParts('resumed', checkpoint.uploadId);
  assert.equal([listed.parts].flat().length, checkpoint.doneParts.length);
  await client.multipartUpload('resumed', file, { checkpoint });
  assert.ok(await read('resumed'));

  const source = { sourceKey: 'resumed', sourceBucketName: bucket };
  const copied = await client.multipartUploadCopy('copied', source, { partSize });
  assert.equal(copied.res.status, 200);
  assert.ok(await read('copied'));
  await client.deleteMulti(['a/b c.bin', 'resumed', 'copied']);
}

async function uploadsByHand({ client, bucket, folder }: Stage): Promise<void> {
  const file = join(folder, `${bucket}.bin`);
  await writeFile(file, parts);
  const { uploadId } = await client.initMultipartUpload('by hand');
  const { uploads } = await client.listUploads({ 'max-uploads': 10 });
  assert.deepEqual(
    uploads.map((each: Untyped) => [each.name, each.uploadId]),
    [['by hand', uploadId]],
  );
  const one = await client.uploadPart('by hand', uploadId, 1, file, 0, partSize);
  await client.put('source', parts);
  const source = { sourceKey: 'source', sourceBucketName: bucket };
  const range = `${partSize}-${parts.length - 1}`;
  const two = await client.uploadPartCopy('by hand', uploadId, 2, range, source);
  const done = [one, two].map(({ etag }, index) => ({ number: index + 1, etag }));
  await client.completeMultipartUpload('by hand', uploadId, done);
  assert.ok(parts.equals((await client.get('by hand')).content));
  const begun = await client.initMultipartUpload('begun');
  await client.abortMultipartUpload('begun', begun.uploadId);
  const gone = client.abortMultipartUpload('begun', begun.uploadId);
  await assert.rejects(gone, { code: 'NoSuchUpload', status: 404 });
  await client.deleteMulti(['by hand', 'source']);
}

async function keepsVersions({ client, bucket }: Stage): Promise<void> {
  assert.equal((await client.getBucketVersioning(bucket)).versionStatus, undefined);
  await client.putBucketVersioning(bucket, 'Enabled');
  assert.equal((await client.getBucketVersioning(bucket)).versionStatus, 'Enabled');
  const idOf = ({ res }: Untyped): string => res.headers['x-oss-version-id'];
  const first = idOf(await client.put(hostileKey, Buffer.from('first')));
  const second = idOf(await client.put(hostileKey, Buffer.from('second')));
  const of = (versionId: string) => ({ versionId });
  const text = async (more?: Untyped) =>
    (await client.get(hostileKey, undefined, more)).content.toString();
  assert.deepEqual([await text(), await text(of(first))], ['second', 'first']);
  assert.equal(idOf(await client.head(hostileKey, of(first))), first);
  assert.equal(idOf(await client.getObjectMeta(hostileKey, of(first))), first);
  await client.putACL(hostileKey, 'public-read', of(first));
  assert.equal((await client.getACL(hostileKey, of(first))).acl, 'public-read');
  assert.equal((await client.getACL(hostileKey, of(second))).acl, 'default');
  const { res: copied } = await client.copy('copy', hostileKey, of(first));
  assert.equal(copied.headers['x-oss-copy-source-version-id'], first);
  const { res: deleted } = await client.delete(hostileKey);
  assert.equal(deleted.headers['x-oss-delete-marker'], 'true');
  await assert.rejects(client.get(hostileKey), { code: 'NoSuchKey', status: 404 });
  const marker = idOf({ res: deleted });
  const onMarker = client.get(hostileKey, undefined, of(marker));
  await assert.rejects(onMarker, { code: 'MethodNotAllowed', status: 405 });
  const page = await client.getBucketVersions({ prefix: hostileKey, 'max-keys': 2 });
  const names = (list: Untyped) => list.map((each: Untyped) => [each.name, each.versionId]);
  assert.deepEqual(names(page.deleteMarker), [[hostileKey, marker]]);
  assert.deepEqual(names(page.objects), [[hostileKey, second]]);
  const { nextKeyMarker: keyMarker, NextVersionIdMarker: versionIdMarker } = page;
  const rest = await client.listObjectVersions({ prefix: hostileKey, keyMarker, versionIdMarker });
  assert.deepEqual([names(rest.objects), rest.isTruncated], [[[hostileKey, first]], false]);
  const gone = await client.deleteMulti(
    [marker, second].map((versionId) => ({ key: hostileKey, versionId })),
  );
  assert.deepEqual(
    gone.deleted.map((each: Untyped) => [each.VersionId, each.DeleteMarkerVersionId]),
    [
      [marker, marker],
      [second, undefined],
    ],
  );
  assert.equal(await text(), 'first');
  assert.equal(idOf(await client.delete(hostileKey, of(first))), first);
  await assert.rejects(client.get(hostileKey), { code: 'NoSuchKey' });
}

export const objects: readonly Scenario[] = [
  {
    title: 'writes, reads, heads, copies and deletes objects',
    where: 'everywhere',
    answers: [
      ['PutObject', 'put'],
      ['PutObject', 'putStream'],
      ['GetObject', 'get'],
      ['GetObject', 'getStream'],
      ['HeadObject', 'head'],
      ['GetObjectMeta', 'getObjectMeta'],
      ['CopyObject', 'copy'],
      ['CopyObject', 'putMeta'],
      ['PutObjectACL', 'putACL'],
      ['GetObjectACL', 'getACL'],
      ['DeleteObject', 'delete'],
      ['DeleteMultipleObjects', 'deleteMulti'],
    ],
    run: writesAndReads,
  },
  {
    title: 'lists in pages, with delimiter, V1 and V2, with empty parameters',
    where: 'everywhere',
    answers: [
      ['ListObjects', 'list'],
      ['ListObjectsV2', 'listV2'],
    ],
    run: lists,
  },
  {
    title: 'appends',
    where: 'everywhere',
    answers: [['AppendObject', 'append']],
    refuses: [['SealAppendObject', 'request', 'OperationNotSupported']],
    run: appends,
  },
  {
    title: 'has pictures made smaller, for the answer and for good',
    where: 'everywhere',
    answers: [
      ['GetObject', 'get'],
      ['ProcessObject', 'processObjectSave'],
    ],
    run: processesImages,
  },
  {
    title: 'makes links, and tags objects',
    where: 'everywhere',
    answers: [
      ['PutSymlink', 'putSymlink'],
      ['GetSymlink', 'getSymlink'],
      ['PutObjectTagging', 'putObjectTagging'],
      ['GetObjectTagging', 'getObjectTagging'],
      ['DeleteObjectTagging', 'deleteObjectTagging'],
    ],
    run: linksAndTags,
  },
  {
    title: 'restores what is archived',
    where: 'everywhere',
    answers: [
      ['RestoreObject', 'restore'],
      ['CleanRestoredObject', 'request'],
    ],
    run: restores,
  },
  {
    title: 'sends a file in parts, goes on where it was stopped, makes objects of parts of others',
    where: 'everywhere',
    answers: [
      ['InitiateMultipartUpload', 'multipartUpload'],
      ['UploadPart', 'multipartUpload'],
      ['CompleteMultipartUpload', 'multipartUpload'],
      ['UploadPartCopy', 'multipartUploadCopy'],
      ['ListParts', 'listParts'],
    ],
    run: sendsParts,
  },
  {
    title: 'takes an upload step by step, and gives one up',
    where: 'everywhere',
    answers: [
      ['InitiateMultipartUpload', 'initMultipartUpload'],
      ['UploadPart', 'uploadPart'],
      ['UploadPartCopy', 'uploadPartCopy'],
      ['CompleteMultipartUpload', 'completeMultipartUpload'],
      ['AbortMultipartUpload', 'abortMultipartUpload'],
      ['ListMultipartUploads', 'listUploads'],
    ],
    run: uploadsByHand,
  },
  {
    title: 'keeps versions: reads, copies, opens, lists and removes them by id',
    where: 'everywhere',
    isAlone: true,
    answers: [
      ['PutBucketVersioning', 'putBucketVersioning'],
      ['GetBucketVersioning', 'getBucketVersioning'],
      ['ListObjectVersions', 'getBucketVersions'],
      ['ListObjectVersions', 'listObjectVersions'],
    ],
    run: keepsVersions,
  },
];
