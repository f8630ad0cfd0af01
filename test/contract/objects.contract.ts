import { strict as assert } from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { ListedObject, MetadataEngine, ObjectListing } from '../../src/stores/index.ts';
import { deleteKeys } from '../support/keys.ts';
import { makeBucket, now, putAll, putSample, sampleObject, unique } from './samples.ts';
import { type EngineUnderTest, engineForSuite } from './under-test.ts';

/** Printed with every run, so that a failure can be played again. */
const seed = Number(process.env.CNAMED_TEST_SEED ?? Date.now() % 1_000_000);

const hostileKeys = [
  '\u0000',
  'a\u0000b',
  'a\u0000',
  'a',
  'A',
  'a/',
  'a//b',
  '../../etc/passwd',
  '%2e%2e/',
  "'; drop table objects; --",
  '\u0001\u001f\u007f\r\n',
  'é',
  'e\u0301',
  'ｆｕｌｌ',
  '\ud7ff',
  '\ue000',
  '\uffff',
  '😀',
  '😀/\u0000',
  '\u{10ffff}',
  'k'.repeat(1023),
  '雪'.repeat(341),
];

function byBytes(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}

function namesOf(listing: ObjectListing): string[] {
  return listing.entries.map((entry) => ('key' in entry ? entry.key : `P:${entry.commonPrefix}`));
}

