import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Damages } from '../../../src/copying/damages.ts';
import { type MetadataEngine, openSqliteEngine, type Row } from '../../../src/stores/index.ts';
import { makeBucket } from '../../contract/samples.ts';

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

  const object = (key: string): Row => ({ bucket_id: bucketId, key: Buffer.from(key), size: 10 });
  const gone = { kind: 'gone', what: 'its bytes are missing' };
  const unreadable = { kind: 'unreadable', what: 'its bytes cannot be read' };

  it('are named once, and counted away from their bucket', async () => {
    const damages = new Damages(engine.rows);
    await damages.addObject(object('ü'), gone);
    await damages.addObject(object('ü'), gone);
    await damages.addObject(object('other'), gone);
    damages.addSecret('the private key of certificate 7');
    damages.addSecret('the private key of certificate 7');
    assert.deepEqual(
      damages.all.map(({ of }) => of),
      ['a-bucket/ü', 'a-bucket/other', 'the private key of certificate 7'],
    );
    assert.equal(damages.hasObject([bucketId, new Uint8Array(Buffer.from('ü'))]), true);
    assert.equal(damages.hasObject([bucketId + 1, Buffer.from('ü')]), false);
    assert.deepEqual(damages.buckets, [bucketId]);
    const bucket = { id: bucketId, object_count: 5, storage_bytes: 70 };
    assert.deepEqual(damages.withoutLosses(bucket), {
      id: bucketId,
      object_count: 3,
      storage_bytes: 50,
    });
    assert.deepEqual(damages.withoutLosses({ ...bucket, id: 9 }), { ...bucket, id: 9 });
  });

  it('end the run at ten thousand: that is no accident', async () => {
    const damages = new Damages(engine.rows);
    for (let number = 0; number < 10_000; number += 1) {
      await damages.addObject(object(`${number}`), gone);
    }
    await assert.rejects(
      damages.addObject(object('one more'), gone),
      /More than 10000 objects .* damaged, the first a-bucket\/0/,
    );
  });

  it('that cannot be read one after the other are a store that is away', async () => {
    const damages = new Damages(engine.rows);
    for (let number = 0; number < 49; number += 1) {
      await damages.addObject(object(`${number}`), unreadable);
    }
    damages.noteReadable();
    for (let number = 50; number < 99; number += 1) {
      await damages.addObject(object(`${number}`), unreadable);
    }
    await assert.rejects(damages.addObject(object('99'), unreadable), /50 objects of the source/);
  });
});
