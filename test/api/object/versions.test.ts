/** Versions on the wire, row by row (oss-semantics.md 1.1 to 1.5). */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { putComposed } from '../../campaigns/copy/compose.ts';
import { putCnameDocument } from '../../support/put-cname.ts';
import { type Answer, type Call, openRawOss, type RawOss, textOf, textsOf } from './raw-oss.ts';

let oss: RawOss;
/** A fresh one for each test. */
let bucket: string;

before(async () => {
  oss = await openRawOss({ OWNERSHIP: 'off', ENDPOINT: 'oss.example.net,localhost' });
});
after(() => oss.close());
beforeEach(async () => {
  bucket = await oss.bucket('public-read');
});

/** Of the service's form, and never of a version. */
const unknown = `CAEQ${'x'.repeat(60)}`;

const call = (method: string, key: string, more: Call = {}) =>
  oss.call({ method, bucket, key, ...more });

async function setVersioning(status: 'Enabled' | 'Suspended'): Promise<void> {
  assert.equal((await putVersioning(`<Status>${status}</Status>`)).status, 200);
}

const putVersioning = (inner: string) =>
  oss.call({
    method: 'PUT',
    bucket,
    query: { versioning: undefined },
    body: `<VersioningConfiguration>${inner}</VersioningConfiguration>`,
  });

const idOf = (answer: Answer): string | undefined => answer.headers['x-oss-version-id'];

/** Stores it and returns the id of the version. */
async function put(key: string, body = '', headers: Record<string, string> = {}): Promise<string> {
  const id = idOf(await oss.put(bucket, key, body, headers));
  return id ?? assert.fail('no version id');
}

/** Deletes the current one and returns the id of the marker. */
async function mark(key: string): Promise<string> {
  const answer = await call('DELETE', key);
  assert.deepEqual([answer.status, answer.headers['x-oss-delete-marker']], [204, 'true']);
  return idOf(answer) ?? assert.fail('no marker id');
}

const remove = (key: string, versionId: string) => call('DELETE', key, { query: { versionId } });

const listed = (query: Call['query'] = {}) =>
  oss.call({ bucket, query: { versions: undefined, ...query } });

/** `a@id*`: a version of `a`, the latest; `a!id`: a delete marker; `p/`: a common prefix. */
function shown({ text }: Answer): string[] {
  const entries = text.matchAll(/<(Version|DeleteMarker|CommonPrefixes)>(.*?)<\/\1>/gs);
  return [...entries].map(([, kind, inner = '']) => {
    if (kind === 'CommonPrefixes') return textOf(inner, 'Prefix') ?? '';
    const latest = textOf(inner, 'IsLatest') === 'true' ? '*' : '';
    const sign = kind === 'Version' ? '@' : '!';
    return `${textOf(inner, 'Key')}${sign}${textOf(inner, 'VersionId')}${latest}`;
  });
}

const stack = async (prefix = '') => shown(await listed({ prefix }));

const expect = (answer: Answer, status: number, code = '', what = '') =>
  assert.deepEqual([answer.status, answer.code], [status, code], `${what} ${answer.text}`);

test('1.1: from never to enabled and suspended and back, never to never', async () => {
  const query = { versioning: undefined };
  const state = async () => {
    const info = await oss.call({ bucket, query: { bucketInfo: undefined } });
    const { text } = await oss.call({ bucket, query });
    return [textOf(text, 'Status'), textOf(info.text, 'Versioning')];
  };
  assert.deepEqual(await state(), [undefined, undefined]);
  for (const wrong of ['', '<Status/>', '<Status>Disabled</Status>', '<Status>enabled</Status>']) {
    expect(await putVersioning(wrong), 400, 'MalformedXML', wrong);
  }
  assert.deepEqual(await state(), [undefined, undefined]);
  for (const status of ['Enabled', 'Enabled', 'Suspended', 'Suspended', 'Enabled'] as const) {
    await setVersioning(status);
    assert.deepEqual(await state(), [status, status]);
  }
});

