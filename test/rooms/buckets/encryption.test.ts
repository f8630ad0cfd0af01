/** Contents encrypted at rest: nothing of them in the clear, every range right. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { resealContentKeys, type StoredObject } from '../../../src/buckets/index.ts';
import { removeKeys } from '../../support/keys.ts';
import { filesBelow, openRooms, type Rooms, readAll, readText, upload } from './rooms.ts';

const encryption = { algorithm: 'AES256' } as const;

let rooms: Rooms;
before(async () => {
  rooms = await openRooms();
});
after(() => rooms.close());

async function bytesOnDisk(): Promise<Buffer> {
  const files = await filesBelow(rooms.blobFolder);
  return Buffer.concat(
    await Promise.all(files.map((file) => readFile(join(rooms.blobFolder, file)))),
  );
}

async function readSpan(key: string, object: StoredObject, start: number, length: number) {
  const opened = await rooms.objects.openObject(rooms.bucket, key, object, { start, length });
  assert.equal(opened.content.kind, 'reader');
  if (opened.content.kind !== 'reader') return Buffer.of();
  const bytes = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    filled += await opened.content.reader.read(bytes.subarray(filled), start + filled);
  }
  await opened.content.reader.close();
  return bytes;
}

test('what is kept tells nothing of what was sent; checksums are of what was sent', async () => {
  const text = 'a secret that must not lie about '.repeat(4);
  const plain = await rooms.objects.putObject(upload(rooms.bucket, 'plain', text));
  const extras = { encryption };
  const { object } = await rooms.objects.putObject(upload(rooms.bucket, 'k', text, { extras }));
  assert.deepEqual([object.etag, object.crc64], [plain.object.etag, plain.object.crc64]);
  assert.equal(await readText(rooms, 'k'), text);
  await removeKeys(rooms.objects, rooms.bucket, ['plain']);
  rooms.world.advance(120_000);
  await rooms.sweeper.sweepGarbage();
  assert.equal((await bytesOnDisk()).includes('secret'), false);
});

test('two objects of the same bytes are kept as different ones', async () => {
  const extras = { encryption };
  const text = 'the same bytes';
  const one = await rooms.objects.putObject(upload(rooms.bucket, 'one', text, { extras }));
  const two = await rooms.objects.putObject(upload(rooms.bucket, 'two', text, { extras }));
  const files = await filesBelow(rooms.blobFolder);
  const kept = await Promise.all(
    [one, two].map(async ({ object }) => {
      const file = files.find((name) => name.endsWith(object.blobId)) ?? assert.fail();
      return await readFile(join(rooms.blobFolder, file));
    }),
  );
  assert.notDeepEqual(kept[0], kept[1]);
});

test('any range of a large one is read by itself', async () => {
  const bytes = randomBytes(3 * 1024 * 1024 + 5);
  const extras = { encryption };
  const given = upload(rooms.bucket, 'large', bytes, { extras });
  const { object } = await rooms.objects.putObject(given);
  const opened = await rooms.objects.openObject(rooms.bucket, 'large', object);
  assert.deepEqual(await readAll(opened), bytes);
  for (const [start, length] of [
    [0, 1],
    [1, 15],
    [15, 2],
    [16, 16],
    [1_000_003, 77_777],
    [bytes.length - 3, 3],
  ] as const) {
    const part = await readSpan('large', object, start, length);
    assert.deepEqual(part, bytes.subarray(start, start + length), `${length} from ${start}`);
  }
});

test('a copy is encrypted if the request says so, and read right in every way', async () => {
  const facts = { headers: { 'content-type': 'text/plain' }, metadata: {} };
  const copy = (source: string, key: string, more: object = {}) =>
    rooms.objects.copyObject({
      source: { bucket: rooms.bucket, key: source },
      bucket: rooms.bucket,
      key,
      facts,
      isReplacing: false,
      isReplacingTags: false,
      extras: {},
      acl: undefined,
      storageClass: undefined,
      isOverwriteForbidden: false,
      admit: () => {},
      ...more,
    });
  const extras = { encryption };
  const text = 'text to be copied';
  await rooms.objects.putObject(upload(rooms.bucket, 'source', text, { acl: 'private' }));
  const sealed = await copy('source', 'sealed', { extras });
  assert.ok(sealed.object.extras.encryption?.dataKeySealed);
  const again = await copy('sealed', 'again', { extras });
  assert.notEqual(
    again.object.extras.encryption?.dataKeySealed,
    sealed.object.extras.encryption?.dataKeySealed,
  );
  const open = await copy('sealed', 'open');
  assert.equal(open.object.extras.encryption, undefined);
  const self = await copy('source', 'source', { extras });
  assert.equal(self.object.acl, 'private');
  assert.ok(self.object.extras.encryption?.dataKeySealed);
  for (const key of ['sealed', 'again', 'open', 'source']) {
    assert.equal(await readText(rooms, key), text, key);
  }
});

test('contents of several blobs are encrypted blob by blob', async () => {
  const { engine, blobs, keys, bucket } = rooms;
  const key = 'parts';
  const { key: dataKey, sealed } = keys.draw(bucket.id);
  const { encryptingWriter } = await import('../../../src/buckets/content-keys.ts');
  const pieces = [randomBytes(1_070_001), randomBytes(3), randomBytes(100_000)];
  const first = pieces[0] ?? assert.fail();
  const store = async (bytes: Buffer, iv: string | undefined) => {
    const writer = encryptingWriter(await blobs.create(bytes.length), { key: dataKey, iv });
    await writer.write(bytes);
    return await writer.finish();
  };
  const given = upload(bucket, 'model', Buffer.concat(pieces));
  const { object: model } = await rooms.objects.putObject(given);
  const object: StoredObject = {
    ...model,
    type: 'Appendable',
    size: first.length,
    blobId: await store(first, undefined),
    extras: { encryption: { ...encryption, dataKeySealed: sealed } },
  };
  await engine.objects.putObject({ bucketId: bucket.id, key, object, forbidOverwrite: false });
  let standing = { blobId: object.blobId, size: object.size };
  for (const bytes of pieces.slice(1)) {
    const iv = 'ff'.repeat(16);
    const piece = { blobId: await store(bytes, iv), size: bytes.length, iv };
    const grown = { etag: model.etag, crc64: model.crc64, modifiedAt: model.modifiedAt };
    const input = { bucketId: bucket.id, key, standing, contentId: 'whole', piece, grown };
    assert.equal(await engine.objects.appendToObject({ ...input, isAnnounced: false }), 'done');
    standing = { blobId: 'whole', size: standing.size + bytes.length };
  }
  const found = (await rooms.objects.findObject(bucket, key)) ?? assert.fail();
  const whole = Buffer.concat(pieces);
  assert.deepEqual(await readAll(await rooms.objects.openObject(bucket, key, found)), whole);
  const part = await readSpan(key, found, 1_069_990, 200);
  assert.deepEqual(part, whole.subarray(1_069_990, 1_070_190));
  // The blobs of parts are no file under the name of the content.
  await rooms.sweeper.sweepOrphans();
  assert.deepEqual(await rooms.sweeper.findMissing(), { missing: [], missingCount: 0 });
});

test('a new master key takes over the keys of contents, of versions and uploads too', async () => {
  const { engine, bucket, sealer } = rooms;
  const extras = { encryption };
  const key = 'rotated';
  await rooms.objects.putObject(upload(bucket, key, 'before the rotation', { extras }));
  const facts = { acl: 'default', storageClass: 'Standard', headers: {}, metadata: {} } as const;
  const { sealed } = rooms.keys.draw(bucket.id);
  await engine.uploads.createUpload(bucket.id, {
    uploadId: 'begun',
    key,
    initiatedAt: rooms.world.clock.now(),
    facts: {
      ...facts,
      extras: { encryption: { ...encryption, dataKeySealed: sealed } },
      isSequential: false,
    },
  });
  await sealer.rotate();
  assert.ok((await resealContentKeys(engine, sealer)) >= 2);
  assert.equal(await resealContentKeys(engine, sealer), 0);
  const begun = await engine.uploads.findUpload(bucket.id, key, 'begun');
  const moved = begun?.facts.extras.encryption?.dataKeySealed ?? '';
  assert.notEqual(moved, sealed);
  assert.deepEqual(rooms.keys.open(bucket.id, moved).key, rooms.keys.open(bucket.id, sealed).key);
  assert.equal(await readText(rooms, key), 'before the rotation');
  for (const object of await allObjects()) {
    const current = object.extras.encryption?.dataKeySealed;
    if (current !== undefined) assert.equal(sealer.rewrap(current, contextOf()), current);
  }
});

async function allObjects(): Promise<StoredObject[]> {
  const page = { prefix: '', delimiter: '', after: '', limit: 1000 };
  const { entries } = await rooms.objects.listObjects(rooms.bucket, page);
  return entries.flatMap((entry) => ('object' in entry ? [entry.object] : []));
}

/** The place a key of a content of the bucket is sealed for. */
function contextOf(): string {
  return `content-key:1:${rooms.bucket.id}`;
}
