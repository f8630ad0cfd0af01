import { strict as assert } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { listObjects } from '../../../src/stores/sql/listing.ts';
import { toObjectRow } from '../../../src/stores/sql/object-rows.ts';
import { sampleObject } from '../../contract/samples.ts';

type Reads = Parameters<typeof listObjects>[0];
type Read<Name extends keyof Reads> = Reads[Name]['all'];

/** A million keys without a database: what counts is how many rows a page asks for. */
function counting(keyAt: (index: number) => string, total: number) {
  const object = { ...toObjectRow(sampleObject()), content_md5: null };
  const seen = { rows: 0, heads: 0, reads: 0 };
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
  const take = (from: Buffer, end: Buffer, count: number, next: (index: number) => number) => {
    const rows = [];
    for (let index = firstFrom(from); index < total && rows.length < count; index = next(index)) {
      const key = byteAt(index);
      if (Buffer.compare(key, end) >= 0) break;
      rows.push({ key, sequence: 0, extras: null, ...object });
    }
    seen.reads += 1;
    return rows;
  };
  const readKeys: Read<'keys'> = async ({ from, end, count }) => {
    const rows = take(from, end, count, (index) => index + 1);
    seen.rows += rows.length;
    return rows;
  };
  const readHeads: Read<'heads'> = async ({ from, end, count, ...grouping }) => {
    const { prefixLength, delimiter, behindDelimiter } = grouping;
    const rows = take(from, end, count, (index) => {
      const key = byteAt(index);
      const found = key.indexOf(delimiter, prefixLength);
      if (found === -1) return index + 1;
      return firstFrom(Buffer.concat([key.subarray(0, found), behindDelimiter]));
    });
    seen.heads += rows.length;
    return rows;
  };
  const reads: Reads = {
    keys: { all: readKeys, first: async (range) => (await readKeys(range))[0] },
    heads: { all: readHeads, first: async (range) => (await readHeads(range))[0] },
  };
  return { reads, seen };
}

const digits = (value: number) => String(value).padStart(7, '0');
const million = 1_000_000;

describe('a page of a listing costs what the page holds', () => {
  const ask = { bucketId: 1, prefix: '', delimiter: '/', after: '', limit: 100 };

  it('a million keys below one prefix are one entry and few rows', async () => {
    const { reads, seen } = counting((index) => `big/${digits(index)}`, million);
    const listing = await listObjects(reads, ask);
    assert.deepEqual(listing, { entries: [{ commonPrefix: 'big/' }], isTruncated: false });
    assert.deepEqual(seen, { rows: 101, heads: 0, reads: 2 });
  });

  it('prefixes of many keys each: one head for each prefix shown, in three reads', async () => {
    for (const keysEach of [4, 40, 400, 1000]) {
      const keyAt = (index: number) =>
        `${digits(Math.floor(index / keysEach))}/${digits(index % keysEach)}`;
      const { reads, seen } = counting(keyAt, million);
      const listing = await listObjects(reads, { ...ask, limit: 900 });
      assert.equal(listing.entries.length, 900);
      assert.equal(listing.isTruncated, true);
      const told = `${keysEach} keys each: ${JSON.stringify(seen)}`;
      assert.equal(seen.rows, 901, told);
      assert.ok(seen.heads <= 901 && seen.reads === 3, told);
    }
  });

  it('prefixes of many keys and plain keys in turn take no more reads', async () => {
    const keyAt = (index: number) => {
      const name = digits(Math.floor(index / 500));
      return index % 500 === 0 ? name : `${name}/${digits(index % 500)}`;
    };
    const { reads, seen } = counting(keyAt, million);
    const listing = await listObjects(reads, { ...ask, limit: 1000 });
    assert.equal(listing.entries.length, 1000);
    assert.ok(seen.rows === 1001 && seen.heads <= 1001 && seen.reads === 3, JSON.stringify(seen));
  });

  it('plain keys after a large prefix are soon read in passing', async () => {
    const keyAt = (index: number) =>
      index < million / 2 ? `a/${digits(index)}` : `b${digits(index)}`;
    const { reads, seen } = counting(keyAt, million);
    const listing = await listObjects(reads, { ...ask, limit: 1000 });
    assert.equal(listing.entries.length, 1000);
    assert.deepEqual(seen, { rows: 1001 + 900, heads: 100, reads: 3 });
  });

  it('runs of plain keys between large prefixes take a fourth read, and no more', async () => {
    const keyAt = (index: number) => {
      const name = digits(Math.floor(index / 2000));
      return index % 2000 < 150 ? `${name}+${digits(index)}` : `${name}/${digits(index)}`;
    };
    const { reads, seen } = counting(keyAt, million);
    const listing = await listObjects(reads, { ...ask, after: digits(0), limit: 1000 });
    assert.equal(listing.entries.length, 1000);
    assert.ok(seen.reads <= 4, JSON.stringify(seen));
    const behind = { ...ask, after: `${digits(0)}+~`, limit: 1000 };
    await listObjects(reads, behind);
    assert.ok(seen.reads <= 8, JSON.stringify(seen));
  });

  it('without a delimiter one read is enough', async () => {
    const { reads, seen } = counting((index) => digits(index), million);
    await listObjects(reads, { ...ask, delimiter: '', after: digits(500_000) });
    assert.deepEqual(seen, { rows: 101, heads: 0, reads: 1 });
  });
});