test('1.1: a write replaces, is a new version, or replaces null', async () => {
  const plain = await oss.put(bucket, 'k', 'old');
  assert.equal(idOf(plain), undefined);
  await setVersioning('Enabled');
  const first = await put('k', 'first');
  const second = await put('k', 'second');
  for (const id of [first, second]) assert.match(id, /^CAEQ[A-Za-z0-9._]{60}$/);
  assert.notEqual(first, second);
  assert.deepEqual(await stack(), [`k@${second}*`, `k@${first}`, 'k@null']);
  await setVersioning('Suspended');
  assert.equal(await put('k', 'third'), 'null');
  assert.deepEqual(await stack(), ['k@null*', `k@${second}`, `k@${first}`]);
  assert.equal(await put('k', 'fourth'), 'null');
  assert.deepEqual(await stack(), ['k@null*', `k@${second}`, `k@${first}`]);
  const read = async (versionId?: string) =>
    (await call('GET', 'k', versionId === undefined ? {} : { query: { versionId } })).text;
  const all = [await read(), await read('null'), await read(second), await read(first)];
  assert.deepEqual(all, ['fourth', 'fourth', 'second', 'first']);
  await setVersioning('Enabled');
  const last = await put('k', 'last');
  assert.deepEqual(await stack(), [`k@${last}*`, 'k@null', `k@${second}`, `k@${first}`]);
});

test('1.1: x-oss-forbid-overwrite counts only where there never were versions', async () => {
  const forbidden = { 'x-oss-forbid-overwrite': 'true' };
  const write = () => call('PUT', 'k', { headers: forbidden, body: 'x' });
  const copy = (to = 'k') => {
    const headers = { ...forbidden, 'x-oss-copy-source': `/${bucket}/source` };
    return call('PUT', to, { headers });
  };
  await oss.put(bucket, 'source', 'x');
  expect(await write(), 200);
  expect(await write(), 409, 'FileAlreadyExists');
  expect(await copy(), 409, 'FileAlreadyExists');
  expect(await copy('source'), 409, 'FileAlreadyExists');
  for (const state of ['Enabled', 'Suspended'] as const) {
    await setVersioning(state);
    expect(await write(), 200, '', state);
    expect(await copy(), 200, '', state);
    expect(await copy('source'), 200, '', state);
  }
});

test('1.2: without versions a delete has no headers of versions', async () => {
  await oss.put(bucket, 'k', 'x');
  for (const key of ['k', 'k', 'never']) {
    const answer = await call('DELETE', key);
    assert.equal(answer.status, 204);
    assert.deepEqual([idOf(answer), answer.headers['x-oss-delete-marker']], [undefined, undefined]);
  }
  assert.deepEqual(await stack(), []);
});

test('1.2: enabled, every delete is a marker of its own; by id it is for good', async () => {
  await setVersioning('Enabled');
  const id = await put('k', 'x');
  const markers = [await mark('k'), await mark('k')];
  const [first = '', second = ''] = markers;
  assert.notEqual(first, second);
  const never = await mark('never');
  assert.deepEqual(await stack(), [`k!${second}*`, `k!${first}`, `k@${id}`, `never!${never}*`]);
  const isMarker = (answer: Answer) => answer.headers['x-oss-delete-marker'];
  const gone = await remove('k', second);
  assert.deepEqual([gone.status, idOf(gone), isMarker(gone)], [204, second, 'true']);
  assert.deepEqual(await stack('k'), [`k!${first}*`, `k@${id}`]);
  assert.equal((await remove('k', first)).status, 204);
  assert.equal((await call('GET', 'k')).text, 'x', 'the newest that is left is current');
  for (let time = 0; time < 2; time++) {
    const answer = await remove('k', id);
    assert.deepEqual([answer.status, idOf(answer), isMarker(answer)], [204, id, undefined]);
  }
  expect(await remove('k', unknown), 204);
  expect(await remove('k', '234'), 400, 'InvalidArgument');
  expect(await remove('k', ''), 400, 'InvalidArgument');
  assert.deepEqual(await stack(), [`never!${never}*`]);
});

