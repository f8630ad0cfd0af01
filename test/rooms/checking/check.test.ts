/** What a check does about time, about others at work, and about a store that is away. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { createAccounts } from '../../../src/accounts/index.ts';
import { createCrc64 } from '../../../src/buckets/index.ts';
import { createCallbacks } from '../../../src/callbacks/index.ts';
import { type CheckInput, checkInstallation, type Finding } from '../../../src/checking/index.ts';
import { startSealing } from '../../../src/sealing/index.ts';
import {
  type BlobStore,
  type Bucket,
  type MetadataEngine,
  openFileBlobs,
  openSqliteEngine,
  StoreUnavailable,
} from '../../../src/stores/index.ts';
import { deleteKeys } from '../../support/keys.ts';
import { createTestWorld, type TestWorld } from '../../support/world.ts';

let folder: string;
let world: TestWorld;
let metadata: MetadataEngine;
let blobs: BlobStore;
let bucket: Bucket;
let parts: Pick<CheckInput, 'metadata' | 'sealer'>;
/** Ms the check has waited, by a clock that runs only while it waits. */
let waited: number;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cnamed-checking-'));
  const still = createTestWorld();
  waited = 0;
  const delay = async (ms: number): Promise<void> => {
    waited += ms;
    still.advance(ms);
  };
  world = { ...still, timers: { ...still.timers, delay } };
  metadata = await openSqliteEngine({ path: join(folder, 'cnamed.sqlite') });
  blobs = await openFileBlobs({ folder: join(folder, 'objects'), world });
  const path = join(folder, 'master.key');
  const sealer = await startSealing({ path, world, settings: metadata.settings });
  const accounts = createAccounts({ engine: metadata, sealer, world });
  const { accountId } = await accounts.ensureRootAccount(undefined);
  const input = { name: 'shelf', accountId, bucketsMax: 1, now: world.clock.now() };
  const made = await metadata.buckets.createBucket(input);
  assert.ok(made.outcome === 'created');
  bucket = made.bucket;
  parts = { metadata, sealer };
});
afterEach(async () => {
  await metadata.close();
  await rm(folder, { recursive: true });
});

async function put(key: string, content: Buffer): Promise<string> {
  const writer = await blobs.create(content.length);
  await writer.write(content);
  const blobId = await writer.finish();
  const crc64 = createCrc64();
  crc64.update(content);
  const put = await metadata.objects.putObject({
    bucketId: bucket.id,
    key,
    object: {
      blobId,
      size: content.length,
      etag: 'E',
      contentMd5: undefined,
      crc64: crc64.digest(),
      type: 'Normal',
      content: 'blob',
      versionId: 'null',
      extras: {},
      acl: 'default',
      storageClass: 'Standard',
      modifiedAt: world.clock.now(),
      headers: {},
      metadata: {},
    },
    forbidOverwrite: false,
  });
  assert.equal(put.outcome, 'stored');
  return blobId;
}

async function check(changes: Partial<CheckInput> = {}) {
  const findings: Finding[] = [];
  const report = await checkInstallation({
    ...parts,
    blobs,
    world,
    isQuick: false,
    isRepairing: false,
    onPlan: () => {},
    onFinding: (finding) => findings.push(finding),
    onProgress: () => {},
    ...changes,
  });
  return { report, kinds: findings.map((finding) => finding.kind) };
}

/** The blobs, but before one of them is opened something happens. */
function onOpen(happens: (blobId: string) => Promise<void> | void): BlobStore {
  return new Proxy(blobs, {
    get(target, name: keyof BlobStore) {
      const own = target[name];
      if (typeof own !== 'function') return own;
      if (name !== 'open') return own.bind(target);
      return async (...words: Parameters<BlobStore['open']>) => {
        await happens(words[0]);
        return target.open(...words);
      };
    },
  });
}

test('the rate is kept over all objects, and a small one costs more than its bytes', async () => {
  await put('large', Buffer.alloc(1_000_000, 1));
  for (let index = 0; index < 100; index += 1) await put(`small/${index}`, Buffer.of(index));
  let plan: unknown;
  const { report } = await check({ bytesPerSecond: 100_000, onPlan: (told) => (plan = told) });
  assert.deepEqual(plan, { buckets: 1, objects: 101, bytes: 1_000_100, leastMs: 10_001 });
  assert.equal(report.bytes, 1_000_100);
  const expected = 10_000 + (100 * 4096) / 100;
  assert.ok(Math.abs(waited - expected) < 50, `waited ${waited} ms instead of ${expected}`);
  waited = 0;
  await check();
  assert.equal(waited, 0);
});

