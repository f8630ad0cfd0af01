/** Versions of keys, and what is left of a bucket when they come and go (oss-semantics.md 1). */
import { strict as assert } from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { now, sampleObject, unique } from './samples.ts';
import { type EngineUnderTest, engineForSuite } from './under-test.ts';
import { idOf, openVersionStage, shown } from './version-stage.ts';

const seed = Number(process.env.CNAMED_TEST_SEED ?? Date.now() % 1_000_000);

export function versionContract(under: EngineUnderTest): void {
  describe(`versions on ${under.name}`, () => {
    const suite = engineForSuite(under);
    const begin = () => openVersionStage(suite.engine);

    it('what may only be where nothing is, is refused whatever the versioning', async () => {
      const stage = await begin();
      for (const versioning of [undefined, 'Enabled', 'Suspended'] as const) {
        if (versioning !== undefined) await stage.versioning(versioning);
        const place = { bucketId: stage.bucket.id, key: `only-${versioning}` };
        const put = { ...place, forbidOverwrite: false, onlyIfNone: true };
        const outcome = async (versionId: string) => {
          const object = sampleObject({ versionId });
          return (await stage.engine.objects.putObject({ ...put, object })).outcome;
        };
        assert.equal(await outcome('o1'), 'stored');
        assert.equal(await outcome('o2'), 'exists');
        await stage.remove(place.key);
        assert.equal(await outcome('o3'), 'stored');
      }
    });

    it('without versioning there is one version, called null, and no marker', async () => {
      const stage = await begin();
      assert.equal((await stage.put('a', 'v1')).versionId, undefined);
      assert.equal(await stage.current('a'), 'null');
      assert.deepEqual(shown(await stage.list()), ['a@null*']);
      const wrong = await stage.remove('a', 'v1');
      assert.deepEqual(wrong, {
        key: 'a',
        removed: undefined,
        markerId: undefined,
        isProtected: false,
      });
      assert.equal((await stage.remove('a', 'null')).removed, 'object');
      assert.equal((await stage.remove('a')).removed, undefined);
      assert.deepEqual(shown(await stage.list()), []);
      assert.equal(await suite.engine.objects.findMarker(stage.bucket.id, 'a'), undefined);
    });

    it('enabled: every write is a version on top, every delete a marker', async () => {
      const stage = await begin();
      await stage.put('a', 'unused', { size: 1 });
      await stage.versioning('Enabled');
      assert.equal((await stage.put('a', 'v1', { size: 2 })).versionId, 'v1');
      const forbidden = await suite.engine.objects.putObject({
        bucketId: stage.bucket.id,
        key: 'a',
        object: sampleObject({ versionId: 'v2', size: 3 }),
        forbidOverwrite: true,
      });
      assert.deepEqual(forbidden, { outcome: 'stored', versionId: 'v2' });
      assert.deepEqual(shown(await stage.list()), ['a@v2*', 'a@v1', 'a@null']);
      assert.deepEqual(await stage.counters(), [3, 6, 0]);
      assert.equal((await stage.remove('a', undefined, 'm1')).markerId, 'm1');
      assert.equal((await stage.remove('a', undefined, 'm2')).markerId, 'm2');
      assert.equal((await stage.remove('b', undefined, 'm3')).markerId, 'm3');
      assert.deepEqual(shown(await stage.list()), [
        'a!m2*',
        'a!m1',
        'a@v2',
        'a@v1',
        'a@null',
        'b!m3*',
      ]);
      assert.equal(await stage.current('a'), undefined);
      const { objects } = suite.engine;
      assert.equal((await objects.findMarker(stage.bucket.id, 'a'))?.versionId, 'm2');
      assert.deepEqual(await stage.counters(), [3, 6, 3]);
      assert.equal((await stage.put('a', 'v3', { size: 4 })).versionId, 'v3');
      assert.equal(await objects.findMarker(stage.bucket.id, 'a'), undefined);
      assert.equal(await stage.current('a'), 'v3');
    });

    it('the newest of what remains is current when versions and markers go', async () => {
      const stage = await begin();
      await stage.versioning('Enabled');
      for (const id of ['v1', 'v2', 'v3']) await stage.put('a', id);
      await stage.remove('a', undefined, 'm1');
      assert.equal((await stage.remove('a', 'v2')).removed, 'object');
      assert.equal(await stage.current('a'), undefined);
      assert.equal((await stage.remove('a', 'm1')).removed, 'marker');
      assert.equal(await stage.current('a'), 'v3');
      assert.equal((await stage.remove('a', 'v3')).removed, 'object');
      assert.equal(await stage.current('a'), 'v1');
      assert.equal((await stage.remove('a', 'v3')).removed, undefined);
      assert.deepEqual(shown(await stage.list()), ['a@v1*']);
      await stage.remove('a', undefined, 'm2');
      await stage.put('a', 'v4');
      await stage.remove('a', 'v4');
      assert.deepEqual(shown(await stage.list()), ['a!m2*', 'a@v1']);
      assert.equal((await suite.engine.objects.findMarker(stage.bucket.id, 'a'))?.versionId, 'm2');
      await stage.remove('a', 'v1');
      await stage.remove('a', 'm2');
      assert.deepEqual(await stage.counters(), [0, 0, 0]);
    });

    it('suspended: the version null is replaced wherever it lies, others stay', async () => {
      const stage = await begin();
      await stage.put('a', 'x', { size: 1 });
      await stage.versioning('Enabled');
      await stage.put('a', 'v1', { size: 2 });
      await stage.versioning('Suspended');
      const replaced = await suite.engine.objects.findVersion(stage.bucket.id, 'a', 'null');
      assert.equal((await stage.put('a', 'x', { size: 4 })).versionId, 'null');
      assert.deepEqual(shown(await stage.list()), ['a@null*', 'a@v1']);
      assert.deepEqual(await stage.counters(), [2, 6, 0]);
      assert.ok(replaced !== undefined && 'object' in replaced);
      const garbage = await suite.engine.objects.listGarbage(stage.at + 1, 1000);
      assert.ok(garbage.includes(replaced.object.blobId));
      await stage.put('a', 'x', { size: 8 });
      assert.deepEqual(shown(await stage.list()), ['a@null*', 'a@v1']);
      assert.equal((await stage.remove('a')).markerId, 'null');
      assert.deepEqual(shown(await stage.list()), ['a!null*', 'a@v1']);
      assert.deepEqual(await stage.counters(), [1, 2, 1]);
      assert.equal((await stage.remove('a')).markerId, 'null');
      assert.deepEqual(shown(await stage.list()), ['a!null*', 'a@v1']);
      await stage.put('a', 'x', { size: 16 });
      assert.deepEqual(shown(await stage.list()), ['a@null*', 'a@v1']);
      assert.deepEqual(await stage.counters(), [2, 18, 0]);
      await stage.versioning('Enabled');
      await stage.put('a', 'v2', { size: 32 });
      assert.deepEqual(shown(await stage.list()), ['a@v2*', 'a@null', 'a@v1']);
    });

    it('a version is found, changed and protected by its id', async () => {
      const stage = await begin();
      const { objects } = suite.engine;
      await stage.versioning('Enabled');
      const { object } = await stage.put('a', 'v1');
      const last = await stage.put('a', 'v2');
      await stage.remove('a', undefined, 'm1');
      const place = { bucketId: stage.bucket.id, key: 'a' };
      assert.deepEqual(await objects.findVersion(place.bucketId, 'a', 'v1'), {
        key: 'a',
        isLatest: false,
        object,
      });
      const marker = await objects.findVersion(place.bucketId, 'a', 'm1');
      assert.ok(marker !== undefined && 'marker' in marker && marker.isLatest);
      assert.equal(await objects.findVersion(place.bucketId, 'a', 'v9'), undefined);
      const change = { acl: 'private' } as const;
      const changed = await objects.changeObject({ ...place, versionId: 'v1', change });
      assert.deepEqual(changed, { outcome: 'done', object: { ...object, ...change } });
      const outcome = async (versionId?: string) =>
        (await objects.changeObject({ ...place, versionId, change })).outcome;
      assert.equal(await outcome('m1'), 'marker');
      assert.equal(await outcome('v9'), 'none');
      assert.equal(await outcome(), 'none');
      const guarded = await objects.deleteObjects({
        bucketId: place.bucketId,
        deletions: ['v1', 'v2'].map((versionId) => ({ key: 'a', versionId, markerId: 'x' })),
        now: stage.at,
        protectedSince: last.object.modifiedAt,
      });
      assert.deepEqual(
        guarded.map((result) => [result.removed, result.isProtected]),
        [
          ['object', false],
          [undefined, true],
        ],
      );
    });

    it('without versions a protected object is neither replaced nor deleted', async () => {
      const stage = await begin();
      const { object } = await stage.put('a', 'x');
      const input = {
        bucketId: stage.bucket.id,
        key: 'a',
        object: sampleObject(),
        forbidOverwrite: false,
        protectedSince: object.modifiedAt,
      };
      assert.deepEqual(await suite.engine.objects.putObject(input), { outcome: 'immutable' });
      const deletions = [{ key: 'a', versionId: undefined, markerId: 'x' }];
      const [result] = await suite.engine.objects.deleteObjects({ ...input, deletions, now });
      assert.deepEqual([result?.removed, result?.isProtected], [undefined, true]);
      assert.deepEqual(await suite.engine.objects.findObject(stage.bucket.id, 'a'), {
        ...object,
        versionId: 'null',
      });
      const later = { ...input, protectedSince: object.modifiedAt + 1 };
      assert.equal((await suite.engine.objects.putObject(later)).outcome, 'stored');
    });

    it('what was decided about a version that stood then does not hit what stands now', async () => {
      const stage = await begin();
      const { objects } = suite.engine;
      const bucketId = stage.bucket.id;
      type Seen = Parameters<typeof objects.changeObject>[0]['standing'];
      const act = async (key: string, versionId: string | undefined, standing: Seen) => {
        const deletions = [{ key, versionId, markerId: unique('m'), standing }];
        const [result] = await objects.deleteObjects({ bucketId, deletions, now: stage.at });
        return result?.removed ?? (result?.markerId === undefined ? undefined : 'covered');
      };
      const change = async (key: string, versionId: string | undefined, standing: Seen) =>
        (
          await objects.changeObject({
            bucketId,
            key,
            versionId,
            standing,
            change: { storageClass: 'IA' },
          })
        ).outcome;
      const seen = ({ object }: { object: { blobId: string; modifiedAt: number } }) => {
        return { blobId: object.blobId, modifiedAt: object.modifiedAt };
      };
      const first = seen(await stage.put('a', 'x'));
      const second = seen(await stage.put('a', 'x'));
      // Touched: the content is the same.
      const touched = { ...second, modifiedAt: second.modifiedAt + 1 };
      for (const stale of [first, touched, { ...second, noncurrentAt: 1 }]) {
        assert.equal(await change('a', undefined, stale), 'changed');
        assert.equal(await act('a', undefined, stale), undefined);
        assert.equal(await act('a', 'null', stale), undefined);
      }
      await stage.versioning('Enabled');
      assert.equal(await act('a', undefined, first), undefined);
      assert.equal(await change('a', undefined, second), 'done');
      const third = seen(await stage.put('a', 'v3'));
      // It is an older one now, and the other way round.
      assert.equal(await act('a', 'null', second), undefined);
      const older = { ...second, noncurrentAt: third.modifiedAt };
      assert.equal(await change('a', 'null', older), 'done');
      await stage.remove('a', 'v3');
      assert.equal(await act('a', 'null', older), undefined);
      assert.equal(await act('a', undefined, second), 'covered');
      await stage.versioning('Suspended');
      await stage.remove('b');
      const marker = { blobId: undefined, modifiedAt: stage.at };
      await stage.put('b', 'x');
      assert.equal(await act('b', 'null', marker), undefined);
      await stage.remove('b');
      assert.equal(await act('b', 'null', marker), undefined);
      assert.equal(await act('b', 'null', { ...marker, modifiedAt: stage.at }), 'marker');
    });

    it('several deletions of one key in one step happen in their order', async () => {
      const stage = await begin();
      await stage.versioning('Enabled');
      await stage.put('a', 'v1');
      const results = await suite.engine.objects.deleteObjects({
        bucketId: stage.bucket.id,
        deletions: [
          { key: 'b', versionId: undefined, markerId: 'm1' },
          { key: 'a', versionId: undefined, markerId: 'm2' },
          { key: 'a', versionId: 'm2', markerId: 'x' },
          { key: 'a', versionId: 'v1', markerId: 'x' },
          { key: 'a', versionId: 'v1', markerId: 'x' },
        ],
        now: stage.at,
      });
      assert.deepEqual(
        results.map(({ removed, markerId }) => removed ?? markerId),
        ['m1', 'm2', 'marker', 'object', undefined],
      );
      assert.deepEqual(shown(await stage.list()), ['b!m1*']);
    });

    it('a bucket with versions or markers is not empty', async () => {
      const stage = await begin();
      await stage.versioning('Enabled');
      await stage.remove('a', undefined, 'm1');
      const actor = { accountId: '1', accessKeyId: 'k', remoteAddress: '', requestId: '' };
      const ask = { actor, at: now };
      assert.deepEqual(await suite.engine.buckets.deleteBucket(stage.bucket.id, ask), {
        outcome: 'not-empty',
        what: 'objects',
      });
      await stage.remove('a', 'm1');
      const gone = await suite.engine.buckets.deleteBucket(stage.bucket.id, ask);
      assert.equal(gone.outcome, 'deleted');
    });

    it(`any history leaves what a model of stacks leaves (seed ${seed})`, async () => {
      const step = fc.record({
        key: fc.constantFrom('a', 'b'),
        what: fc.constantFrom('put', 'put', 'delete', 'remove', 'enable', 'suspend'),
        pick: fc.nat({ max: 5 }),
      });
      const property = fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const stage = await begin();
        await stage.versioning('Enabled');
        let isEnabled = true;
        const model: Record<string, { id: string; isMarker: boolean; size: number }[]> = {
          a: [],
          b: [],
        };
        for (const [index, { key, what, pick }] of steps.entries()) {
          const stack = model[key] ?? [];
          const drop = (id: string) => {
            model[key] = stack.filter((each) => each.id !== id);
          };
          const id = isEnabled ? `v${index}` : 'null';
          if (what === 'enable' || what === 'suspend') {
            isEnabled = what === 'enable';
            await stage.versioning(isEnabled ? 'Enabled' : 'Suspended');
          } else if (what === 'remove') {
            const target = stack[pick % Math.max(stack.length, 1)]?.id ?? 'missing';
            await stage.remove(key, target);
            drop(target);
          } else {
            if (what === 'put') await stage.put(key, id, { size: index });
            else await stage.remove(key, undefined, id);
            if (!isEnabled) drop('null');
            model[key]?.unshift({ id, isMarker: what === 'delete', size: index });
          }
        }
        const expected = Object.entries(model).flatMap(([key, stack]) =>
          stack.map((each, index) => {
            return `${key}${each.isMarker ? '!' : '@'}${each.id}${index === 0 ? '*' : ''}`;
          }),
        );
        assert.deepEqual(shown(await stage.list()), expected);
        for (const [key, stack] of Object.entries(model)) {
          const [top] = stack;
          assert.equal(await stage.current(key), top?.isMarker === false ? top.id : undefined);
        }
        const all = Object.values(model).flat();
        const kept = all.filter((each) => !each.isMarker);
        const bytes = kept.reduce((sum, each) => sum + each.size, 0);
        assert.deepEqual(await stage.counters(), [kept.length, bytes, all.length - kept.length]);
        const counted = await suite.engine.inspection.countBucket(stage.bucket.id);
        assert.deepEqual(counted?.noted, counted?.counted);
      });
      await fc.assert(property, { seed, numRuns: 15 });
    });

    it('rivals on one key leave every version that was acknowledged', async () => {
      const stage = await begin();
      await stage.versioning('Enabled');
      const ids = Array.from({ length: 20 }, (_, index) => `v${index}`);
      const engines = [suite.engine, await suite.openAgain()];
      await Promise.all(
        ids.map(async (id, index) => {
          const { objects } = engines[index % engines.length] ?? suite.engine;
          const { id: bucketId } = stage.bucket;
          if (index % 5 === 4) {
            const deletions = [{ key: 'a', versionId: undefined, markerId: id }];
            await objects.deleteObjects({ bucketId, deletions, now });
          } else {
            const object = sampleObject({ versionId: id });
            await objects.putObject({ bucketId, key: 'a', object, forbidOverwrite: false });
          }
        }),
      );
      const listing = await stage.list();
      assert.deepEqual(
        listing.entries.map((entry) => ('commonPrefix' in entry ? '' : idOf(entry))).sort(),
        ids.toSorted(),
      );
      const latest = listing.entries.filter((each) => 'isLatest' in each && each.isLatest);
      assert.equal(latest.length, 1);
      assert.deepEqual(await stage.counters(), [16, 16 * sampleObject().size, 4]);
    });
  });
}
