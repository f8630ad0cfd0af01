/** Listings against a naive model: the whole answer computed from all keys in memory. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import type { Bucket, ObjectListing } from '../../../src/buckets/index.ts';
import { newBucket, openRooms, type Rooms, upload } from './rooms.ts';

let rooms: Rooms;
before(async () => {
  rooms = await openRooms();
});
after(() => rooms.close());

interface Question {
  readonly prefix: string;
  readonly delimiter: string;
  readonly after: string;
  readonly limit: number;
}

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** The definition: fold, leave out what is not behind `after`, order by bytes, cut. */
function model(keys: readonly string[], { prefix, delimiter, after, limit }: Question) {
  const names = new Set<string>();
  for (const key of keys) {
    if (!key.startsWith(prefix)) continue;
    const at = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    const name = at < 0 ? `key ${key}` : `prefix ${key.slice(0, at + delimiter.length)}`;
    if (byBytes(name.replace(/^\w+ /, ''), after) > 0) names.add(name);
  }
  const bare = (name: string): string => name.replace(/^\w+ /, '');
  const sorted = [...names].sort((a, b) => byBytes(bare(a), bare(b)) || byBytes(a, b));
  return { names: sorted.slice(0, limit), isTruncated: limit > 0 && sorted.length > limit };
}

function show({ entries }: ObjectListing): string[] {
  return entries.map((entry) =>
    'commonPrefix' in entry ? `prefix ${entry.commonPrefix}` : `key ${entry.key}`,
  );
}

async function fill(name: string, keys: readonly string[]): Promise<Bucket> {
  const bucket = await rooms.buckets.putBucket({ ...newBucket, name });
  // Rows only: a listing never looks at contents.
  const { object } = await rooms.objects.putObject(upload(rooms.bucket, 'pattern', ''));
  await Promise.all(
    keys.map((key) =>
      rooms.engine.objects.putObject({
        bucketId: bucket.id,
        key,
        object: { ...object, blobId: `${name}-${Buffer.from(key).toString('hex')}` },
        forbidOverwrite: false,
      }),
    ),
  );
  return bucket;
}

const piece = fc.constantFrom(
  'a',
  'b',
  '/',
  '//',
  'é',
  '中',
  '\u{1f600}',
  '\uffff',
  '\u0000',
  ' ',
  '%',
);
const text = (minLength: number) =>
  fc.array(piece, { minLength, maxLength: 5 }).map((pieces) => pieces.join(''));
const keys = fc.uniqueArray(text(1), { maxLength: 25 });
const question = fc.record({
  prefix: fc.oneof(fc.constant(''), text(0)),
  delimiter: fc.constantFrom('', '/', 'a', '//', '中', 'ab'),
  after: fc.oneof(fc.constant(''), text(0)),
  limit: fc.integer({ min: 0, max: 7 }),
});

test('a page is what the definition says, for any keys and any question', async () => {
  let number = 0;
  const property = fc.asyncProperty(
    keys,
    fc.array(question, { minLength: 1, maxLength: 6 }),
    async (all, questions) => {
      const bucket = await fill(`model-${number++}`, all);
      for (const asked of questions) {
        const listing = await rooms.objects.listObjects(bucket, asked);
        const expected = model(all, asked);
        assert.deepEqual(show(listing), expected.names);
        assert.equal(listing.isTruncated, expected.isTruncated);
      }
    },
  );
  // More buckets than an account may have would be refused.
  await fc.assert(property, { numRuns: 60, endOnFailure: true });
});

test('pages put together are the whole listing, with any page size', async () => {
  const all = ['a', 'a/b', 'a/c/d', 'a0', 'b//c', 'b//d', 'b/', 'c/1', 'c/2', 'd', 'é', '中'];
  const bucket = await fill('paged', all);
  for (const delimiter of ['', '/']) {
    const whole = model(all, { prefix: '', delimiter, after: '', limit: 1000 }).names;
    for (let limit = 1; limit <= all.length; limit++) {
      const seen: string[] = [];
      for (let after = ''; ; ) {
        const query = { prefix: '', delimiter, after, limit };
        const page = await rooms.objects.listObjects(bucket, query);
        seen.push(...show(page));
        const last = page.entries.at(-1);
        if (!page.isTruncated || last === undefined) break;
        after = 'key' in last ? last.key : last.commonPrefix;
      }
      assert.deepEqual(seen, whole, `pages of ${limit}`);
    }
  }
});