test('1.2: suspended, the marker is null and takes the place of what was', async () => {
  await oss.put(bucket, 'k', 'old');
  await setVersioning('Enabled');
  const id = await put('k', 'kept');
  await setVersioning('Suspended');
  for (let time = 0; time < 2; time++) {
    assert.equal(await mark('k'), 'null');
    assert.deepEqual(await stack(), ['k!null*', `k@${id}`]);
  }
  assert.equal(await put('k', 'new'), 'null');
  assert.deepEqual(await stack(), ['k@null*', `k@${id}`]);
  assert.equal(await mark('k'), 'null');
  const answer = await remove('k', 'null');
  const { headers } = answer;
  assert.deepEqual([idOf(answer), headers['x-oss-delete-marker']], ['null', 'true']);
  assert.equal((await call('GET', 'k')).text, 'kept');
});

test('the newest is the last one made, whatever the ids, within one millisecond', async () => {
  await setVersioning('Enabled');
  const made: string[] = [];
  for (let time = 0; time < 12; time++) made.unshift(await put('k', String(time)));
  assert.deepEqual(
    await stack(),
    made.map((id, index) => `k@${id}${index === 0 ? '*' : ''}`),
  );
  for (const [index, id] of made.entries()) {
    assert.equal((await call('GET', 'k')).text, String(11 - index));
    await remove('k', id);
  }
  expect(await call('GET', 'k'), 404, 'NoSuchKey');
});

const readings: readonly (readonly [name: string, call: Call, isObject: boolean])[] = [
  ['GET', {}, true],
  ['HEAD', { method: 'HEAD' }, true],
  ['HEAD objectMeta', { method: 'HEAD', query: { objectMeta: undefined } }, false],
  ['GET objectMeta', { query: { objectMeta: undefined } }, false],
  ['GET acl', { query: { acl: undefined } }, false],
  [
    'PUT acl',
    { method: 'PUT', query: { acl: undefined }, headers: { 'x-oss-object-acl': 'private' } },
    false,
  ],
];

test('1.3: what is read of a key, a version, a marker and what is none', async () => {
  await setVersioning('Enabled');
  const older = await put('k', 'older');
  const newer = await put('k', 'newer');
  const covered = await mark('gone');
  const marker = await mark('gone');
  for (const [name, { query, ...asked }] of readings) {
    const ask = (key: string, versionId?: string) => {
      const more = versionId === undefined ? {} : { versionId };
      return oss.call({ ...asked, bucket, key, query: { ...query, ...more } });
    };
    for (const [id, answer] of [
      [newer, await ask('k')],
      [newer, await ask('k', newer)],
      [older, await ask('k', older)],
    ] as const) {
      expect(answer, 200, '', name);
      assert.equal(idOf(answer), id, name);
      assert.equal(answer.headers['x-oss-delete-marker'], undefined, name);
    }
    const missing = await ask('gone');
    expect(missing, 404, 'NoSuchKey', name);
    assert.deepEqual([idOf(missing), missing.headers['x-oss-delete-marker']], [marker, 'true']);
    for (const id of [marker, covered]) {
      const refused = await ask('gone', id);
      expect(refused, 405, 'MethodNotAllowed', name);
      const { headers } = refused;
      const told = [headers.allow, headers['x-oss-delete-marker'], idOf(refused)];
      assert.deepEqual(told, ['DELETE', 'true', id], name);
      assert.equal(headers['x-oss-ec'], '0017-00000002', name);
      if (asked.method === 'HEAD') continue;
      assert.equal(textOf(refused.text, 'Method'), asked.method ?? 'GET');
      assert.equal(textOf(refused.text, 'ResourceType'), 'DeleteMarker');
    }
    expect(await ask('k', unknown), 404, 'NoSuchVersion', name);
    expect(await ask('k', 'null'), 404, 'NoSuchVersion', name);
    expect(await ask('never', unknown), 404, 'NoSuchVersion', name);
    for (const [id, message] of [
      ['', 'Version id can not be the empty string.'],
      ['234', 'Invalid version id specified.'],
      [`${unknown}x`, 'Invalid version id specified.'],
    ] as const) {
      const answer = await ask('k', id);
      expect(answer, 400, 'InvalidArgument', name);
      if (asked.method !== 'HEAD') assert.equal(textOf(answer.text, 'Message'), message);
    }
    const never = await ask('never');
    expect(never, 404, 'NoSuchKey', name);
    assert.equal(never.headers['x-oss-delete-marker'], undefined, name);
  }
});

