/** Uploads in parts over the real stores (oss-semantics.md 7.1), and that nothing stays of them. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { createCrc64, type NamedPart, type NewUpload } from '../../../src/buckets/index.ts';
import {
  checkNextPart,
  checkPartSizes,
  checkSequence,
  chooseParts,
  multipartEtag,
} from '../../../src/buckets/multipart-rules.ts';
import { OssError } from '../../../src/errors/index.ts';
import type { UploadPart } from '../../../src/stores/index.ts';
import { removeKeys } from '../../support/keys.ts';
import { contentOf, filesBelow, openRooms, type Rooms, readText, upload } from './rooms.ts';

let rooms: Rooms;
before(async () => {
  rooms = await openRooms();
});
after(() => rooms.close());
afterEach(async () => {
  const { bucket } = rooms;
  const everything = { prefix: '', delimiter: '', after: '', limit: 1000 };
  const left = await rooms.uploads.listUploads(bucket, { ...everything, afterUpload: undefined });
  for (const entry of left.entries) {
    if ('uploadId' in entry) await rooms.uploads.abort({ ...entry, bucket });
  }
  const listing = await rooms.objects.listObjects(bucket, everything);
  await removeKeys(
    rooms.objects,
    bucket,
    listing.entries.map((entry) => ('key' in entry ? entry.key : '')),
  );
  rooms.world.advance(24 * 60 * 60 * 1000);
  await rooms.sweeper.sweepGarbage();
  assert.deepEqual(await filesBelow(rooms.blobFolder), []);
});

const code = (expected: string) => (problem: unknown) =>
  problem instanceof OssError && problem.code === expected;
const kib = 1024;
const part100 = Buffer.alloc(100 * kib, 'a');

const part = (number: number, size = 10, etag = `E${number}`): UploadPart => {
  return { number, blobId: `b${number}`, size, etag, crc64: '0', modifiedAt: 0 };
};
const named = (number: number, etag = `E${number}`): NamedPart => ({ number, etag });

test('the ETag of an object of parts is made of the texts of theirs', () => {
  const md5 = (text: string) => createHash('md5').update(text).digest('hex').toUpperCase();
  const etags = [md5('a'.repeat(102_400)), md5('b'.repeat(10))];
  assert.equal(multipartEtag(etags), '16F2D8490DA86AC7AA4B726C3553BAC8-2');
});

const choices: [string, NamedPart[], string | number[]][] = [
  ['all', [named(1), named(2), named(5)], [1, 2, 5]],
  ['some', [named(2), named(5)], [2, 5]],
  ['none', [], []],
  ['quoted ETags of another letter case', [named(1, '"e1"'), named(2, ' e2 ')], [1, 2]],
  ['descending', [named(2), named(1)], 'InvalidPartOrder'],
  ['one twice', [named(1), named(1)], 'InvalidPartOrder'],
  ['one that is not there', [named(1), named(3)], 'InvalidPart'],
  ['another ETag', [named(1, 'E2')], 'InvalidPart'],
  ['no ETag', [named(1, '')], 'InvalidPart'],
  ['number zero', [named(0)], 'InvalidPart'],
];
test('parts are chosen as the client names them', () => {
  const standing = [part(1), part(2), part(5)];
  for (const [name, list, expected] of choices) {
    const choose = () => chooseParts(standing, list).map(({ number }) => number);
    if (typeof expected === 'string') assert.throws(choose, code(expected), name);
    else assert.deepEqual(choose(), expected, name);
  }
});

test('every part but the last has 100 KiB', () => {
  const big = 100 * kib;
  checkPartSizes([]);
  checkPartSizes([part(1, 0)]);
  checkPartSizes([part(1, big), part(2, big), part(3, 0)]);
  assert.throws(
    () => checkPartSizes([part(1, big), part(2, big - 1), part(3, big)]),
    (problem) => {
      assert.ok(problem instanceof OssError && problem.code === 'EntityTooSmall');
      const { PartNumber, ProposedSize, MinSizeAllowed } = problem.fields;
      assert.deepEqual([PartNumber, ProposedSize, MinSizeAllowed], ['2', '102399', '102400']);
      return true;
    },
  );
});

test('parts in sequence: the next one only', () => {
  checkNextPart([], 1);
  checkNextPart([part(1)], 2);
  checkSequence([part(1), part(2)]);
  assert.throws(() => checkNextPart([part(1)], 1), code('PartAlreadyExist'));
  assert.throws(() => checkNextPart([part(2), part(3)], 3), code('PartAlreadyExist'));
  assert.throws(() => checkNextPart([], 2), code('PartNotSequential'));
  assert.throws(() => checkSequence([part(1), part(3)]), code('PartNotSequential'));
});

async function initiate(key: string, changes: Partial<NewUpload> = {}) {
  const { bucket } = rooms;
  const { uploadId } = await rooms.uploads.initiate({
    bucket,
    key,
    facts: { headers: { 'content-type': 'text/plain' }, metadata: { a: 'b' } },
    acl: 'private',
    storageClass: 'IA',
    extras: { tags: [['k', 'v']] },
    isSequential: false,
    isOverwriteForbidden: false,
    ...changes,
  });
  return { bucket, key, uploadId };
}

const send = (place: Awaited<ReturnType<typeof initiate>>, number: number, bytes: Buffer) =>
  rooms.uploads.putPart({
    ...place,
    number,
    content: contentOf([bytes], bytes.length),
    expected: {},
  });

test('an object of parts is all of them, with what was said at the beginning', async () => {
  const place = await initiate('big');
  rooms.world.advance(60_000);
  await send(place, 7, Buffer.from('the end'));
  await send(place, 3, Buffer.from('replaced'));
  await send(place, 3, part100);
  assert.equal(await rooms.objects.findObject(rooms.bucket, 'big'), undefined);
  const input = { ...place, parts: 'all' as const, isOverwriteForbidden: false };
  const { object } = await rooms.uploads.complete(input);
  const whole = Buffer.concat([part100, Buffer.from('the end')]);
  const crc64 = createCrc64();
  crc64.update(whole);
  assert.equal(object.crc64, crc64.digest());
  assert.match(object.etag, /^[0-9A-F]{32}-2$/);
  const found = await rooms.objects.findObject(rooms.bucket, 'big');
  assert.deepEqual(structuredClone(found), structuredClone(object));
  assert.deepEqual([object.type, object.acl, object.storageClass], ['Multipart', 'private', 'IA']);
  assert.deepEqual([object.extras, object.contentMd5], [{ tags: [['k', 'v']] }, undefined]);
  assert.equal(object.modifiedAt, rooms.world.clock.now());
  assert.equal(await readText(rooms, 'big'), whole.toString());
  await assert.rejects(rooms.uploads.complete(input), code('NoSuchUpload'));
});

test('an object of no parts, or of an empty one, is empty', async () => {
  for (const isPartSent of [false, true]) {
    const place = await initiate('empty');
    if (isPartSent) await send(place, 1, Buffer.alloc(0));
    const { object } = await rooms.uploads.complete({
      ...place,
      parts: 'all',
      isOverwriteForbidden: false,
    });
    assert.deepEqual([object.size, object.crc64], [0, '0']);
    assert.equal(await readText(rooms, 'empty'), '');
  }
});

test('an upload in sequence has the MD5 of its bytes', async () => {
  const place = await initiate('sequence', { isSequential: true });
  await assert.rejects(send(place, 2, part100), code('PartNotSequential'));
  await send(place, 1, part100);
  await assert.rejects(send(place, 1, part100), code('PartAlreadyExist'));
  await send(place, 2, Buffer.from('tail'));
  const { object } = await rooms.uploads.complete({
    ...place,
    parts: 'all',
    isOverwriteForbidden: false,
  });
  const whole = Buffer.concat([part100, Buffer.from('tail')]);
  assert.equal(object.contentMd5, createHash('md5').update(whole).digest('base64'));
});

test('parts and appended pieces of an encrypted object lie encrypted, and are read in the clear', async () => {
  const extras = { encryption: { algorithm: 'AES256' } };
  const place = await initiate('secret', { extras, isSequential: true });
  await send(place, 1, part100);
  await send(place, 2, part100);
  await send(place, 3, Buffer.from('the end of it'));
  const end = { ...place, parts: 'all' as const, isOverwriteForbidden: false };
  const { object } = await rooms.uploads.complete(end);
  const whole = Buffer.concat([part100, part100, Buffer.from('the end of it')]);
  assert.equal(object.contentMd5, createHash('md5').update(whole).digest('base64'));
  assert.equal(await readText(rooms, 'secret'), whole.toString());
  let position = 0;
  for (const text of ['one, aaaaaaaaaaaaaaaaaaaa', 'two, aaaaaaaaaaaaaaaaaaaa', 'three']) {
    const { content, ...others } = upload(rooms.bucket, 'log', text, { extras });
    await rooms.objects.appendObject({ ...others, content, extras, position });
    position += text.length;
  }
  const log = 'one, aaaaaaaaaaaaaaaaaaaatwo, aaaaaaaaaaaaaaaaaaaathree';
  assert.equal(await readText(rooms, 'log'), log);
  const kept = await Promise.all(
    (await filesBelow(rooms.blobFolder)).map((name) => readFile(join(rooms.blobFolder, name))),
  );
  assert.equal(kept.length, 6);
  for (const bytes of kept) assert.ok(!bytes.includes('aaaa') && !bytes.includes('the end'));
  // No two begin at one place of a key stream.
  assert.equal(new Set(kept.map((bytes) => bytes.subarray(0, 5).toString('hex'))).size, 6);
  const again = await initiate('in the clear');
  await rooms.uploads.copyPart({
    ...again,
    number: 1,
    source: { bucket: rooms.bucket, key: 'secret' },
    choose: (size) => ({ start: size - 9, length: 6 }),
    admit: () => {},
    admitLink: async () => () => {},
  });
  await rooms.uploads.complete({ ...again, parts: 'all', isOverwriteForbidden: false });
  assert.equal(await readText(rooms, 'in the clear'), 'end of');
});

test('a part whose upload ended meanwhile is refused, and its bytes are gone', async () => {
  const place = await initiate('gone');
  const content = {
    length: 4,
    async *stream() {
      await rooms.uploads.abort(place);
      yield Buffer.from('late');
    },
  };
  const late = rooms.uploads.putPart({ ...place, number: 1, content, expected: {} });
  await assert.rejects(late, code('NoSuchUpload'));
  assert.deepEqual(await filesBelow(rooms.blobFolder), []);
});

test('an upload ends once, and only where it was begun', async () => {
  const place = await initiate('once');
  const elsewhere = { ...place, key: 'other' };
  await assert.rejects(send(elsewhere, 1, part100), code('NoSuchUpload'));
  await assert.rejects(rooms.uploads.abort(elsewhere), code('NoSuchUpload'));
  await assert.rejects(rooms.uploads.listParts(elsewhere, 0, 10), code('NoSuchUpload'));
  await rooms.uploads.abort(place);
  await assert.rejects(rooms.uploads.abort(place), code('NoSuchUpload'));
});

test('what stands is kept where overwriting is forbidden, at the beginning and at the end', async () => {
  const place = await initiate('kept', { isOverwriteForbidden: true });
  await send(place, 1, Buffer.from('new'));
  await rooms.objects.putObject(upload(rooms.bucket, 'kept', 'old'));
  const isOverwriteForbidden = true;
  await assert.rejects(initiate('kept', { isOverwriteForbidden }), code('FileAlreadyExists'));
  const end = (changes: object) =>
    rooms.uploads.complete({ ...place, parts: 'all', isOverwriteForbidden: false, ...changes });
  await assert.rejects(end({ isOverwriteForbidden }), code('FileAlreadyExists'));
  const protectedSince = rooms.world.clock.now() - 1000;
  await assert.rejects(end({ protectedSince }), code('FileImmutable'));
  assert.equal(await readText(rooms, 'kept'), 'old');
  await end({});
  assert.equal(await readText(rooms, 'kept'), 'new');
});

test('a part can be bytes that an object of one or many blobs has', async () => {
  const { bucket } = rooms;
  await rooms.objects.putObject(upload(bucket, 'one', '0123456789'));
  const first = await initiate('many');
  const copy = (place: typeof first, number: number, key: string, start: number, length: number) =>
    rooms.uploads.copyPart({
      ...place,
      number,
      source: { bucket, key },
      choose: () => ({ start, length }),
      admit: () => {},
      admitLink: async () => () => {},
    });
  await send(first, 1, part100);
  const { part: copied } = await copy(first, 2, 'one', 2, 5);
  assert.equal(copied.etag, createHash('md5').update('23456').digest('hex').toUpperCase());
  await rooms.uploads.complete({ ...first, parts: 'all', isOverwriteForbidden: false });
  const second = await initiate('again');
  await copy(second, 1, 'many', 100 * kib - 3, 6);
  await copy(second, 2, 'one', 0, 0);
  await assert.rejects(copy(second, 3, 'missing', 0, 1), code('NoSuchKey'));
  const end = {
    ...second,
    parts: [named(1, (await list(second))[0]?.etag)],
    isOverwriteForbidden: false,
  };
  await rooms.uploads.complete(end);
  assert.equal(await readText(rooms, 'again'), 'aaa234');
});

const list = async (place: Awaited<ReturnType<typeof initiate>>) =>
  (await rooms.uploads.listParts(place, 0, 1000)).parts;
