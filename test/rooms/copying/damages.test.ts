import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Damages } from '../../../src/copying/damages.ts';
import { type MetadataEngine, openSqliteEngine, type Row } from '../../../src/stores/index.ts';
import { makeBucket, sampleObject } from '../../contract/samples.ts';

describe('damages', () => {
  let folder = '';
  let engine: MetadataEngine;
  let bucketId = 0;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cnamed-damages-'));
    engine = await openSqliteEngine({ path: join(folder, 'metadata.db') });
    bucketId = (await makeBucket(engine, '1', 'a-bucket')).id;
  });
  after(async () => {
    await engine.close();
    await rm(folder, { recursive: true, force: true });
  });

  const object = (name: string, more: Row = {}) => {
    const key = Buffer.from(name);
    const row: Row = { bucket_id: bucketId, key, size: 10, storage_class: 'Standard', ...more };
    return { table: 'objects', key: [bucketId, key], row } as const;
  };
  const gone = { kind: 'gone', what: 'its bytes are missing' };
  const unopened = { kind: 'unopened', what: 'its key does not open' };
  const unreadable = { kind: 'unreadable', what: 'its bytes cannot be read' };

  it('are named once, and counted away from their bucket', async () => {
    const damages = new Damages(engine.rows);
    await damages.addContent(object('ü'), gone, 0);
    await damages.addContent(object('ü'), gone, 0);
    await damages.addContent(object('other'), gone, 0);
    damages.addSecret('the private key of certificate 7');
    damages.addSecret('the private key of certificate 7');
    assert.deepEqual(
      damages.all.map(({ of }) => of),
      ['a-bucket/ü', 'a-bucket/other', 'the private key of certificate 7'],
    );
    assert.equal(damages.leavesOut('objects', [bucketId, new Uint8Array(Buffer.from('ü'))]), true);
    assert.equal(damages.leavesOut('objects', [bucketId + 1, Buffer.from('ü')]), false);
    assert.deepEqual(damages.buckets, [bucketId]);
    const bucket = { id: bucketId, object_count: 5, storage_bytes: 70 };
    assert.deepEqual(damages.withoutLosses(bucket), {
      id: bucketId,
      object_count: 3,
      storage_bytes: 50,
    });
    assert.deepEqual(damages.withoutLosses({ ...bucket, id: 9 }), { ...bucket, id: 9 });
  });

  it('of versions and parts are counted where those are, each by its own columns', async () => {
    const damages = new Damages(engine.rows);
    await engine.buckets.setBucketVersioning(bucketId, 'Enabled');
    const created = sampleObject();
    await engine.objects.putObject({ bucketId, key: 'k', object: created, forbidOverwrite: false });
    const facts = { ...created, isSequential: false };
    const upload = { uploadId: 'u', key: 'ü', initiatedAt: 1, facts };
    await engine.uploads.createUpload(bucketId, upload);
    const { row } = object('k', { content: 'parts', blob_id: 'content', storage_class: 'IA' });
    const version = { ...row, version_id: 'v1' };
    const versionKey = [...object('k').key, 3];
    await damages.addContent({ table: 'object_versions', key: versionKey, row: version }, gone, 0);
    const part = { table: 'upload_parts', key: ['u', 7] } as const;
    await damages.addContent({ ...part, row: { upload_id: 'u', number: 7, size: 5 } }, gone, 0);
    assert.deepEqual(
      damages.all.map(({ of }) => of),
      ['a-bucket/k (version v1)', 'a-bucket/ü (part 7 of upload u)'],
    );
    assert.equal(damages.leavesOut('object_versions', versionKey), true);
    assert.equal(damages.leavesOut('objects', object('k').key), false);
    assert.equal(damages.leavesOut('upload_parts', ['u', 7]), true);
    assert.equal(damages.leavesOut('content_parts', ['content', 0]), true);
    assert.equal(damages.leavesOut('content_parts', ['another', 0]), false);
    const columns = {
      object_count: 9,
      storage_bytes: 99,
      part_count: 1,
      ia_count: 4,
      ia_bytes: 40,
    };
    const shard = { bucket_id: bucketId, shard: 0, ...columns };
    assert.deepEqual(damages.withoutLosses(shard), {
      ...{ bucket_id: bucketId, shard: 0, object_count: 8, storage_bytes: 89 },
      ...{ part_count: 0, ia_count: 3, ia_bytes: 30 },
    });
    assert.deepEqual(damages.withoutLosses({ ...shard, shard: 1 }), { ...shard, shard: 1 });
    const own = { id: bucketId, object_count: 5, storage_bytes: 70 };
    assert.deepEqual(damages.withoutLosses(own), own, 'once, and the shard has it');
  });

  it('end the run at ten thousand: that is no accident', async () => {
    const damages = new Damages(engine.rows);
    for (let number = 0; number < 10_000; number += 1) {
      await damages.addContent(object(`${number}`), gone, 0);
    }
    await assert.rejects(
      damages.addContent(object('one more'), gone, 0),
      /More than 10000 objects .* damaged, the first a-bucket\/0/,
    );
  });

  it('that cannot be read one after the other are a store that is away', async () => {
    const damages = new Damages(engine.rows);
    for (let number = 0; number < 49; number += 1) {
      await damages.addContent(object(`${number}`), unreadable, number);
    }
    damages.noteReadable(damages.unreadable);
    for (let number = 49; number < 98; number += 1) {
      await damages.addContent(object(`${number}`), unreadable, number);
    }
    await damages.addContent(object('98'), gone, damages.unreadable);
    for (let number = 99; number < 148; number += 1) {
      await damages.addContent(object(`${number}`), unreadable, number);
    }
    const last = damages.addContent(object('148'), unreadable, damages.unreadable);
    await assert.rejects(last, /50 objects of the source/);
  });

  it('are an outage even while what was read before it comes to its end', async () => {
    const damages = new Damages(engine.rows);
    const early = damages.unreadable;
    for (let number = 0; number < 49; number += 1) {
      await damages.addContent(object(`${number}`), unreadable, damages.unreadable);
      damages.noteReadable(early);
    }
    await damages.addContent(object('wrong'), gone, early);
    await damages.addContent(object('sealed'), unopened, damages.unreadable);
    const last = damages.addContent(object('50'), unreadable, damages.unreadable);
    await assert.rejects(last, /50 objects of the source/);
  });
});
