/** Versions as they are listed: of all keys, of those that are not the newest, page by page. */
import { strict as assert } from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ListedVersion } from '../../src/stores/index.ts';
import { type EngineUnderTest, engineForSuite } from './under-test.ts';
import { idOf, openVersionStage, shown } from './version-stage.ts';

export function versionListingContract(under: EngineUnderTest): void {
  describe(`listings of versions on ${under.name}`, () => {
    const suite = engineForSuite(under);
    const begin = () => openVersionStage(suite.engine);

    it('pages of any size show what one page shows, folded or not', async () => {
      const stage = await begin();
      await stage.versioning('Enabled');
      for (const key of ['a', 'p/1', 'p/2', 'q', 'q/']) {
        await stage.put(key, `${key}-1`);
        await stage.put(key, `${key}-2`);
      }
      await stage.remove('a', undefined, 'ma');
      await stage.remove('p/1', undefined, 'mp');
      await stage.put('q', 'q-3');
      for (const [prefix, delimiter] of [
        ['', ''],
        ['', '/'],
        ['p/', '/'],
        ['q', ''],
      ] as const) {
        const all = await stage.list({ prefix, delimiter });
        for (const limit of [1, 2, 3, 5]) {
          const seen: string[] = [];
          let [after, afterVersion]: [string, string | undefined] = ['', undefined];
          for (;;) {
            const page = await stage.list({ prefix, delimiter, after, afterVersion, limit });
            seen.push(...shown(page));
            const last = page.entries.at(-1);
            if (!page.isTruncated || last === undefined) break;
            after = 'commonPrefix' in last ? last.commonPrefix : last.key;
            afterVersion = 'commonPrefix' in last ? undefined : idOf(last);
          }
          assert.deepEqual(seen, shown(all), `${prefix} ${delimiter} by ${limit}`);
        }
      }
      assert.deepEqual(shown(await stage.list({ after: 'a' }))[0], 'p/1!mp*');
      assert.deepEqual(shown(await stage.list({ after: 'a', afterVersion: 'gone' }))[0], 'p/1!mp*');
    });

    it('what is not the newest is listed with the moment a newer one came', async () => {
      const stage = await begin();
      await stage.versioning('Enabled');
      await stage.put('a', 'v1');
      const second = await stage.put('a', 'v2');
      await stage.remove('a', undefined, 'm1');
      const markedAt = stage.at;
      const third = await stage.put('a', 'v3');
      await stage.put('b', 'w1');
      const ask = { bucketId: stage.bucket.id, prefix: '' };
      const list = (limit: number, after?: { key: string; sequence: number }) =>
        suite.engine.objects.listNoncurrent({ ...ask, after, limit });
      const { versions: all, next } = await list(9);
      assert.equal(next, undefined);
      assert.deepEqual(
        all.map((entry) => [idOf(entry), entry.noncurrentAt]),
        [
          ['m1', third.object.modifiedAt],
          ['v2', markedAt],
          ['v1', second.object.modifiedAt],
        ],
      );
      const after = all[0];
      const page = await list(1, after);
      assert.deepEqual(page.versions, all.slice(1, 2));
      assert.deepEqual(page.next, { key: 'a', sequence: all[1]?.sequence });
    });

    it('markers on top of their keys are passed over, so many rows at a time', async () => {
      const stage = await begin();
      await stage.versioning('Enabled');
      for (const key of ['a', 'b', 'c', 'd']) await stage.remove(key, undefined, `m-${key}`);
      await stage.put('e', 'e1');
      await stage.put('e', 'e2');
      const ask = { bucketId: stage.bucket.id, prefix: '', limit: 2 };
      const pages: string[][] = [];
      let after: { key: string; sequence: number } | undefined;
      do {
        const page = await suite.engine.objects.listNoncurrent({ ...ask, after });
        pages.push(page.versions.map(idOf));
        after = page.next;
      } while (after !== undefined);
      assert.deepEqual(pages, [[], [], ['e1']]);
    });

    it('a key of many versions is listed in pages from any place', async () => {
      const stage = await begin();
      await stage.versioning('Enabled');
      for (const key of ['a', 'b', 'c']) {
        for (let number = 1; number <= 7; number += 1) await stage.put(key, `${key}${number}`);
      }
      const wanted = ['a', 'b', 'c'].flatMap((key) => {
        return [7, 6, 5, 4, 3, 2, 1].map((number) => `${key}${number}`);
      });
      for (const limit of [1, 3, 5, 8, 20, 21, 22]) {
        const seen: string[] = [];
        let place: { after?: string; afterVersion?: string } = {};
        for (let isTruncated = true; isTruncated; ) {
          const page = await stage.list({ ...place, limit });
          const last = page.entries.at(-1) as ListedVersion;
          seen.push(...page.entries.map((entry) => idOf(entry as ListedVersion)));
          place = { after: last.key, afterVersion: idOf(last) };
          isTruncated = page.isTruncated;
        }
        assert.deepEqual(seen, wanted, `by ${limit}`);
      }
    });
  });
}
