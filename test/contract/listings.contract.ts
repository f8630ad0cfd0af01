/** Folded pages of what may be there several times under one key: versions and uploads. */
import { strict as assert } from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { MetadataEngine, UploadListing, VersionListing } from '../../src/stores/index.ts';
import { makeBucket, now, sampleObject } from './samples.ts';
import { type EngineUnderTest, engineForSuite } from './under-test.ts';

/** Printed with every run, so that a failure can be played again. */
const seed = Number(process.env.CNAMED_TEST_SEED ?? Date.now() % 1_000_000);

/** So many rows of a key; the newest version is a marker, if there are versions. */
interface Stock {
  readonly key: string;
  readonly count: number;
  readonly isMarked: boolean;
}

interface Row {
  readonly key: string;
  readonly id: string;
}

interface Ask {
  readonly prefix: string;
  readonly delimiter: string;
  readonly after: string;
  readonly afterId: string | undefined;
  readonly limit: number;
}

interface Page {
  readonly rows: (Row | { readonly commonPrefix: string })[];
  readonly isTruncated: boolean;
}

interface Kind {
  readonly name: string;
  /** In the order in which a listing has them. */
  fill(engine: MetadataEngine, bucketId: number, stock: readonly Stock[]): Promise<Row[]>;
  list(engine: MetadataEngine, bucketId: number, ask: Ask): Promise<Page>;
  /** Whether a row is behind the one with an id, of rows of one key. */
  isBehind(row: Row, id: string, ofKey: readonly Row[]): boolean;
}

const versions: Kind = {
  name: 'versions',
  async fill({ buckets, objects }, bucketId, stock) {
    await buckets.setBucketVersioning(bucketId, 'Enabled');
    const putOne = async (key: string, versionId: string, isMarker: boolean) => {
      if (isMarker) {
        const deletions = [{ key, versionId: undefined, markerId: versionId }];
        await objects.deleteObjects({ bucketId, deletions, now });
      } else {
        const object = sampleObject({ versionId });
        await objects.putObject({ bucketId, key, object, forbidOverwrite: false });
      }
    };
    return await fillInPortions(stock, async ({ key, count, isMarked }) => {
      const rows: Row[] = [];
      for (let made = 1; made <= count; made += 1) {
        const isMarker = isMarked && made === count;
        rows.unshift({ key, id: `${isMarker ? 'm' : 'v'}${(made * 7) % 10}-${made}` });
        await putOne(key, rows[0]?.id ?? '', isMarker);
      }
      return rows;
    });
  },
  async list({ objects }, bucketId, { afterId: afterVersion, ...ask }) {
    return pageOf(await objects.listVersions({ bucketId, ...ask, afterVersion }));
  },
  isBehind(row, id, ofKey) {
    const at = ofKey.findIndex((each) => each.id === id);
    return at !== -1 && ofKey.indexOf(row) > at;
  },
};

const uploads: Kind = {
  name: 'uploads',
  async fill(engine, bucketId, stock) {
    const { acl, storageClass, headers, metadata, extras } = sampleObject();
    const facts = { acl, storageClass, headers, metadata, extras, isSequential: false };
    const numbered = stock.map((each, index) => ({ ...each, index }));
    return await fillInPortions(numbered, async ({ key, count, index }) => {
      const rows: Row[] = [];
      for (let made = 1; made <= count; made += 1) {
        const id = `${(made * 7) % 10}-${made}-${index}-${bucketId}`;
        rows.push({ key, id });
        const upload = { uploadId: id, key, initiatedAt: now, facts };
        assert.equal(await engine.uploads.createUpload(bucketId, upload), 'created');
      }
      return rows.toSorted((one, other) => byBytes(one.id, other.id));
    });
  },
  async list(engine, bucketId, { afterId: afterUpload, ...ask }) {
    return pageOf(await engine.uploads.listUploads({ bucketId, ...ask, afterUpload }));
  },
  isBehind: (row, id) => byBytes(row.id, id) > 0,
};

/** In portions: beside other suites a pool of connections would refuse the last of a thousand. */
async function fillInPortions<Each extends Stock>(
  stock: readonly Each[],
  fill: (each: Each) => Promise<Row[]>,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (let start = 0; start < stock.length; start += 50) {
    rows.push(...(await Promise.all(stock.slice(start, start + 50).map(fill))).flat());
  }
  return rows.toSorted((one, other) => byBytes(one.key, other.key));
}

function pageOf({ entries, isTruncated }: VersionListing | UploadListing): Page {
  const rows = entries.map((entry) => {
    if ('commonPrefix' in entry) return entry;
    if ('uploadId' in entry) return { key: entry.key, id: entry.uploadId };
    const { versionId } = 'object' in entry ? entry.object : entry.marker;
    return { key: entry.key, id: versionId };
  });
  return { rows, isTruncated };
}

