/** Archived objects on the wire: restored, read, archived again (oss-semantics.md 7.3). */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Answer, type Call, openRawOss, type RawOss, textOf, textsOf } from './raw-oss.ts';

let oss: RawOss;
let bucket: string;
before(async () => {
  oss = await openRawOss();
  bucket = await oss.bucket();
});
after(() => oss.close());

const flag = undefined;
const dayMs = 24 * 60 * 60 * 1000;
const put = (key: string, storageClass: string, at = bucket) =>
  oss.put(at, key, 'archived', { 'x-oss-storage-class': storageClass });
const restore = (key: string, body = '', more: Call = {}) =>
  oss.call({ method: 'POST', bucket, key, body, ...more, query: { restore: flag, ...more.query } });
const clean = (key: string) =>
  oss.call({ method: 'POST', bucket, key, query: { cleanRestoredObject: flag } });
const read = (key: string, more: Call = {}) => oss.call({ bucket, key, ...more });
const state = async (key: string) =>
  (await read(key, { method: 'HEAD' })).headers['x-oss-restore'] ?? '';
const outcome = ({ status, code }: Answer) => [status, code];
const request = (days: number | string, tier?: string) => {
  const parameters =
    tier === undefined ? '' : `<JobParameters><Tier>${tier}</Tier></JobParameters>`;
  return `<RestoreRequest><Days>${days}</Days>${parameters}</RestoreRequest>`;
};

test('of restores at the same moment one begins it', async () => {
  const rounds = Array.from({ length: 5 }, (_, round) => `rivals-${round}`);
  for (const key of rounds) {
    await put(key, 'Archive');
    const answers = await Promise.all(Array.from({ length: 4 }, () => restore(key)));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [202, 409, 409, 409], key);
  }
});

test('an archived object is restored, read for a while, and archived again', async () => {
  for (const storageClass of ['Archive', 'ColdArchive', 'DeepColdArchive']) {
    const key = storageClass;
    await put(key, storageClass);
    assert.deepEqual(outcome(await read(key)), [403, 'InvalidObjectState']);
    const head = await read(key, { method: 'HEAD' });
    assert.deepEqual([head.status, head.headers['x-oss-storage-class']], [200, storageClass]);
    assert.equal(head.headers['x-oss-restore'], undefined);

    const first = await restore(key);
    assert.deepEqual([first.status, first.body.length], [202, 0]);
    const priority = storageClass === 'Archive' ? undefined : 'Standard';
    assert.equal(first.headers['x-oss-object-restore-priority'], priority);
    assert.equal(await state(key), 'ongoing-request="true"');
    assert.deepEqual(outcome(await restore(key)), [409, 'RestoreAlreadyInProgress']);
    assert.deepEqual(outcome(await read(key)), [403, 'InvalidObjectState']);
    const early = await clean(key);
    assert.deepEqual(outcome(early), [409, 'ArchiveRestoreNotFinished']);
    assert.equal(early.headers['x-oss-ec'], '0016-00000719');
    const listed = await oss.call({ bucket, query: { prefix: key } });
    assert.deepEqual(textsOf(listed.text, 'RestoreInfo'), ['ongoing-request=&quot;true&quot;']);

    oss.world.advance(5_000);
    const until = new Date(oss.world.clock.now() + dayMs).toUTCString();
    assert.equal(await state(key), `ongoing-request="false", expiry-date="${until}"`);
    assert.equal((await read(key)).text, 'archived');
    oss.world.advance(dayMs / 2);
    const again = await restore(key, request(2, 'Bulk'));
    assert.equal(again.status, 200);
    const later = new Date(oss.world.clock.now() + 2 * dayMs).toUTCString();
    assert.equal(await state(key), `ongoing-request="false", expiry-date="${later}"`);
    // Asked for a shorter time, it keeps what it has.
    assert.equal((await restore(key)).status, 200);
    assert.match(await state(key), new RegExp(later));
    oss.world.advance(2 * dayMs);
    assert.equal(await state(key), '');
    assert.deepEqual(outcome(await read(key)), [403, 'InvalidObjectState']);
    assert.equal((await restore(key)).status, 202);
    oss.world.advance(5_000);
    assert.equal((await clean(key)).status, 200);
    assert.deepEqual(outcome(await read(key)), [403, 'InvalidObjectState']);
    assert.deepEqual(outcome(await clean(key)), [409, 'ArchiveRestoreFileStale']);
  }
});

