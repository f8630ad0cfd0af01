/** ListObjectVersions on the wire: pages, places in the list, refusals (oss-semantics.md 1.4). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Call, textOf, textsOf } from './raw-oss.ts';
import { expect, shown, unknown, versionedBucket } from './versioned-bucket.ts';

const suite = versionedBucket();
const { setVersioning, put, mark, listed } = suite;

/** Keys and versions for the listings, and what a listing shows of them. */
async function fillForListing(): Promise<string[]> {
  await suite.oss.put(suite.bucket, 'a', '1');
  await setVersioning('Enabled');
  const a = await put('a', '2');
  const marker = await mark('a');
  const b = [await put('b/1'), await put('b/1'), await put('b/2')];
  const c = [await put('ü +&\u0001'), await mark('ü +&\u0001')];
  return [
    ...[`a!${marker}*`, `a@${a}`, 'a@null'],
    ...[`b/1@${b[1]}*`, `b/1@${b[0]}`, `b/2@${b[2]}*`],
    ...[`${c.length}!${c[1]}*`, `${c.length}@${c[0]}`],
  ];
}

/** The last two entries of the above, as they stand with and without encoding. */
const named = (entries: readonly string[], key: string) =>
  entries.map((entry) => entry.replace(/^2(?=[@!])/, key));

test('1.4: by key, newest first, markers among them, page by page', async () => {
  const whole = await fillForListing();
  const url = { 'encoding-type': 'url' };
  const encoded = named(whole, '%C3%BC%20%2B%26%01').map((entry) => entry.replace('b/', 'b%2F'));
  const answer = await listed(url);
  const all = shown(answer).map((entry) => entry.replace('b/', 'b%2F'));
  assert.deepEqual(all, encoded);
  assert.equal(textOf(answer.text, 'EncodingType'), 'url');
  assert.equal(textOf(answer.text, 'IsTruncated'), 'false');
  assert.equal(textOf(answer.text, 'NextKeyMarker'), undefined);
  assert.equal(textsOf(answer.text, 'Owner').length, 0);
  assert.equal(textsOf(answer.text, 'DisplayName').length, whole.length, 'each has its owner');
  for (let size = 1; size <= whole.length; size++) {
    const pages: string[] = [];
    for (let query: Call['query'] | undefined = {}; query !== undefined; ) {
      const page = await listed({ ...url, 'max-keys': String(size), ...query });
      const entries = shown(page).map((entry) => entry.replace('b/', 'b%2F'));
      pages.push(...entries);
      const isTruncated = textOf(page.text, 'IsTruncated') === 'true';
      assert.ok(entries.length === size || !isTruncated);
      const next = {
        'key-marker': decodeURIComponent(textOf(page.text, 'NextKeyMarker') ?? ''),
        'version-id-marker': textOf(page.text, 'NextVersionIdMarker'),
      };
      if (isTruncated) {
        const [, key, id] = /^(.*)[@!](.*?)\*?$/.exec(entries.at(-1) ?? '') ?? [];
        const expected = { 'key-marker': decodeURIComponent(key ?? ''), 'version-id-marker': id };
        assert.deepEqual(next, expected);
      }
      query = isTruncated ? next : undefined;
    }
    assert.deepEqual(pages, encoded, `pages of ${size}`);
  }
});

test('1.4: markers, prefixes and delimiters', async () => {
  const whole = named(await fillForListing(), 'ü +&amp;&#1;');
  const idAt = (index: number) => /[@!](.*?)\*?$/.exec(whole[index] ?? '')?.[1] ?? '';
  const table: [Record<string, string>, string[]][] = [
    [{ 'key-marker': 'a' }, whole.slice(3)],
    [{ 'key-marker': 'a', 'version-id-marker': idAt(0) }, whole.slice(1)],
    [{ 'key-marker': 'a', 'version-id-marker': idAt(1) }, whole.slice(2)],
    [{ 'key-marker': 'a', 'version-id-marker': 'null' }, whole.slice(3)],
    [{ 'key-marker': 'a', 'version-id-marker': unknown }, whole.slice(3)],
    [{ 'key-marker': 'Z' }, whole],
    [{ prefix: 'b/' }, whole.slice(3, 6)],
    [{ prefix: 'b/2' }, whole.slice(5, 6)],
    [{ delimiter: '/' }, [...whole.slice(0, 3), ...whole.slice(6), 'b/']],
    [{ delimiter: '/', 'key-marker': 'b/' }, whole.slice(6)],
    [{ 'max-keys': '0' }, []],
  ];
  for (const [query, expected] of table) {
    const answer = await listed(query);
    const entries = shown(answer).map((entry) => entry.replace('&#x1;', '&#1;'));
    assert.deepEqual(entries, expected, JSON.stringify(query));
  }
  const folded = await listed({ delimiter: '/', 'max-keys': '4' });
  assert.equal(textOf(folded.text, 'NextKeyMarker'), 'b/');
  assert.equal(textOf(folded.text, 'NextVersionIdMarker'), '');
});

test('1.4: questions that are refused', async () => {
  const long = 'x'.repeat(1024);
  const table: Record<string, string>[] = [
    { 'version-id-marker': 'null' },
    { 'version-id-marker': unknown },
    { 'key-marker': 'a', 'version-id-marker': '234' },
    { prefix: long },
    { 'key-marker': long },
    { delimiter: long },
    { 'key-marker': 'a', 'version-id-marker': long },
    { 'max-keys': '1001' },
    { 'max-keys': '-1' },
    { 'max-keys': 'x' },
    { 'encoding-type': 'base64' },
  ];
  for (const query of table) {
    expect(await listed(query), 400, 'InvalidArgument', JSON.stringify(query));
  }
});

test('1.4: what is listed of an object is what it is', async () => {
  await setVersioning('Enabled');
  await put('k', 'four', { 'x-oss-storage-class': 'IA' });
  const { text } = await listed();
  const names = ['Type', 'Size', 'StorageClass', 'LastModified', 'ETag'];
  const told = names.map((name) => textOf(text, name));
  assert.deepEqual(told.slice(0, 4), ['Normal', '4', 'IA', '2026-11-22T09:00:00.000Z']);
  assert.match(told[4] ?? '', /^(?:"|&quot;)[0-9A-F]{32}(?:"|&quot;)$/);
  const objects = await suite.oss.call({ bucket: suite.bucket, query: { 'list-type': '2' } });
  assert.deepEqual(textsOf(objects.text, 'Key'), ['k']);
  await mark('k');
  assert.deepEqual(textsOf((await suite.oss.call({ bucket: suite.bucket })).text, 'Key'), []);
});