test('1.3: conditions, ranges and metadata are those of the version asked for', async () => {
  await setVersioning('Enabled');
  const older = await put('k', '0123456789', { 'x-oss-meta-a': 'old', 'content-type': 'a/b' });
  await put('k', 'other');
  const query = { versionId: older };
  const part = await call('GET', 'k', { query, headers: { range: 'bytes=2-4' } });
  assert.deepEqual([part.status, part.text, idOf(part)], [206, '234', older]);
  const { headers } = await call('HEAD', 'k', { query });
  const told = [headers['content-length'], headers['x-oss-meta-a'], headers['content-type']];
  assert.deepEqual(told, ['10', 'old', 'a/b']);
  const same = { 'if-none-match': headers.etag ?? '' };
  assert.equal((await call('GET', 'k', { query, headers: same })).status, 304);
  assert.equal((await call('GET', 'k', { headers: same })).status, 200);
});

test('1.3: each version has an ACL of its own, which decides about that version', async () => {
  await setVersioning('Enabled');
  const closed = await put('k', 'closed', { 'x-oss-object-acl': 'private' });
  const open = await put('k', 'open');
  const aclOf = async (versionId: string) =>
    textOf((await call('GET', 'k', { query: { acl: undefined, versionId } })).text, 'Grant');
  assert.deepEqual([await aclOf(closed), await aclOf(open)], ['private', 'default']);
  const anonymous = async (versionId?: string) => {
    const query = versionId === undefined ? {} : { versionId };
    return (await call('GET', 'k', { as: 'anonymous', query })).status;
  };
  assert.deepEqual([await anonymous(), await anonymous(closed)], [200, 403]);
  const headers = { 'x-oss-object-acl': 'public-read' };
  const changed = await call('PUT', 'k', { query: { acl: undefined, versionId: closed }, headers });
  assert.deepEqual([changed.status, idOf(changed)], [200, closed]);
  assert.deepEqual([await aclOf(closed), await aclOf(open)], ['public-read', 'default']);
  assert.equal(await anonymous(closed), 200);
  const current = await call('PUT', 'k', {
    query: { acl: undefined },
    headers: { 'x-oss-object-acl': 'private' },
  });
  assert.equal(idOf(current), open);
  assert.deepEqual([await anonymous(), await anonymous(closed)], [403, 200]);
  assert.equal(await anonymous(unknown), 404);
});