export function objectIndexContract(under: EngineUnderTest): void {
  describe(`objects on ${under.name}`, () => {
    const suite = engineForSuite(under);

    it('an object comes back exactly as it was put', async () => {
      const { id } = await makeBucket(suite.engine);
      const object = await putSample(suite.engine, id, 'a', {
        size: 5_000_000_000_000,
        contentMd5: undefined,
        acl: 'public-read',
        crc64: '18446744073709551615',
        headers: { 'content-type': 'text/html', 'content-disposition': 'a="\u00e9\u00ff"' },
        metadata: { author: 'caf\u00e9', __proto__x: 'y', empty: '' },
      });
      assert.deepEqual(await suite.engine.objects.findObject(id, 'a'), object);
      assert.equal(await suite.engine.objects.findObject(id, 'b'), undefined);
      assert.equal(await suite.engine.objects.findObject(id + 1, 'a'), undefined);
    });

    it('keys keep every character and stand in the order of their bytes', async () => {
      const { objects } = suite.engine;
      const { id } = await makeBucket(suite.engine);
      for (const key of hostileKeys) await putSample(suite.engine, id, key, { etag: unique('E') });
      for (const key of hostileKeys) assert.ok(await objects.findObject(id, key), key);
      const all = { bucketId: id, prefix: '', delimiter: '', after: '', limit: 1000 };
      const sorted = hostileKeys.toSorted(byBytes);
      assert.deepEqual(namesOf(await objects.listObjects(all)), sorted);
      const deleted = await deleteKeys(objects, id, hostileKeys, now);
      assert.deepEqual(deleted.toSorted(byBytes), sorted);
      assert.equal((await suite.engine.buckets.bucketStat(id))?.objectCount, 0);
    });

    it('half a surrogate pair is no key, and never another one', async () => {
      const { objects } = suite.engine;
      const { id } = await makeBucket(suite.engine);
      await putSample(suite.engine, id, '\ufffd');
      const half = '\ud83d';
      const put = { bucketId: id, key: half, object: sampleObject(), forbidOverwrite: false };
      await assert.rejects(objects.putObject(put));
      assert.equal(await objects.findObject(id, half), undefined);
      assert.equal(
        (await objects.changeObject({ bucketId: id, key: half, change: { acl: 'private' } }))
          .outcome,
        'none',
      );
      assert.deepEqual(await deleteKeys(objects, id, [half], now), []);
      assert.ok(await objects.findObject(id, '\ufffd'));
    });

    it('an overwrite frees the old blob; forbidding it leaves everything as it was', async () => {
      const { objects } = suite.engine;
      const { id } = await makeBucket(suite.engine);
      const first = await putSample(suite.engine, id, 'a');
      const refused = await objects.putObject({
        bucketId: id,
        key: 'a',
        object: sampleObject(),
        forbidOverwrite: true,
      });
      assert.deepEqual(refused, { outcome: 'exists' });
      assert.deepEqual(await objects.findObject(id, 'a'), first);
      const second = await putSample(suite.engine, id, 'a', { modifiedAt: now + 7 });
      assert.deepEqual(await objects.findObject(id, 'a'), second);
      const garbage = await objects.listGarbage(now + 8, 1000);
      assert.ok(!garbage.includes(second.blobId));
    });

    it('of concurrent first writers exactly one wins where overwriting is forbidden', async () => {
      const { id } = await makeBucket(suite.engine);
      const put = () =>
        suite.engine.objects.putObject({
          bucketId: id,
          key: 'contested',
          object: sampleObject(),
          forbidOverwrite: true,
        });
      const outcomes = (await Promise.all(Array.from({ length: 50 }, put))).map((p) => p.outcome);
      assert.equal(outcomes.filter((outcome) => outcome === 'stored').length, 1);
      assert.equal(outcomes.filter((outcome) => outcome === 'exists').length, 49);
    });

    it('nothing is put into a bucket that is not there', async () => {
      const put = await suite.engine.objects.putObject({
        bucketId: 999_999,
        key: 'a',
        object: sampleObject(),
        forbidOverwrite: false,
      });
      assert.deepEqual(put, { outcome: 'no-bucket' });
    });

    it('an announced blob is known until a key points to it, once, or it expires', async () => {
      const { id } = await makeBucket(suite.engine);
      const { objects } = suite.engine;
      const put = (key: string, blobId: string, forbidOverwrite = false) => {
        const object = sampleObject({ blobId });
        return objects.putObject({ bucketId: id, key, object, forbidOverwrite, isAnnounced: true });
      };
      const [came, late, strange] = [unique('came'), unique('late'), unique('strange')];
      await objects.announceBlob(came, 1_000);
      await objects.announceBlob(late, 2_000);
      assert.deepEqual(await objects.knownBlobs([came, late, strange]), new Set([came, late]));
      assert.deepEqual(await put('a', strange), { outcome: 'not-announced' });
      assert.equal(await objects.findObject(id, 'a'), undefined);
      assert.deepEqual(await put('a', came), { outcome: 'stored' });
      assert.deepEqual(await put('b', came), { outcome: 'not-announced' });
      assert.equal(await objects.expireAnnounced(2_000, 10), 0);
      assert.equal(await objects.expireAnnounced(2_001, 10), 1);
      assert.deepEqual(await put('b', late), { outcome: 'not-announced' });
      assert.deepEqual(await objects.knownBlobs([came, late]), new Set([came, late]));
      assert.ok((await objects.listGarbage(2_001, 1_000)).includes(late));
      assert.equal((await suite.engine.buckets.bucketStat(id))?.objectCount, 1);
      await objects.forgetGarbage([late]);
      assert.deepEqual(await objects.knownBlobs([came, late]), new Set([came]));
    });

    it('a refused put keeps its announcement; of a bucket that went the blob is garbage', async () => {
      const { id } = await makeBucket(suite.engine);
      const { objects } = suite.engine;
      await putSample(suite.engine, id, 'a');
      const [refused, homeless] = [unique('refused'), unique('homeless')];
      await objects.announceBlob(refused, 10_000);
      await objects.announceBlob(homeless, 10_000);
      const fields = { key: 'a', forbidOverwrite: true, isAnnounced: true };
      const object = sampleObject({ blobId: refused });
      assert.deepEqual(await objects.putObject({ bucketId: id, object, ...fields }), {
        outcome: 'exists',
      });
      assert.equal(await objects.expireAnnounced(10_001, 1), 1);
      assert.equal(await objects.expireAnnounced(10_001, 1), 1);
      assert.equal(await objects.expireAnnounced(10_001, 1), 0);
      const gone = unique('gone');
      await objects.announceBlob(gone, 10_000);
      const other = sampleObject({ blobId: gone, modifiedAt: 77 });
      assert.deepEqual(await objects.putObject({ bucketId: 999_999, object: other, ...fields }), {
        outcome: 'no-bucket',
      });
      assert.ok((await objects.listGarbage(78, 1_000)).includes(gone));
    });

    it('garbage is listed from its moment on, stays until forgotten, and is known', async () => {
      const { objects } = suite.engine;
      const { id } = await makeBucket(suite.engine);
      const old = await putSample(suite.engine, id, 'a');
      const live = await putSample(suite.engine, id, 'b');
      await deleteKeys(objects, id, ['a'], now + 100);
      const isListed = async (before: number) =>
        (await objects.listGarbage(before, 10_000)).includes(old.blobId);
      assert.equal(await isListed(now + 100), false);
      assert.equal(await isListed(now + 101), true);
      assert.equal(await isListed(now + 101), true);
      const asked = [old.blobId, live.blobId, unique('stranger')];
      assert.deepEqual(await objects.knownBlobs(asked), new Set(asked.slice(0, 2)));
      await objects.forgetGarbage([old.blobId, 'never-there']);
      assert.equal(await isListed(now + 101), false);
      assert.deepEqual(await objects.knownBlobs(asked), new Set([live.blobId]));
      assert.deepEqual(await objects.knownBlobs([]), new Set());
    });

    it('every blob some key points to is paged through', async () => {
      const { objects } = suite.engine;
      const { id } = await makeBucket(suite.engine);
      const put: string[] = [];
      for (let count = 0; count < 7; count += 1) {
        put.push((await putSample(suite.engine, id, `k${count}`)).blobId);
      }
      const seen: string[] = [];
      for (let after = ''; ; ) {
        const page = await objects.listBlobs(after, 3);
        const last = page.at(-1);
        if (last === undefined) break;
        after = last;
        seen.push(...page);
      }
      for (const blobId of put) assert.ok(seen.includes(blobId));
      assert.equal(new Set(seen).size, seen.length);
    });

    it('ACL and description change without the bytes, and only for the bytes meant', async () => {
      const { objects } = suite.engine;
      const { id } = await makeBucket(suite.engine);
      const put = await putSample(suite.engine, id, 'a');
      const acl = 'public-read';
      assert.deepEqual(await objects.changeObject({ bucketId: id, key: 'a', change: { acl } }), {
        outcome: 'done',
        object: { ...put, acl },
      });
      assert.deepEqual(await objects.changeObject({ bucketId: id, key: 'b', change: { acl } }), {
        outcome: 'none',
      });
      const described = {
        metadata: { x: 'y' },
        modifiedAt: now + 3,
        acl: 'private',
        extras: { tags: [['a', 'b']], linkTarget: 'c' },
      } as const;
      const change = { bucketId: id, key: 'a', blobId: put.blobId, change: described };
      assert.equal((await objects.changeObject(change)).outcome, 'done');
      assert.deepEqual(await objects.findObject(id, 'a'), { ...put, ...described });
      const stale = { ...change, blobId: unique('blob') };
      assert.deepEqual(await objects.changeObject(stale), { outcome: 'changed' });
      assert.deepEqual(await objects.changeObject({ ...change, key: 'b' }), { outcome: 'none' });
      await objects.changeObject({ ...change, change: { extras: { linkTarget: null } } });
      assert.deepEqual((await objects.findObject(id, 'a'))?.extras, { tags: [['a', 'b']] });
      assert.equal((await suite.engine.buckets.bucketStat(id))?.modifiedAt, now + 3);
    });

    it('a protected object does not grow, and its new bytes stay unknown', async () => {
      const { objects } = suite.engine;
      const { id } = await makeBucket(suite.engine);
      const standing = await putSample(suite.engine, id, 'a');
      const blobId = unique('blob');
      const append = (protectedSince: number) =>
        objects.appendToObject({
          bucketId: id,
          key: 'a',
          standing,
          contentId: unique('content'),
          piece: { blobId, size: 3 },
          grown: { etag: 'E', crc64: '1', modifiedAt: now + 5 },
          isAnnounced: false,
          protectedSince,
        });
      assert.equal(await append(standing.modifiedAt), 'immutable');
      assert.deepEqual(await objects.findObject(id, 'a'), standing);
      assert.deepEqual(await objects.knownBlobs([blobId]), new Set());
      assert.equal(await append(standing.modifiedAt + 1), 'done');
      assert.equal((await objects.findObject(id, 'a'))?.size, standing.size + 3);
    });

    it('of changes that expect the same object at once, one is made', async () => {
      const { objects } = suite.engine;
      const { id } = await makeBucket(suite.engine);
      const { blobId, extras } = await putSample(suite.engine, id, 'a');
      const outcomes = await Promise.all(
        Array.from({ length: 8 }, async (_, index) => {
          const restore = { readyAt: index, expiresAt: index + 1 };
          const change = { extras: { restore } };
          const input = { bucketId: id, key: 'a', blobId, extras, change };
          return (await objects.changeObject(input)).outcome;
        }),
      );
      assert.deepEqual(outcomes.toSorted(), [...Array(7).fill('changed'), 'done']);
    });

    it('a thousand keys are deleted in one step', async () => {
      const { id } = await makeBucket(suite.engine);
      const keys = Array.from({ length: 1000 }, (_, index) => `many/${index}`);
      await putAll(suite.engine, id, keys, { size: 2 });
      const deleted = await deleteKeys(suite.engine.objects, id, keys, now);
      assert.deepEqual(deleted.toSorted(), keys.toSorted());
      const stat = await suite.engine.buckets.bucketStat(id);
      assert.deepEqual([stat?.objectCount, stat?.storageBytes], [0, 0]);
    });

    it(`listings agree with a naive model (seed ${seed})`, async () => {
      const letter = fc.constantFrom('a', 'b', '/', '//', '\u0000', '雪', '😀', '~');
      const text = fc.array(letter, { maxLength: 5 }).map((letters) => letters.join(''));
      const key = text.filter((each) => each !== '');
      const one = fc.record({
        keys: fc.uniqueArray(key, { maxLength: 40 }),
        prefix: text,
        delimiter: fc.constantFrom('', '/', '//', 'a', '雪', '/a'),
        after: text,
        limit: fc.integer({ min: 1, max: 12 }),
      });
      const check = fc.asyncProperty(one, async ({ keys, ...ask }) => {
        const { id } = await makeBucket(suite.engine);
        await Promise.all(keys.map((each) => putSample(suite.engine, id, each)));
        const listed = await suite.engine.objects.listObjects({ bucketId: id, ...ask });
        const model = naiveListing(keys, ask);
        assert.deepEqual(namesOf(listed), model.slice(0, ask.limit));
        assert.equal(listed.isTruncated, model.length > ask.limit);
      });
      await fc.assert(check, { seed, numRuns: 150 });
    });

    it(`pages through everything exactly once, whatever the page (seed ${seed})`, async () => {
      const { id } = await makeBucket(suite.engine);
      const keys = Array.from({ length: 300 }, (_, index) => `${index % 7}/${index % 41}/${index}`);
      await putAll(suite.engine, id, keys);
      for (const [delimiter, limit] of [
        ['', 7],
        ['/', 3],
        ['/', 100],
        ['1/', 2],
      ] as const) {
        const model = naiveListing(keys, { prefix: '', delimiter, after: '' });
        const seen: string[] = [];
        for (let after = ''; ; ) {
          const ask = { bucketId: id, prefix: '', delimiter, after, limit };
          const listing = await suite.engine.objects.listObjects(ask);
          seen.push(...namesOf(listing));
          if (!listing.isTruncated) break;
          after = nameOf(listing.entries.at(-1));
        }
        assert.deepEqual(seen, model);
      }
    });

    it('long runs of groups and of plain keys come in their order', async () => {
      const { id } = await makeBucket(suite.engine);
      const run = (count: number, nameAt: (index: string) => string) =>
        Array.from({ length: count }, (_, index) => nameAt(String(index).padStart(3, '0')));
      const keys = [
        ...run(170, (index) => `a/${index}`),
        ...run(130, (index) => `b${index}`),
        ...run(60, (index) => `c/${index}`),
        ...run(20, (index) => `d${index}/x`),
        ...run(20, (index) => `e${index}`),
      ];
      await putAll(suite.engine, id, keys);
      for (const limit of [150, 160, 1000]) {
        const ask = { bucketId: id, prefix: '', delimiter: '/', after: '', limit };
        const model = naiveListing(keys, ask);
        const listing = await suite.engine.objects.listObjects(ask);
        assert.deepEqual(namesOf(listing), model.slice(0, limit));
        assert.equal(listing.isTruncated, model.length > limit);
      }
    });

    it('deletes of the same keys in any order, puts among them, never stand in each other', async () => {
      const { id } = await makeBucket(suite.engine);
      const engines = [suite.engine, await suite.openAgain()];
      const keys = Array.from({ length: 30 }, (_, index) => `crossed-${index}`);
      for (let round = 0; round < 6; round += 1) {
        await Promise.all(keys.map((key) => putSample(suite.engine, id, key, { size: 3 })));
        const orders = [keys, keys.toReversed(), keys.slice(10), keys.toReversed().slice(5)];
        const deleted = await Promise.all([
          ...orders.map((order, index) =>
            deleteKeys((engines[index % 2] ?? suite.engine).objects, id, order, now),
          ),
          putSample(suite.engine, id, `crossed-${round}`, { size: 5 }).then(() => []),
        ]);
        // Each key once, but for the one that was put again meanwhile.
        const counted = deleted.flatMap((each) => each ?? []);
        assert.equal(new Set(counted).size, keys.length);
        assert.ok(counted.length <= keys.length + 1);
        const all = { bucketId: id, prefix: '', delimiter: '', after: '', limit: 9 };
        const left = (await suite.engine.objects.listObjects(all)).entries.length;
        const stat = await suite.engine.buckets.bucketStat(id);
        assert.equal(stat?.objectCount, left);
        assert.equal(stat?.storageBytes, left * 5);
      }
      await engines[1]?.close();
    });

    it('two engines write the same keys of one bucket: counters and garbage stay exact', async () => {
      const { id } = await makeBucket(suite.engine);
      const engines = [suite.engine, await suite.openAgain()];
      const blobs: string[] = [];
      const done = Array.from({ length: 160 }, async (_, index) => {
        const { objects } = engines[index % 2] as MetadataEngine;
        const key = `shared-${index % 5}`;
        if (index % 4 === 3) return deleteKeys(objects, id, [key], now);
        const object = sampleObject({ size: index, blobId: unique('counted') });
        blobs.push(object.blobId);
        return objects.putObject({ bucketId: id, key, object, forbidOverwrite: false });
      });
      await Promise.all(done);
      const all = { bucketId: id, prefix: '', delimiter: '', after: '', limit: 1000 };
      const { entries } = await suite.engine.objects.listObjects(all);
      const standing = entries.flatMap((entry) => ('key' in entry ? [entry.object] : []));
      const stat = await suite.engine.buckets.bucketStat(id);
      assert.equal(stat?.objectCount, standing.length);
      assert.equal(
        stat?.storageBytes,
        standing.reduce((sum, { size }) => sum + size, 0),
      );
      const garbage = new Set(await suite.engine.objects.listGarbage(now + 1, 10_000));
      const used = new Set(standing.map(({ blobId }) => blobId));
      for (const blob of blobs) assert.notEqual(garbage.has(blob), used.has(blob), blob);
      await engines[1]?.close();
    });

    it(`counters are exact after random histories (seed ${seed})`, async () => {
      const step = fc.record({
        kind: fc.constantFrom('put', 'put', 'delete', 'forbid'),
        key: fc.constantFrom('a', 'b', 'c', 'd'),
        size: fc.nat(1000),
      });
      const check = fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (history) => {
        const { id } = await makeBucket(suite.engine);
        const done = history.map(async ({ kind, key, size }) => {
          if (kind === 'delete') return deleteKeys(suite.engine.objects, id, [key], now);
          const object = sampleObject({ size });
          const put = { bucketId: id, key, object, forbidOverwrite: kind === 'forbid' };
          return suite.engine.objects.putObject(put);
        });
        await Promise.all(done);
        const all = { bucketId: id, prefix: '', delimiter: '', after: '', limit: 1000 };
        const { entries } = await suite.engine.objects.listObjects(all);
        const sizes = entries.map((entry) => ('key' in entry ? entry.object.size : 0));
        const stat = await suite.engine.buckets.bucketStat(id);
        assert.equal(stat?.objectCount, sizes.length);
        assert.equal(
          stat?.storageBytes,
          sizes.reduce((sum, size) => sum + size, 0),
        );
      });
      await fc.assert(check, { seed, numRuns: 60 });
    });
  });
}

function nameOf(entry: ListedObject | { commonPrefix: string } | undefined): string {
  assert.ok(entry);
  return 'key' in entry ? entry.key : entry.commonPrefix;
}

/** What the documentation of the port says, without any care for cost. */
function naiveListing(
  keys: readonly string[],
  ask: { prefix: string; delimiter: string; after: string },
): string[] {
  const found = new Map<string, string>();
  for (const key of keys) {
    if (!key.startsWith(ask.prefix)) continue;
    const at = ask.delimiter === '' ? -1 : key.indexOf(ask.delimiter, ask.prefix.length);
    const group = at === -1 ? undefined : key.slice(0, at + ask.delimiter.length);
    const name = group ?? key;
    if (byBytes(key, ask.after) <= 0 || byBytes(name, ask.after) <= 0) continue;
    found.set(`${group === undefined ? 'K' : 'P'}${name}`, name);
  }
  return [...found]
    .sort(([, one], [, other]) => byBytes(one, other))
    .map(([kind, name]) => (kind.startsWith('P') ? `P:${name}` : name));
}