function byBytes(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}

/** What a listing shows, row by row. */
function naivePage({ isBehind }: Kind, all: readonly Row[], ask: Ask): Page {
  const { prefix, delimiter, after, afterId, limit } = ask;
  const rows: Page['rows'] = [];
  const groups = new Set<string>();
  for (const row of all.filter(({ key }) => key.startsWith(prefix))) {
    const found = delimiter === '' ? -1 : row.key.indexOf(delimiter, prefix.length);
    const group = found === -1 ? undefined : row.key.slice(0, found + delimiter.length);
    if (group !== undefined) {
      if (byBytes(group, after) > 0 && !groups.has(group)) rows.push({ commonPrefix: group });
      groups.add(group);
    } else if (row.key !== after) {
      if (byBytes(row.key, after) > 0) rows.push(row);
    } else if (afterId !== undefined) {
      const ofKey = all.filter(({ key }) => key === after);
      if (isBehind(row, afterId, ofKey)) rows.push(row);
    }
  }
  return { rows: rows.slice(0, limit), isTruncated: rows.length > limit };
}

const letter = fc.constantFrom('a', 'b', '/', '/', '//', '\u0000', '雪', '😀', '~');
const text = (maxLength: number) =>
  fc.array(letter, { maxLength }).map((letters) => letters.join(''));
const stocks = fc.uniqueArray(
  fc.record({
    key: text(5).filter((each) => each !== ''),
    count: fc.constantFrom(1, 1, 2, 3, 9),
    isMarked: fc.boolean(),
  }),
  { maxLength: 40, selector: ({ key }) => key },
);
const asks = fc.array(
  fc.record({
    prefix: text(2),
    delimiter: fc.constantFrom('', '/', '/', '//', 'a', '雪', '/a'),
    after: text(3),
    /** Stands for a row that is the marker in place of `after`. */
    marker: fc.option(fc.nat()),
    isInside: fc.boolean(),
    limit: fc.integer({ min: 1, max: 30 }),
  }),
  { minLength: 25, maxLength: 25 },
);

export function listingContract(under: EngineUnderTest): void {
  for (const kind of [versions, uploads]) {
    describe(`listings of ${kind.name} on ${under.name}`, () => {
      const suite = engineForSuite(under);

      it(`agree with a naive model (seed ${seed})`, async () => {
        const check = fc.asyncProperty(stocks, asks, async (stock, each) => {
          const { id } = await makeBucket(suite.engine);
          const all = await kind.fill(suite.engine, id, stock);
          for (const { marker, isInside, ...rest } of each) {
            const row = marker === null ? undefined : all[marker % all.length];
            const afterId = isInside ? (row?.id ?? 'missing') : undefined;
            const ask = { ...rest, after: row?.key ?? rest.after, afterId };
            const page = await kind.list(suite.engine, id, ask);
            assert.deepEqual(page, naivePage(kind, all, ask), JSON.stringify(ask));
          }
        });
        await fc.assert(check, { seed, numRuns: 15 });
      });

      it('long runs of groups and of plain keys come in their order, page by page', async () => {
        const { id } = await makeBucket(suite.engine);
        const run = (keys: number, count: number, nameAt: (index: string) => string) =>
          Array.from({ length: keys }, (_, index) => {
            const key = nameAt(String(index).padStart(3, '0'));
            return { key, count, isMarked: index % 3 === 0 };
          });
        const all = await kind.fill(suite.engine, id, [
          ...run(80, 2, (index) => `a/${index}`),
          ...run(50, 3, (index) => `b${index}`),
          ...run(30, 2, (index) => `c/${index}`),
          ...run(2, 60, (index) => `d${index}`),
          ...run(120, 2, (index) => `d${index}/x`),
          ...run(20, 1, (index) => `e${index}`),
        ]);
        for (const limit of [40, 150, 160, 1000]) {
          let ask: Ask = { prefix: '', delimiter: '/', after: '', afterId: undefined, limit };
          for (let isTruncated = true; isTruncated; ) {
            const page = await kind.list(suite.engine, id, ask);
            assert.deepEqual(page, naivePage(kind, all, ask), JSON.stringify(ask));
            const last = page.rows.at(-1) ?? { commonPrefix: '' };
            ask =
              'key' in last
                ? { ...ask, after: last.key, afterId: last.id }
                : { ...ask, after: last.commonPrefix, afterId: undefined };
            isTruncated = page.isTruncated;
          }
        }
      });
    });
  }
}
