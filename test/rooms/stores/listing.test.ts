import { strict as assert } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { listObjects } from '../../../src/stores/sql/listing.ts';
import { toObjectRow } from '../../../src/stores/sql/object-rows.ts';
import { sampleObject } from '../../contract/samples.ts';

type Keys = Parameters<typeof listObjects>[0];
type KeyRange = Parameters<Keys['all']>[0];

/** A million keys without a database: what counts is how many rows a page asks for. */
function counting(keyAt: (index: number) => string, total: number) {
  const object = { ...toObjectRow(sampleObject()), content_md5: null };
  const seen = { rows: 0, reads: 0 };
  const byteAt = (index: number) => Buffer.from(keyAt(index));
  const firstFrom = (from: Buffer) => {
    let [low, high] = [0, total];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (Buffer.compare(byteAt(middle), from) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const all = async ({ from, end, count }: KeyRange) => {
    const rows = [];
    for (let index = firstFrom(from); index < total && rows.length < count; index += 1) {
      const key = byteAt(index);
      if (Buffer.compare(key, end) >= 0) break;
      rows.push({ key, sequence: 0, extras: null, ...object });
    }
    seen.rows += rows.length;
    seen.reads += 1;
    return rows;
  };
  const keys: Keys = { all, first: async (range) => (await all(range))[0] };
  return { keys, seen };
}

const digits = (value: number) => String(value).padStart(7, '0');
const million = 1_000_000;

describe('a page of a listing costs what the page holds', () => {
  const ask = { bucketId: 1, prefix: '', delimiter: '/', after: '', limit: 100 };

  it('a million keys below one prefix are one entry and few rows', async () => {
    const { keys, seen } = counting((index) => `big/${digits(index)}`, million);
    const listing = await listObjects(keys, ask);
    assert.deepEqual(listing, { entries: [{ commonPrefix: 'big/' }], isTruncated: false });
    assert.ok(seen.rows <= 2 * ask.limit && seen.reads <= 3, JSON.stringify(seen));
  });

  it('a thousand prefixes of a thousand keys each: two rows for each prefix shown', async () => {
    const keyAt = (index: number) => `${digits(Math.floor(index / 1000))}/${digits(index % 1000)}`;
    const { keys, seen } = counting(keyAt, million);
    const listing = await listObjects(keys, ask);
    assert.equal(listing.entries.length, 100);
    assert.equal(listing.isTruncated, true);
    assert.ok(seen.rows <= 101 + 2 * 101, JSON.stringify(seen));
  });

  it('several prefixes in one read, yet large ones: rows do not grow with what they hold', async () => {
    for (const [keysEach, rowsEach] of [
      [4, 8],
      [40, 3],
      [400, 3],
    ] as const) {
      const keyAt = (index: number) =>
        `${digits(Math.floor(index / keysEach))}/${digits(index % keysEach)}`;
      const { keys, seen } = counting(keyAt, million);
      const listing = await listObjects(keys, { ...ask, limit: 1000 });
      assert.equal(listing.entries.length, 1000);
      const told = `${keysEach} keys each: ${JSON.stringify(seen)}`;
      assert.ok(seen.rows <= rowsEach * 1001 && seen.reads <= 1001, told);
    }
  });

  it('plain keys after a large prefix are read in growing steps, not one by one', async () => {
    const keyAt = (index: number) =>
      index < million / 2 ? `a/${digits(index)}` : `b${digits(index)}`;
    const { keys, seen } = counting(keyAt, million);
    const listing = await listObjects(keys, { ...ask, limit: 1000 });
    assert.equal(listing.entries.length, 1000);
    assert.ok(seen.rows <= 3 * 1001 && seen.reads <= 12, JSON.stringify(seen));
  });

  it('without a delimiter one read is enough', async () => {
    const { keys, seen } = counting((index) => digits(index), million);
    await listObjects(keys, { ...ask, delimiter: '', after: digits(500_000) });
    assert.deepEqual(seen, { rows: 101, reads: 1 });
  });
});