test('an object that is replaced or deleted while it is looked at is not damaged', async () => {
  const first = await put('replaced', Buffer.from('first'));
  const gone = await put('deleted', Buffer.from('gone'));
  let isReplaced = false;
  const { kinds, report } = await check({
    blobs: onOpen(async (blobId) => {
      if (blobId === first && !isReplaced) {
        isReplaced = true;
        await put('replaced', Buffer.from('second, longer'));
        await blobs.remove([first]);
      }
      if (blobId === gone) {
        await deleteKeys(metadata.objects, bucket.id, ['deleted'], world.clock.now());
        await blobs.remove([gone]);
      }
    }),
  });
  assert.ok(isReplaced);
  assert.deepEqual(kinds, []);
  assert.equal(report.objects, 2);
});

test('what replaces a damaged object is looked at too', async () => {
  const first = await put('key', Buffer.from('first'));
  let second = '';
  const { kinds } = await check({
    blobs: onOpen(async (blobId) => {
      if (blobId !== first || second !== '') return;
      second = await put('key', Buffer.from('second'));
      await blobs.remove([first, second]);
    }),
  });
  assert.notEqual(second, '');
  assert.deepEqual(kinds, ['bytes-missing']);
});

test('one content that cannot be read is damage; a store that is away ends the check', async () => {
  const unreadable = await put('a', Buffer.from('a'));
  for (let index = 0; index < 40; index += 1) await put(`b/${index}`, Buffer.from('b'));
  const refuse = () => Promise.reject(new StoreUnavailable('failed', 'EIO'));
  const one = await check({
    blobs: onOpen((blobId) => (blobId === unreadable ? refuse() : undefined)),
  });
  assert.deepEqual(one.kinds, ['bytes-unreadable']);
  await assert.rejects(check({ blobs: onOpen(refuse) }), { name: 'StoreUnavailable' });
});

test('a repair leaves what is younger than the grace, and counts what it did', async () => {
  const writer = await blobs.create(5);
  await writer.write(Buffer.from('young'));
  const young = await writer.finish();
  const { kinds, report } = await check({ isRepairing: true });
  assert.deepEqual(kinds, []);
  assert.ok(await blobs.open(young).then((reader) => reader?.close().then(() => true)));
  // Files have no age but by the wall clock, which stands still here.
  world.jump(2 * 60 * 60_000 + (Date.now() - world.clock.now()));
  const later = await check({ isRepairing: true });
  assert.deepEqual(later.kinds, ['bytes-without-row']);
  assert.equal(later.report.leftOversRepaired, 1);
  assert.equal(later.report.damage, 0);
  assert.equal(await blobs.open(young), undefined);
  assert.equal(report.leftOvers, 0);
});

test('policies that cannot be read are damage, wherever they hang', async () => {
  const { accountId } = bucket;
  const { identities, buckets } = metadata;
  const createdAt = world.clock.now();
  const policy = { accountId, name: 'Old', document: '{"Version":"0"}', createdAt };
  await identities.putPolicy(policy, 9);
  const role = { trustPolicy: 'x', sessionSecondsMax: 3600, sessionsFrom: createdAt };
  await identities.createIdentity(
    { id: '3', accountId, kind: 'role', name: 'r', standing: 'active', createdAt, role },
    9,
  );
  const allow = { Effect: 'Allow', Action: '*', Resource: '*' };
  const good = JSON.stringify({ Version: '1', Statement: [allow] });
  await identities.putPolicy({ ...policy, name: 'Good', document: good }, 9);
  await buckets.setBucketDocument(bucket.id, 'policy', JSON.stringify({ text: good }));
  const found = async () => {
    const told: Finding[] = [];
    await check({ onFinding: (finding) => told.push(finding) });
    return told.map(({ kind, what }) => [kind, what]);
  };
  assert.deepEqual(await found(), [
    ['policy-unreadable', 'its document cannot be read: Invalid Version'],
    ['policy-unreadable', 'its document cannot be read: unknown char x'],
  ]);
  await buckets.setBucketDocument(bucket.id, 'policy', '{"text":"y"}');
  assert.deepEqual((await found())[0], [
    'policy-unreadable',
    'its document cannot be read: unknown char y',
  ]);
});

test('a key of callbacks that does not open, or is none, is damage', async () => {
  const { settings } = metadata;
  const found = async () => (await check()).kinds;
  assert.deepEqual(await found(), []);
  const refuse = () => assert.fail('nothing is called');
  const dialer = { isForbidden: async () => false, post: refuse, fetch: refuse };
  await createCallbacks({ dialer, settings, sealer: parts.sealer }).publicKeyPem();
  assert.deepEqual(await found(), []);
  const sealed = (await settings.findSetting('callback-key')) ?? '';
  const other = sealed.endsWith('A') ? 'B' : 'A';
  const noKey = parts.sealer.seal(Buffer.from('no key'), 'callback-key:1');
  for (const value of [`${sealed.slice(0, -1)}${other}`, 'x', noKey]) {
    await settings.setSetting('callback-key', value);
    assert.deepEqual(await found(), ['callback-key-broken']);
  }
  await settings.setSetting('callback-key', sealed);
  assert.deepEqual(await found(), []);
});
