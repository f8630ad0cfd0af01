/** The listings on the wire: elements in order, encoding, pages, arguments. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openRawOss, type RawOss, shapeOf, textOf, textsOf } from '../object/raw-oss.ts';

let oss: RawOss;
let bucket: string;
const keys = ['a+b', 'a b', 'dir/1', 'dir/2', 'dir/sub/3', 'z\u0001', '\u4e2d'];

before(async () => {
  oss = await openRawOss();
  bucket = await oss.bucket();
  for (const key of keys) await oss.put(bucket, key, 'x');
});
after(() => oss.close());

const list = (query: Record<string, string | undefined>) => oss.call({ bucket, query });

test('ListObjects: the elements and their order', async () => {
  const { status, headers, text } = await list({ 'max-keys': '3', delimiter: '/' });
  assert.equal(status, 200);
  assert.equal(headers['content-type'], 'application/xml');
  assert.deepEqual(shapeOf(text), [
    ...['ListBucketResult', 'Name', 'Prefix', 'Marker', 'MaxKeys', 'Delimiter', 'IsTruncated'],
    ...['NextMarker', 'Contents', 'Key', 'LastModified', 'ETag', 'Type', 'Size', 'StorageClass'],
    ...['Owner', 'ID', 'DisplayName', 'CommonPrefixes'],
  ]);
  assert.deepEqual(textsOf(text, 'Key'), ['a b', 'a+b']);
  assert.equal(textOf(text, 'NextMarker'), 'dir/');
  assert.equal(textOf(text, 'IsTruncated'), 'true');
  assert.equal(textOf(text, 'ETag'), '&quot;9DD4E461268C8034F5C8564E155C67A6&quot;');
  assert.equal(textOf(text, 'LastModified'), '2026-11-22T09:00:00.000Z');
  const { text: next } = await list({ marker: 'dir/', delimiter: '/' });
  assert.deepEqual(textsOf(next, 'Key'), ['z&#1;', '\u4e2d']);
  assert.equal(textOf(next, 'NextMarker'), undefined);
  assert.match(next, /<MaxKeys>100</);
});

test('encoding-type=url: every key and what is made of keys, never a bare plus', async () => {
  const { text } = await list({
    'encoding-type': 'url',
    prefix: '',
    marker: 'a a',
    delimiter: '/',
    'max-keys': '3',
  });
  assert.deepEqual(textsOf(text, 'Key'), ['a%20b', 'a%2Bb']);
  assert.equal(textOf(text, 'Marker'), 'a%20a');
  assert.equal(textOf(text, 'Delimiter'), '%2F');
  assert.equal(textOf(text, 'NextMarker'), 'dir%2F');
  assert.equal(textOf(text, 'EncodingType'), 'url');
  assert.match(text, /<CommonPrefixes>\s*<Prefix>dir%2F<\/Prefix>/);
});

test('ListObjectsV2: tokens lead from page to page, owners come when asked for', async () => {
  const seen: string[] = [];
  let token: string | undefined;
  do {
    const query = { 'list-type': '2', 'max-keys': '2', delimiter: '/' };
    const more = token === undefined ? {} : { 'continuation-token': token };
    const { text } = await list({ ...query, ...more });
    assert.equal(textOf(text, 'ContinuationToken'), token);
    assert.equal(textOf(text, 'Owner'), undefined);
    const prefixes = [...text.matchAll(/<CommonPrefixes>\s*<Prefix>([^<]*)</g)].map(
      (m) => m[1] ?? '',
    );
    const page = [...textsOf(text, 'Key'), ...prefixes];
    assert.equal(textOf(text, 'KeyCount'), String(page.length));
    seen.push(...page);
    token = textOf(text, 'NextContinuationToken');
  } while (token !== undefined);
  assert.deepEqual(seen, ['a b', 'a+b', 'dir/', 'z&#1;', '\u4e2d'].toSorted(byPage(seen)));
  const { text } = await list({ 'list-type': '2', 'fetch-owner': 'true', 'start-after': 'dir/2' });
  assert.deepEqual(textsOf(text, 'Key'), ['dir/sub/3', 'z&#1;', '\u4e2d']);
  assert.equal(textOf(text, 'StartAfter'), 'dir/2');
  assert.ok(textOf(text, 'DisplayName'));
});

/** Pages are in order; inside one, keys stand before prefixes. */
function byPage(seen: readonly string[]): (a: string, b: string) => number {
  return (a, b) => seen.indexOf(a) - seen.indexOf(b);
}

