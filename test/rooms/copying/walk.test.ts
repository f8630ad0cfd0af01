import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { walkKeys, walkRows } from '../../../src/copying/walk.ts';
import type { Row, RowKey, RowStore } from '../../../src/stores/index.ts';

/** The pages of an engine, over a list: keys in the order of their bytes. */
function storeOf(keys: readonly [number, string][]): RowStore {
  const sorted = [...keys].sort(compare);
  const rest = (after: RowKey | undefined, limit: number) =>
    sorted
      .filter((key) => after === undefined || compare(key, after as [number, string]) > 0)
      .slice(0, limit);
  return {
    readRows: async (_table: string, after: RowKey | undefined, limit: number) =>
      rest(after, limit).map(([bucket_id, name]): Row => ({ bucket_id, name })),
    readKeys: async (_table: string, after: RowKey | undefined, limit: number) =>
      rest(after, limit),
  } as unknown as RowStore;
}

function compare(left: [number, string], right: [number, string]): number {
  if (left[0] !== right[0]) return left[0] - right[0];
  return Buffer.compare(Buffer.from(left[1]), Buffer.from(right[1]));
}

const keys = fc.uniqueArray(
  fc.tuple(
    fc.integer({ min: 0, max: 3 }),
    fc.string({ unit: fc.constantFrom('a', 'A', 'ä', '\uffee', '😀', '\u0001'), maxLength: 3 }),
  ),
  { selector: ([number, text]) => `${number} ${text}`, maxLength: 30 },
);

test('both sides are walked in step: every key once, with what stands on either side', async () => {
  await fc.assert(
    fc.asyncProperty(keys, keys, fc.integer({ min: 1, max: 7 }), async (ours, theirs, batch) => {
      const table = { name: 'bucket_documents', key: ['bucket_id', 'name'], batch } as const;
      const [source, target] = [storeOf(ours), storeOf(theirs)];
      const textOf = (key: RowKey) => JSON.stringify(key);
      const seen = new Map<string, [boolean, boolean]>();
      for await (const pair of walkRows(table, source, target)) {
        assert.equal(seen.has(textOf(pair.key)), false, 'a key came twice');
        seen.set(textOf(pair.key), [pair.source !== undefined, pair.target !== undefined]);
      }
      const [one, other] = [new Set(ours.map(textOf)), new Set(theirs.map(textOf))];
      assert.equal(seen.size, new Set([...one, ...other]).size);
      for (const [key, sides] of seen) assert.deepEqual(sides, [one.has(key), other.has(key)]);
      const byKey = await Array.fromAsync(walkKeys(table, source, target));
      assert.deepEqual(
        byKey.map(({ key }) => textOf(key)),
        [...seen.keys()],
      );
    }),
  );
});
