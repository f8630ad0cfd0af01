/**
 * What is read and copied of versions and markers, and by whom (oss-semantics.md 1.3): row by row,
 * and on a website.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { putComposed } from '../../campaigns/copy/compose.ts';
import { putCnameDocument } from '../../support/put-cname.ts';
import { type Answer, type Call, textOf } from './raw-oss.ts';
import { expect, idOf, unknown, versionedBucket } from './versioned-bucket.ts';

const suite = versionedBucket();
const { call, setVersioning, put, mark, stack } = suite;

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
      return suite.oss.call({ ...asked, bucket: suite.bucket, key, query: { ...query, ...more } });
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
    call('PUT', to, { headers: { ...headers, 'x-oss-copy-source': `/${suite.bucket}/${source}` } });
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
  await suite.oss.put(suite.bucket, 'k', 'plain');
  const versioned = await suite.oss.bucket();
  const plain = suite.bucket;
  suite.bucket = versioned;
  await setVersioning('Enabled');
  const id = await put('k', 'versioned');
  const between = (from: string, to: string) =>
    suite.oss.call({
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
  const { objects, buckets } = suite.oss.server.rooms.engines.metadata;
  await suite.oss.put(suite.bucket, 'k', 'x');
  await setVersioning('Enabled');
  const id = (await buckets.findBucket(suite.bucket))?.id ?? assert.fail();
  const standing = (await objects.findObject(id, 'k')) ?? assert.fail();
  const object = { ...standing, type: 'Appendable', content: 'none', blobId: 'of-append' } as const;
  await objects.putObject({ bucketId: id, key: 'appended', object, forbidOverwrite: false });
  for (const to of ['copy', 'appended']) {
    const headers = { 'x-oss-copy-source': `/${suite.bucket}/appended` };
    expect(await call('PUT', to, { headers }), 400, 'OperationNotSupported', to);
  }
});

test('a content of parts is read whole and over their borders', async () => {
  const { engines } = suite.oss.server.rooms;
  const bucketId = (await engines.metadata.buckets.findBucket(suite.bucket))?.id ?? assert.fail();
  // More than is kept in memory, and more than one buffer of an answer.
  const pieces = ['a', 'b', 'c'].map((sign, index) => Buffer.alloc(700_000 + index, sign));
  await putComposed(engines, { bucketId, key: 'k', pieces });
  const whole = await call('GET', 'k');
  assert.equal(whole.status, 200);
  assert.ok(whole.body.equals(Buffer.concat(pieces)));
  const headers = { range: 'bytes=699998-700001' };
  assert.equal((await call('GET', 'k', { headers })).text, 'aabb');
});

test('versions are as closed as the object, the bucket and its listing', async () => {
  await setVersioning('Enabled');
  const id = await put('k', 'x');
  const stranger = await suite.oss.stranger();
  for (const as of ['anonymous', stranger] as const) {
    const query = { versionId: id };
    assert.equal((await call('GET', 'k', { as, query })).status, 200);
    expect(await call('DELETE', 'k', { as, query }), 403, 'AccessDenied');
    expect(await call('DELETE', 'k', { as }), 403, 'AccessDenied');
    const acl = { acl: undefined, versionId: id };
    expect(await call('GET', 'k', { as, query: acl }), 403, 'AccessDenied');
    expect(
      await suite.oss.call({ bucket: suite.bucket, as, query: { versioning: undefined } }),
      403,
      'AccessDenied',
    );
  }
  assert.deepEqual(await stack(), [`k@${id}*`]);
});

test('a website serves what is current; a marker is nothing; a version is asked of no page', async () => {
  await setVersioning('Enabled');
  const body =
    '<WebsiteConfiguration><IndexDocument><Suffix>index.html</Suffix></IndexDocument>' +
    '<ErrorDocument><Key>error.html</Key></ErrorDocument></WebsiteConfiguration>';
  await suite.oss.call({
    method: 'PUT',
    bucket: suite.bucket,
    query: { website: undefined },
    body,
  });
  const map = await suite.oss.call({
    method: 'POST',
    bucket: suite.bucket,
    query: { cname: undefined, comp: 'add' },
    body: putCnameDocument(`www.${suite.bucket}.example`),
  });
  assert.equal(map.status, 200, map.text);
  const old = await put('index.html', 'old');
  await put('index.html', 'new');
  const visit = (path: string, query: Call['query'] = {}) =>
    suite.oss.call({ as: 'anonymous', host: `www.${suite.bucket}.example`, path, query });
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