test('ListObjectVersions: every object is its only version, null', async () => {
  const { text } = await list({ versions: undefined, prefix: 'dir/', 'max-keys': '2' });
  assert.deepEqual(shapeOf(text), [
    ...['ListVersionsResult', 'Name', 'Prefix', 'KeyMarker', 'VersionIdMarker', 'MaxKeys'],
    ...['Delimiter', 'IsTruncated', 'NextKeyMarker', 'NextVersionIdMarker', 'Version', 'Key'],
    ...['VersionId', 'IsLatest', 'LastModified', 'ETag', 'Type', 'Size', 'StorageClass', 'Owner'],
    ...['ID', 'DisplayName'],
  ]);
  assert.deepEqual(textsOf(text, 'Key'), ['dir/1', 'dir/2']);
  assert.deepEqual(textsOf(text, 'VersionId'), ['null', 'null']);
  assert.deepEqual(textsOf(text, 'IsLatest'), ['true', 'true']);
  assert.equal(textOf(text, 'NextKeyMarker'), 'dir/2');
  assert.equal(textOf(text, 'NextVersionIdMarker'), 'null');
  const markers = { 'key-marker': 'dir/2', 'version-id-marker': 'null' };
  const { text: next } = await list({ versions: undefined, prefix: 'dir/', ...markers });
  assert.deepEqual(textsOf(next, 'Key'), ['dir/sub/3']);
});

test('the lists that tear-downs ask for are empty', async () => {
  const uploads = await list({ uploads: undefined });
  assert.equal(textOf(uploads.text, 'Bucket'), bucket);
  assert.equal(textOf(uploads.text, 'MaxUploads'), '1000');
  assert.equal(textOf(uploads.text, 'IsTruncated'), 'false');
  assert.equal(textOf(uploads.text, 'Upload'), undefined);
  const live = await list({ live: undefined });
  assert.deepEqual(shapeOf(live.text), [
    ...['ListLiveChannelResult', 'Prefix', 'Marker', 'MaxKeys', 'IsTruncated', 'NextMarker'],
  ]);
  assert.equal(textOf(live.text, 'IsTruncated'), 'false');
});

const long = 'x'.repeat(1024);

const refused: [string, Record<string, string | undefined>, string][] = [
  ['too many keys', { 'max-keys': '1001' }, 'max-keys'],
  ['a negative number', { 'max-keys': '-1' }, 'max-keys'],
  ['no number', { 'max-keys': 'ten' }, 'max-keys'],
  ['a fraction', { 'max-keys': '1.5' }, 'max-keys'],
  ['a long prefix', { prefix: long }, 'prefix'],
  ['a long marker', { marker: long }, 'marker'],
  ['a long delimiter', { delimiter: long }, 'delimiter'],
  ['another encoding', { 'encoding-type': 'base64' }, 'encoding-type'],
  ['a wrong token', { 'list-type': '2', 'continuation-token': 'abc' }, 'continuation-token'],
  ['a wrong token, longer', { 'list-type': '2', 'continuation-token': long }, 'continuation-token'],
  [
    'no version id',
    { versions: undefined, 'key-marker': 'a', 'version-id-marker': '1' },
    'version-id-marker',
  ],
  [
    'a version id without a key',
    { versions: undefined, 'version-id-marker': 'null' },
    'version-id-marker',
  ],
  ['too many uploads', { uploads: undefined, 'max-uploads': '1001' }, 'max-uploads'],
];

for (const [name, query, argument] of refused) {
  test(`${name}: InvalidArgument for ${argument}`, async () => {
    const answer = await list(query);
    assert.deepEqual([answer.status, answer.code], [400, 'InvalidArgument']);
    assert.equal(textOf(answer.text, 'ArgumentName'), argument);
  });
}

test('no entries asked for, none listed', async () => {
  for (const query of [{ 'max-keys': '0' }, { 'max-keys': '0', 'list-type': '2' }]) {
    const { status, text } = await list(query);
    assert.equal(status, 200);
    assert.deepEqual(textsOf(text, 'Key'), []);
    assert.equal(textOf(text, 'IsTruncated'), 'false');
  }
});

test('only the owner lists', async () => {
  const open = await oss.bucket('public-read-write');
  const stranger = await oss.stranger();
  const queries = [{}, { 'list-type': '2' }, { versions: undefined }, { uploads: undefined }];
  for (const caller of ['anonymous' as const, stranger]) {
    for (const query of queries) {
      const answer = await oss.call({ bucket: open, query, as: caller });
      assert.deepEqual([answer.status, answer.code], [403, 'AccessDenied']);
    }
  }
});