test('1.3: what a copy takes, and what it makes', async () => {
  await setVersioning('Enabled');
  const old = await put('k', 'old', { 'x-oss-meta-a': 'b', 'x-oss-object-acl': 'private' });
  const newer = await put('k', 'newer');
  const copy = (source: string, to = 'copy', headers: Record<string, string> = {}) =>
    call('PUT', to, { headers: { ...headers, 'x-oss-copy-source': `/${bucket}/${source}` } });
  const sourceOf = ({ headers }: Answer) => headers['x-oss-copy-source-version-id'];
  const plain = await copy('k');
  assert.deepEqual([plain.status, sourceOf(plain)], [200, newer]);
  assert.equal((await call('GET', 'copy')).text, 'newer');
  const restored = await copy(`k?versionId=${old}`, 'k');
  assert.deepEqual([restored.status, sourceOf(restored)], [200, old]);
  const top = idOf(restored) ?? '';
  assert.deepEqual(await stack('k'), [`k@${top}*`, `k@${newer}`, `k@${old}`]);
  const now = await call('GET', 'k');
  assert.deepEqual([now.text, now.headers['x-oss-meta-a'], idOf(now)], ['old', 'b', top]);
  const acl = await call('GET', 'k', { query: { acl: undefined } });
  assert.equal(textOf(acl.text, 'Grant'), 'default', 'not the source’s');
  // Of what is said about it, too: nothing of a version changes in place.
  const replace = { 'x-oss-metadata-directive': 'REPLACE', 'x-oss-meta-a': 'c' };
  const changed = idOf(await copy('k', 'k', replace)) ?? '';
  assert.deepEqual((await stack('k'))[0], `k@${changed}*`);
  const head = await call('HEAD', 'k');
  assert.deepEqual([head.headers['x-oss-meta-a'], head.headers['content-length']], ['c', '3']);
  const before = await call('HEAD', 'k', { query: { versionId: top } });
  assert.equal(before.headers['x-oss-meta-a'], 'b');
  const marker = await mark('k');
  expect(await copy('k'), 404, 'NoSuchKey');
  const ofMarker = await copy(`k?versionId=${marker}`);
  expect(ofMarker, 404, 'NoSuchKey');
  assert.equal(textOf(ofMarker.text, 'EC'), '0016-00000307');
  expect(await copy(`k?versionId=${unknown}`), 404, 'NoSuchVersion');
  expect(await copy('k?versionId=234'), 400, 'InvalidArgument');
  expect(await copy('k?versionId='), 400, 'InvalidArgument');
  expect(await copy(`k?versionId=${old}`), 200);
});

test('a copy names the version of its source and of itself only where there are versions', async () => {
  await oss.put(bucket, 'k', 'plain');
  const versioned = await oss.bucket();
  const plain = bucket;
  bucket = versioned;
  await setVersioning('Enabled');
  const id = await put('k', 'versioned');
  const between = (from: string, to: string) =>
    oss.call({
      method: 'PUT',
      bucket: to,
      key: 'copy',
      headers: { 'x-oss-copy-source': `/${from}/k` },
    });
  const there = await between(plain, versioned);
  assert.equal(there.headers['x-oss-copy-source-version-id'], undefined);
  assert.match(idOf(there) ?? '', /^CAEQ/);
  const back = await between(versioned, plain);
  assert.deepEqual([back.headers['x-oss-copy-source-version-id'], idOf(back)], [id, undefined]);
});

test('an appendable object where there are versions cannot be copied', async () => {
  const { objects, buckets } = oss.server.rooms.engines.metadata;
  await oss.put(bucket, 'k', 'x');
  await setVersioning('Enabled');
  const id = (await buckets.findBucket(bucket))?.id ?? assert.fail();
  const standing = (await objects.findObject(id, 'k')) ?? assert.fail();
  const object = { ...standing, type: 'Appendable', content: 'none', blobId: 'of-append' } as const;
  await objects.putObject({ bucketId: id, key: 'appended', object, forbidOverwrite: false });
  for (const to of ['copy', 'appended']) {
    const headers = { 'x-oss-copy-source': `/${bucket}/appended` };
    expect(await call('PUT', to, { headers }), 400, 'OperationNotSupported', to);
  }
});

test('a content of parts is read whole and over their borders', async () => {
  const { engines } = oss.server.rooms;
  const bucketId = (await engines.metadata.buckets.findBucket(bucket))?.id ?? assert.fail();
  // More than is kept in memory, and more than one buffer of an answer.
  const pieces = ['a', 'b', 'c'].map((sign, index) => Buffer.alloc(700_000 + index, sign));
  await putComposed(engines, { bucketId, key: 'k', pieces });
  const whole = await call('GET', 'k');
  assert.equal(whole.status, 200);
  assert.ok(whole.body.equals(Buffer.concat(pieces)));
  const headers = { range: 'bytes=699998-700001' };
  assert.equal((await call('GET', 'k', { headers })).text, 'aabb');
});

