/** What is damaged in the source is told; what is damaged in the target is made good. */
import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import Database from 'better-sqlite3';
import type { Row } from '../../src/stores/index.ts';
import { embedded, openPlace, type Place, servePlace } from '../campaigns/copy/places.ts';
import { copy } from './copy/command.ts';
import { assertSamePlaces, stageForSuite, whole } from './copy/stage.ts';
import { clientOf } from './copy/story.ts';

const stage = stageForSuite();

describe('damage', () => {
  /** The file of an object's bytes. */
  async function blobFile(place: Place, bucket: string, key: string): Promise<string> {
    const opened = await openPlace(place);
    const found = await opened.metadata.buckets.findBucket(bucket);
    const object = await opened.metadata.objects.findObject(found?.id ?? 0, key);
    await opened.close();
    return fileOf(place, object?.blobId ?? '');
  }

  function fileOf(place: Place, blobId: string): string {
    return join(place.dataDir, 'objects', 'data', blobId.slice(0, 2), blobId);
  }

  it('in the source is told by bucket and key, and stops nothing else', async () => {
    const { place, story } = await stage.storied('damaged');
    await rm(await blobFile(place, 'shop-bucket', 'index.html'));
    await writeFile(await blobFile(place, 'private-bucket', 'large.bin'), 'short');
    const wrong = await blobFile(place, 'private-bucket', 'ordner/schöne Grüße €😀.txt');
    await writeFile(wrong, 'jello');
    const there = await stage.newCluster('damaged-there');
    const { code, report } = await copy(place, there);
    assert.equal(code, 1);
    assert.equal(report?.isComplete, false);
    assert.deepEqual(
      Object.fromEntries((report?.damages ?? []).map(({ of, what }) => [of, what])),
      {
        'shop-bucket/index.html': 'its bytes are missing',
        'private-bucket/large.bin': 'it has 5 bytes instead of 9437184',
        'private-bucket/ordner/schöne Grüße €😀.txt':
          'its bytes are not those that were stored (CRC-64)',
      },
    );
    assert.equal(report?.objects.copied, story.contents - 3);
    await assert.rejects(servePlace(there), /not complete/);
    const left = await copy(place, there, '--leave-damaged');
    assert.equal(left.code, 1, 'whoever runs it must see that something is missing');
    assert.equal(left.report?.isComplete, true);
    assert.equal(left.report?.damages.length, 3);
    const server = await servePlace(there);
    const client = clientOf(server);
    const query = { stat: undefined };
    const stat = (await client.call({ bucket: 'private-bucket', query })).body.toString();
    assert.match(stat, /<ObjectCount>3<\/ObjectCount>/);
    assert.match(stat, /<Storage>20<\/Storage>/);
    assert.equal((await client.call({ bucket: 'shop-bucket', key: 'index.html' })).status, 404);
    client.close();
    await server.stop();
  });

  it('of what is sealed is told, and comes along as it is', async () => {
    const { place } = await stage.storied('unsealed');
    const database = new Database(join(place.dataDir, 'cnamed.sqlite'));
    const [certificate] = database.prepare('select number from certificates').all() as {
      number: number;
    }[];
    const strange = `s1.00000000.${Buffer.alloc(120).toString('base64url')}`;
    const change = database.prepare('update certificates set key_sealed = ? where number = ?');
    change.run(strange, certificate?.number);
    database.close();
    const there = await stage.newCluster('unsealed-there');
    const { code, report } = await copy(place, there);
    assert.equal(code, 1);
    assert.equal(report?.differing, 0);
    assert.deepEqual(report?.damages, [
      {
        of: `the private key of certificate ${certificate?.number}`,
        what: 'does not open under the source’s master key',
      },
    ]);
    assert.equal((await copy(place, there, '--leave-damaged')).report?.isComplete, true);
    const opened = await openPlace(there);
    const copied = await opened.metadata.certificates.findCertificate(certificate?.number ?? 0);
    await opened.close();
    assert.equal(copied?.keySealed, strange);
  });

  it('of an older copy does not stand in for what is lost since', async () => {
    const { place } = await stage.storied('older');
    const there = await stage.newCluster('older-there');
    await whole(copy(place, there));
    const server = await servePlace(place);
    const client = clientOf(server);
    await client.call({ method: 'PUT', bucket: 'shop-bucket', key: 'empty', body: 'next' });
    client.close();
    await server.stop();
    await rm(await blobFile(place, 'shop-bucket', 'empty'));
    const { report } = await copy(place, there, '--leave-damaged');
    assert.equal(report?.isComplete, true);
    const opened = await openPlace(there);
    const bucket = await opened.metadata.buckets.findBucket('shop-bucket');
    assert.equal(await opened.metadata.objects.findObject(bucket?.id ?? 0, 'empty'), undefined);
    await opened.close();
  });

  it('in the target is found and brought over again; left-overs go', async () => {
    const { place } = await stage.storied('spoilt');
    const there = await stage.newCluster('spoilt-there');
    await whole(copy(place, there));
    const names = [...stage.s3.objects.keys()].filter((name) =>
      /^spoilt-there\/[0-9a-f]{32}$/.test(name),
    );
    const [gone = '', changed = ''] = names.filter(
      (name) => stage.s3.objects.get(name)?.bytes.length,
    );
    stage.s3.objects.delete(gone);
    const leftOver = `spoilt-there/${'0'.repeat(32)}`;
    const { bytes, ...rest } = stage.s3.objects.get(changed) ?? assert.fail();
    stage.s3.objects.set(leftOver, { bytes, ...rest });
    const bySize = await whole(copy(place, there));
    assert.deepEqual([bySize.objects.repaired, bySize.objects.orphansRemoved], [1, 1]);
    assert.equal(stage.s3.objects.has(leftOver), false);
    stage.s3.objects.set(changed, { bytes: Buffer.alloc(bytes.length), ...rest });
    assert.equal((await whole(copy(place, there))).objects.repaired, 0);
    assert.equal((await whole(copy(place, there, '--verify', 'full'))).objects.repaired, 1);
    await assertSamePlaces(place, there);
  });

  it('of versions, of parts and of what they make is told, counted and left out', async () => {
    const { place, story } = await stage.storied('layered');
    const facts = await layersOf(place);
    await rm(fileOf(place, facts.version));
    await writeFile(fileOf(place, facts.composedParts[1] ?? ''), '?');
    await rm(fileOf(place, facts.uploadParts[2] ?? ''));
    const there = await stage.newCluster('layered-there');
    const left = await copy(place, there, '--leave-damaged');
    assert.deepEqual(
      Object.fromEntries((left.report?.damages ?? []).map(({ of, what }) => [of, what])),
      {
        'versioned-bucket/composed': 'its bytes are not those that were stored (CRC-64)',
        'versioned-bucket/versions (version null)': 'its bytes are missing',
        [`versioned-bucket/later (part 3 of upload ${facts.uploadId})`]: 'its bytes are missing',
      },
    );
    assert.equal(left.report?.isComplete, true);
    assert.equal(left.report?.objects.copied, story.contents - 3);
    const again = await copy(place, there, '--leave-damaged');
    assert.deepEqual([again.report?.isComplete, again.report?.objects.copied], [true, 0]);
    const opened = await openPlace(there);
    const { metadata, blobs } = opened;
    const counted = await metadata.inspection.countBucket(facts.bucketId);
    assert.deepEqual(counted?.noted, counted?.counted);
    assert.equal(counted?.noted.partCount, 5);
    assert.deepEqual(await metadata.objects.listContentParts(facts.composed, 0, 10), []);
    const stored: string[] = [];
    for await (const batch of blobs.list()) stored.push(...batch.map(({ blobId }) => blobId));
    const named = await metadata.objects.listBlobs('', 1_000);
    assert.deepEqual(stored.sort(), named.sort(), 'parts of what is lost do not stay');
    await opened.close();
  });

  it('of versions and parts in the target is found and brought over again', async () => {
    const { place } = await stage.storied('patched');
    const there = await embedded(stage.folder, 'patched-there');
    await whole(copy(place, there));
    const facts = await layersOf(there);
    await rm(fileOf(there, facts.version));
    for (const part of facts.composedParts) await writeFile(fileOf(there, part), 'no');
    await rm(fileOf(there, facts.uploadParts[0] ?? ''));
    // Two blobs of one piece each, and three that make one content.
    assert.equal((await whole(copy(place, there))).objects.repaired, 3);
    await assertSamePlaces(place, there);
    await writeFile(fileOf(there, facts.composedParts[1] ?? ''), '?');
    assert.equal((await whole(copy(place, there))).objects.repaired, 0);
    assert.equal((await whole(copy(place, there, '--verify', 'full'))).objects.repaired, 1);
    await assertSamePlaces(place, there);
  });

  it('that a repair meets leaves the content out with its parts', async () => {
    const { place } = await stage.storied('late');
    const there = await embedded(stage.folder, 'late-there');
    await whole(copy(place, there));
    const facts = await layersOf(place);
    for (const at of [place, there]) await rm(fileOf(at, facts.composedParts[0] ?? ''));
    const left = await copy(place, there, '--leave-damaged');
    assert.deepEqual(
      left.report?.damages.map(({ of }) => of),
      ['versioned-bucket/composed'],
    );
    assert.equal(left.report?.isComplete, true);
    const opened = await openPlace(there);
    assert.deepEqual(await opened.metadata.objects.listContentParts(facts.composed, 0, 10), []);
    await opened.close();
  });

  /** Names of blobs and contents, as the story made them. */
  async function layersOf(place: Place) {
    const opened = await openPlace(place);
    const { buckets, objects, uploads, rows } = opened.metadata;
    const bucketId = (await buckets.findBucket('versioned-bucket'))?.id ?? assert.fail();
    const oldest = await objects.findVersion(bucketId, 'versions', 'null');
    const composed = (await objects.findObject(bucketId, 'composed'))?.blobId ?? assert.fail();
    const parts = await objects.listContentParts(composed, 0, 10);
    const unfinished = await rows.readRows('uploads', undefined, 10);
    const isPlain = ({ key }: Row) => Buffer.from(key as Uint8Array).toString() === 'later';
    const upload = unfinished.find(isPlain);
    const uploadId = String(upload?.upload_id);
    const uploadParts = await uploads.listParts(uploadId, 0, 10);
    await opened.close();
    assert.ok(oldest !== undefined && 'object' in oldest);
    return {
      bucketId,
      version: oldest.object.blobId,
      composed,
      composedParts: parts.map(({ blobId }) => blobId),
      uploadId,
      uploadParts: uploadParts.map(({ blobId }) => blobId),
    };
  }
});
