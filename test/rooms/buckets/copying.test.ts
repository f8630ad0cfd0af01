/** Copies, and the change of facts by copying an object onto itself. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { CopyObject } from '../../../src/buckets/index.ts';
import { OssError } from '../../../src/errors/index.ts';
import { removeKeys } from '../../support/keys.ts';
import { openRooms, type Rooms, readText, upload } from './rooms.ts';

let rooms: Rooms;
before(async () => {
  rooms = await openRooms();
});
after(() => rooms.close());

const facts = { headers: { 'content-type': 'text/css' }, metadata: { mine: 'yes' } };

function copy(from: string, to: string, changes: Partial<CopyObject> = {}): CopyObject {
  return {
    source: { bucket: rooms.bucket, key: from },
    bucket: rooms.bucket,
    key: to,
    facts: { headers: { 'content-type': 'application/octet-stream' }, metadata: {} },
    isReplacing: false,
    isReplacingTags: false,
    extras: {},
    acl: undefined,
    storageClass: undefined,
    isOverwriteForbidden: false,
    admit: () => {},
    ...changes,
  };
}

test('a copy has its source’s content and metadata, and an ACL of its own', async () => {
  const { object: source } = await rooms.objects.putObject(
    upload(rooms.bucket, 'source', 'text', { facts, acl: 'public-read' }),
  );
  rooms.world.advance(5_000);
  const { object: made } = await rooms.objects.copyObject(copy('source', 'copy'));
  assert.equal(made.etag, source.etag);
  assert.equal(made.crc64, source.crc64);
  assert.notEqual(made.blobId, source.blobId);
  assert.equal(made.acl, 'default');
  assert.equal(made.modifiedAt, source.modifiedAt + 5_000);
  assert.deepEqual({ ...made.metadata }, facts.metadata);
  assert.equal(made.headers['content-type'], 'text/css');
  await removeKeys(rooms.objects, rooms.bucket, ['source']);
  assert.equal(await readText(rooms, 'copy'), 'text');
});

test('REPLACE takes the metadata of the request', async () => {
  await rooms.objects.putObject(upload(rooms.bucket, 'source', 'text'));
  const { object: made } = await rooms.objects.copyObject(
    copy('source', 'copy', { facts, isReplacing: true }),
  );
  assert.deepEqual({ ...made.metadata }, facts.metadata);
});

test('onto itself: the content stays, the metadata is the request’s, the ACL stays', async () => {
  const { object: source } = await rooms.objects.putObject(
    upload(rooms.bucket, 'self', 'text', { acl: 'private', storageClass: 'IA' }),
  );
  const { object: made } = await rooms.objects.copyObject(copy('self', 'self', { facts }));
  assert.equal(made.blobId, source.blobId);
  assert.deepEqual({ ...made.metadata }, facts.metadata);
  assert.equal(made.acl, 'private');
  assert.equal(made.storageClass, 'IA');
  assert.equal(await readText(rooms, 'self'), 'text');
});

test('a missing source is named; who may not read is told so first', async () => {
  await assert.rejects(
    rooms.objects.copyObject(copy('nothing', 'copy')),
    (problem) => problem instanceof OssError && problem.fields.Key === 'nothing',
  );
  const denied = new OssError('AccessDenied');
  const admit = () => {
    throw denied;
  };
  await assert.rejects(
    rooms.objects.copyObject(copy('nothing', 'copy', { admit })),
    (problem) => problem === denied,
  );
});

test('a copy that must not overwrite does not', async () => {
  await rooms.objects.putObject(upload(rooms.bucket, 'source', 'new'));
  await rooms.objects.putObject(upload(rooms.bucket, 'standing', 'old'));
  for (const [from, to] of [
    ['source', 'standing'],
    ['standing', 'standing'],
  ] as const) {
    await assert.rejects(
      rooms.objects.copyObject(copy(from, to, { isOverwriteForbidden: true })),
      (problem) => problem instanceof OssError && problem.code === 'FileAlreadyExists',
    );
  }
  assert.equal(await readText(rooms, 'standing'), 'old');
});

test('metadata changes and replacements that race never mix content and facts', async () => {
  for (let round = 0; round < 10; round++) {
    const versions = ['one', 'three'].map((text) =>
      rooms.objects.putObject(
        upload(rooms.bucket, 'raced', text, {
          facts: { headers: {}, metadata: { length: String(text.length) } },
        }),
      ),
    );
    await Promise.all(versions);
    await Promise.all([
      rooms.objects.putObject(upload(rooms.bucket, 'raced', 'fifteen letters')),
      rooms.objects.copyObject(copy('raced', 'raced', { facts })),
    ]);
    const object = await rooms.objects.findObject(rooms.bucket, 'raced');
    const text = await readText(rooms, 'raced');
    assert.equal(text?.length, object?.size);
    assert.equal(text, 'fifteen letters');
  }
});