test('a bucket of markers or older versions alone is not empty', async () => {
  await setVersioning('Enabled');
  const id = await put('k', 'x');
  const marker = await mark('k');
  const removeBucket = () => oss.call({ method: 'DELETE', bucket });
  const refused = await removeBucket();
  expect(refused, 409, 'BucketNotEmpty');
  const message = 'The bucket has objects. Please delete them first.';
  assert.equal(textOf(refused.text, 'Message'), message);
  await remove('k', id);
  expect(await removeBucket(), 409, 'BucketNotEmpty', 'a marker');
  await remove('k', marker);
  expect(await removeBucket(), 204);
});

test('counters: versions count with their bytes, markers apart', async () => {
  await oss.put(bucket, 'k', 'four');
  await setVersioning('Enabled');
  await put('k', 'sevenxx', { 'x-oss-storage-class': 'IA' });
  await mark('k');
  const { text } = await oss.call({ bucket, query: { stat: undefined } });
  const told = ['Storage', 'ObjectCount', 'DeleteMarkerCount', 'InfrequentAccessObjectCount'];
  assert.deepEqual(
    told.map((name) => textOf(text, name)),
    ['11', '2', '1', '1'],
  );
});

/** Keys and versions for the listings, and what a listing shows of them. */
async function fillForListing(): Promise<string[]> {
  await oss.put(bucket, 'a', '1');
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
  const objects = await oss.call({ bucket, query: { 'list-type': '2' } });
  assert.deepEqual(textsOf(objects.text, 'Key'), ['k']);
  await mark('k');
  assert.deepEqual(textsOf((await oss.call({ bucket })).text, 'Key'), []);
});

/** DeleteMultipleObjects; each entry a key, or a key and a version. */
const removeAll = (
  entries: readonly (readonly [key: string, id?: string | undefined])[],
  more = '',
) => {
  const objects = entries.map(([key, id]) => {
    const version = id === undefined ? '' : `<VersionId>${id}</VersionId>`;
    return `<Object><Key>${key}</Key>${version}</Object>`;
  });
  const body = `<Delete>${more}${objects.join('')}</Delete>`;
  return oss.call({ method: 'POST', bucket, query: { delete: undefined }, body });
};

test('1.5: many at once, each with what became of it', async () => {
  await setVersioning('Enabled');
  const ids = [await put('k', '1'), await put('k', '2')];
  const marker = await mark('k');
  const answer = await removeAll([
    ['k', marker],
    ['k', ids[0]],
    ['other'],
    ['k', unknown],
    ['k'],
    ['k', ids[0]],
  ]);
  expect(answer, 200);
  const deleted = [...answer.text.matchAll(/<Deleted>(.*?)<\/Deleted>/gs)].map(([, inner = '']) =>
    ['Key', 'VersionId', 'DeleteMarker', 'DeleteMarkerVersionId'].map((name) =>
      textOf(inner, name),
    ),
  );
  const [, , other, , again] = deleted;
  assert.deepEqual(deleted, [
    ['k', marker, 'true', marker],
    ['k', ids[0], undefined, undefined],
    ['other', undefined, 'true', other?.[3]],
    ['k', unknown, undefined, undefined],
    ['k', undefined, 'true', again?.[3]],
    ['k', ids[0], undefined, undefined],
  ]);
  for (const id of [other?.[3], again?.[3]]) assert.match(id ?? '', /^CAEQ.{60}$/);
  assert.deepEqual(await stack(), [`k!${again?.[3]}*`, `k@${ids[1]}`, `other!${other?.[3]}*`]);
});

test('1.5: suspended, null; malformed ids refuse all; quiet says nothing; keys are encoded', async () => {
  await setVersioning('Enabled');
  const id = await put('k', '1');
  const refused = await removeAll([
    ['k', id],
    ['k', '234'],
  ]);
  expect(refused, 400, 'InvalidArgument');
  assert.deepEqual(await stack(), [`k@${id}*`]);
  await setVersioning('Suspended');
  const suspended = await removeAll([['k'], ['k']]);
  assert.deepEqual(textsOf(suspended.text, 'DeleteMarkerVersionId'), ['null', 'null']);
  assert.deepEqual(await stack(), ['k!null*', `k@${id}`]);
  const gone = await removeAll([['k', 'null']]);
  const told = ['Key', 'VersionId', 'DeleteMarker', 'DeleteMarkerVersionId'];
  assert.deepEqual(
    told.map((name) => textOf(gone.text, name)),
    ['k', 'null', 'true', 'null'],
  );
  const quiet = await removeAll([['k', id]], '<Quiet>True</Quiet>');
  assert.deepEqual([quiet.status, quiet.text], [200, '']);
  assert.deepEqual(await stack(), []);
  const body = '<Delete><Object><Key>a b</Key></Object></Delete>';
  const query = { delete: undefined, 'encoding-type': 'url' };
  const encoded = await oss.call({ method: 'POST', bucket, query, body });
  assert.deepEqual(textOf(encoded.text, 'Key'), 'a%20b');
});