test('what is refused', async () => {
  await put('a', 'Archive');
  await put('c', 'ColdArchive');
  await put('s', 'Standard');
  await put('i', 'IA');
  const table: [string, string, number, string][] = [
    ['s', '', 400, 'OperationNotSupported'],
    ['i', '', 400, 'OperationNotSupported'],
    ['missing', '', 404, 'NoSuchKey'],
    ['a', request(0), 400, 'MalformedXML'],
    ['a', request(8), 400, 'MalformedXML'],
    ['a', request('x'), 400, 'MalformedXML'],
    ['a', request(1, 'Quick'), 400, 'MalformedXML'],
    ['c', request(366), 400, 'MalformedXML'],
    ['a', '<Restore/>', 400, 'MalformedXML'],
    ['a', '<RestoreRequest', 400, 'MalformedXML'],
  ];
  for (const [key, body, status, code] of table) {
    assert.deepEqual(outcome(await restore(key, body)), [status, code], `${key} ${body}`);
  }
  const standard = await restore('s');
  assert.equal(standard.headers['x-oss-ec'], '0016-00000702');
  assert.deepEqual(outcome(await clean('s')), [400, 'OperationNotSupported']);
  assert.deepEqual(outcome(await clean('missing')), [404, 'NoSuchKey']);
  for (const as of ['anonymous' as const, await oss.stranger()]) {
    assert.equal((await restore('a', '', { as })).code, 'AccessDenied');
  }
  assert.deepEqual(outcome(await restore('c', request(365, 'Expedited'))), [202, '']);
});

test('what is archived is no source of a copy before it is restored', async () => {
  await put('source', 'Archive');
  const copy = (key: string, more: Record<string, string> = {}) => {
    const headers = { 'x-oss-copy-source': `/${bucket}/source`, ...more };
    return oss.call({ method: 'PUT', bucket, key, headers });
  };
  const begun = await oss.call({ method: 'POST', bucket, key: 'p', query: { uploads: flag } });
  const query = { partNumber: '1', uploadId: textOf(begun.text, 'UploadId') };
  const headers = { 'x-oss-copy-source': `/${bucket}/source` };
  const copyPart = () => oss.call({ method: 'PUT', bucket, key: 'p', query, headers });
  const standard = { 'x-oss-storage-class': 'Standard' };
  const refused = [403, 'InvalidObjectState'];
  assert.deepEqual(outcome(await copy('copied')), refused);
  assert.deepEqual(outcome(await copy('source', standard)), refused);
  assert.deepEqual(outcome(await copyPart()), refused);
  await restore('source');
  oss.world.advance(5_000);
  assert.equal((await copy('copied')).status, 200);
  assert.equal((await copyPart()).status, 200);
  assert.equal((await read('copied')).text, 'archived');
  assert.equal((await copy('source', standard)).status, 200);
  assert.equal(await state('source'), '');
  assert.equal((await read('source')).text, 'archived');
  // Archived once more it is not restored.
  assert.equal((await copy('source', { 'x-oss-storage-class': 'Archive' })).status, 200);
  assert.deepEqual(outcome(await read('source')), refused);
});

test('a bucket may be read as it is where it is of the class Archive', async () => {
  const own = await oss.bucket();
  await put('a', 'Archive', own);
  await put('c', 'ColdArchive', own);
  const at = { bucket: own };
  const body =
    '<ArchiveDirectReadConfiguration><Enabled>true</Enabled></ArchiveDirectReadConfiguration>';
  await oss.call({ method: 'PUT', ...at, query: { bucketArchiveDirectRead: flag }, body });
  assert.equal((await read('a', at)).text, 'archived');
  assert.deepEqual(outcome(await read('c', at)), [403, 'InvalidObjectState']);
  const headers = { 'x-oss-copy-source': `/${own}/a` };
  assert.equal((await oss.call({ method: 'PUT', bucket, key: 'direct', headers })).status, 200);
});

test('a link is restored by its target; each version by itself', async () => {
  await put('target', 'Archive');
  const headers = { 'x-oss-symlink-target': 'target' };
  await oss.call({ method: 'PUT', bucket, key: 'l', headers, query: { symlink: flag } });
  assert.deepEqual(outcome(await read('l')), [403, 'InvalidObjectState']);
  assert.equal((await restore('l')).status, 202);
  assert.equal(await state('target'), 'ongoing-request="true"');
  assert.equal(await state('l'), 'ongoing-request="true"');
  oss.world.advance(5_000);
  assert.equal((await read('l')).text, 'archived');

  const own = await oss.bucket();
  const body = '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>';
  await oss.call({ method: 'PUT', bucket: own, query: { versioning: flag }, body });
  const first = (await put('v', 'Archive', own)).headers['x-oss-version-id'];
  await put('v', 'Archive', own);
  const of = { bucket: own, query: { versionId: first } };
  const begun = await restore('v', '', of);
  assert.deepEqual([begun.status, begun.headers['x-oss-version-id']], [202, first]);
  oss.world.advance(5_000);
  assert.equal((await read('v', of)).text, 'archived');
  assert.deepEqual(outcome(await read('v', { bucket: own })), [403, 'InvalidObjectState']);
  const listed = await oss.call({ bucket: own, query: { versions: flag } });
  assert.equal(textsOf(listed.text, 'RestoreInfo').length, 1);
  const marker = await oss.call({ method: 'DELETE', bucket: own, key: 'v' });
  const query = { versionId: marker.headers['x-oss-version-id'] };
  assert.equal((await restore('v', '', { bucket: own, query })).code, 'MethodNotAllowed');
});
