/** Keys that try to be paths, other keys, or nothing: no alias, nothing outside the data folder. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { checkObjectKey } from '../../../src/buckets/index.ts';
import { removeKeys } from '../../support/keys.ts';
import { filesBelow, openRooms, type Rooms, readText, upload } from './rooms.ts';

let rooms: Rooms;
before(async () => {
  rooms = await openRooms();
});
after(() => rooms.close());

const hostile = [
  '../../../../etc/passwd',
  '..',
  '.',
  './a',
  'a',
  'a/',
  'a//',
  'a/./b',
  'a/../b',
  'b',
  'a\\..\\b',
  'A',
  'a ',
  ' a',
  'a\u0000',
  'a\u0000b',
  '\u0000',
  'CON',
  'NUL.txt',
  'a.',
  'é',
  'e\u0301',
  '\u017f',
  'K',
  '\u212a',
  '%2e%2e/x',
  '../x',
  'x?versionId=1',
  'x#y',
  '__proto__',
  'constructor',
  "'; DROP TABLE objects; --",
  '\u202eexe.txt',
  '\ufeffbom',
  '\ufffd',
  '\ud7ff\ue000',
  '\u{10ffff}',
  'tmp/x',
  'data/00/x',
  'y'.repeat(1023),
  `${'y'.repeat(1022)}z`,
];

const isOwnFile = /^data\/[0-9a-f]{2}\/[0-9a-f]{32}$/;

test('every hostile key holds its own content, in files that no key named', async () => {
  const outside = (await filesBelow(rooms.folder)).filter((file) => !file.startsWith('objects/'));
  for (const key of hostile) {
    await rooms.objects.putObject(upload(rooms.bucket, key, `content of ${key}`));
  }
  for (const key of hostile) assert.equal(await readText(rooms, key), `content of ${key}`);
  const query = { prefix: '', delimiter: '', after: '', limit: 1000 };
  const listed = await rooms.objects.listObjects(rooms.bucket, query);
  const listedKeys = listed.entries.map((entry) => ('key' in entry ? entry.key : ''));
  assert.deepEqual([...listedKeys].sort(), [...hostile].sort());
  const files = await filesBelow(rooms.blobFolder);
  assert.equal(files.length, hostile.length);
  for (const file of files) assert.match(file, isOwnFile);
  const outsideNow = (await filesBelow(rooms.folder)).filter(
    (name) => !name.startsWith('objects/'),
  );
  assert.deepEqual(outsideNow, outside);
  assert.deepEqual(
    (await removeKeys(rooms.objects, rooms.bucket, hostile)).sort(),
    [...hostile].sort(),
  );
});

test('any two keys that are allowed are two objects', async () => {
  const key = fc
    .oneof(fc.string({ unit: 'binary', maxLength: 12 }), fc.string({ maxLength: 12 }))
    .filter((text) => {
      try {
        checkObjectKey(text);
        return true;
      } catch {
        return false;
      }
    });
  const property = fc.asyncProperty(
    fc.uniqueArray(key, { minLength: 2, maxLength: 6 }),
    async (keys) => {
      for (const [index, name] of keys.entries()) {
        await rooms.objects.putObject(upload(rooms.bucket, name, `${index}`));
      }
      for (const [index, name] of keys.entries()) {
        assert.equal(await readText(rooms, name), `${index}`);
      }
      await removeKeys(rooms.objects, rooms.bucket, keys);
      for (const name of keys) assert.equal(await readText(rooms, name), undefined);
    },
  );
  await fc.assert(property, { numRuns: 25 });
});