test('1.5: where there never were versions, null is the object and no other is', async () => {
  await oss.put(bucket, 'k', 'x');
  const answer = await removeAll([['k', unknown]]);
  assert.deepEqual([answer.status, textOf(answer.text, 'VersionId')], [200, unknown]);
  assert.deepEqual(await stack(), ['k@null*']);
  const gone = await removeAll([['k', 'null'], ['other']]);
  assert.deepEqual(textsOf(gone.text, 'VersionId'), ['null']);
  assert.equal(textOf(gone.text, 'DeleteMarker'), undefined);
  assert.deepEqual(await stack(), []);
});

test('versions are as closed as the object, the bucket and its listing', async () => {
  await setVersioning('Enabled');
  const id = await put('k', 'x');
  const stranger = await oss.stranger();
  for (const as of ['anonymous', stranger] as const) {
    const query = { versionId: id };
    assert.equal((await call('GET', 'k', { as, query })).status, 200);
    expect(await call('DELETE', 'k', { as, query }), 403, 'AccessDenied');
    expect(await call('DELETE', 'k', { as }), 403, 'AccessDenied');
    const acl = { acl: undefined, versionId: id };
    expect(await call('GET', 'k', { as, query: acl }), 403, 'AccessDenied');
    expect(await oss.call({ bucket, as, query: { versioning: undefined } }), 403, 'AccessDenied');
  }
  assert.deepEqual(await stack(), [`k@${id}*`]);
});

test('a website serves what is current; a marker is nothing; a version is asked of no page', async () => {
  await setVersioning('Enabled');
  const body =
    '<WebsiteConfiguration><IndexDocument><Suffix>index.html</Suffix></IndexDocument>' +
    '<ErrorDocument><Key>error.html</Key></ErrorDocument></WebsiteConfiguration>';
  await oss.call({ method: 'PUT', bucket, query: { website: undefined }, body });
  const map = await oss.call({
    method: 'POST',
    bucket,
    query: { cname: undefined, comp: 'add' },
    body: putCnameDocument(`www.${bucket}.example`),
  });
  assert.equal(map.status, 200, map.text);
  const old = await put('index.html', 'old');
  await put('index.html', 'new');
  const visit = (path: string, query: Call['query'] = {}) =>
    oss.call({ as: 'anonymous', host: `www.${bucket}.example`, path, query });
  assert.equal((await visit('/')).text, 'new');
  const asked = await visit('/index.html', { versionId: old });
  assert.deepEqual([asked.text, idOf(asked)], ['old', old]);
  const marker = await mark('index.html');
  const gone = await visit('/index.html');
  expect(gone, 404, 'NoSuchKey');
  assert.deepEqual([idOf(gone), gone.headers['x-oss-delete-marker']], [marker, 'true']);
  expect(await visit('/'), 404, 'NoSuchKey');
  await put('error.html', 'sorry');
  for (const path of ['/', '/index.html', '/missing']) {
    const page = await visit(path);
    assert.deepEqual([page.status, page.text], [404, 'sorry'], path);
  }
  expect(await visit('/index.html', { versionId: marker }), 405, 'MethodNotAllowed');
  expect(await visit('/index.html', { versionId: unknown }), 404, 'NoSuchVersion');
  assert.equal((await visit('/index.html', { versionId: old })).text, 'old');
});
