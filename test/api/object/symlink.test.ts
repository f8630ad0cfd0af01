/** Symbolic links on the wire (oss-semantics.md 7.3). */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { type Answer, type Call, openRawOss, type RawOss, textOf, textsOf } from './raw-oss.ts';

let oss: RawOss;
let bucket: string;
before(async () => {
  oss = await openRawOss();
  bucket = await oss.bucket();
});
after(() => oss.close());

const flag = undefined;
const encoded = (key: string) => encodeURIComponent(key);
const link = (key: string, target: string, headers: Record<string, string> = {}, more: Call = {}) =>
  oss.call({
    method: 'PUT',
    bucket,
    key,
    headers: { 'x-oss-symlink-target': encoded(target), ...headers },
    ...more,
    query: { symlink: flag },
  });
const leadsTo = (key: string, more: Call = {}) =>
  oss.call({ bucket, key, ...more, query: { symlink: flag, ...more.query } });
const read = (key: string, more: Call = {}) => oss.call({ bucket, key, ...more });
const version = (answer: Answer) => answer.headers['x-oss-version-id'];
const md5 = (text: string) => createHash('md5').update(text).digest();

test('a link is read as its target, in the words of its own', async () => {
  const target = 'dir/ü ta+rget&.txt';
  await oss.put(bucket, target, 'the bytes', { 'content-type': 'a/target', 'x-oss-meta-a': 't' });
  oss.world.advance(60_000);
  const headers = { 'content-type': 'a/link', 'x-oss-meta-b': 'l', 'x-oss-tagging': 'of=link' };
  const made = await link('link', target, { ...headers, 'x-oss-storage-class': 'IA' });
  assert.deepEqual([made.status, made.body.length], [200, 0], made.text);
  assert.match(made.headers.etag ?? '', /^"[0-9A-F]{32}"$/);

  const shown = await leadsTo('link');
  assert.deepEqual([shown.status, shown.body.length], [200, 0]);
  assert.equal(decodeURIComponent(shown.headers['x-oss-symlink-target'] ?? ''), target);
  assert.equal(shown.headers['x-oss-symlink-target'], 'dir/%C3%BC%20ta%2Brget%26.txt');
  assert.deepEqual([shown.headers.etag, shown.headers['x-oss-meta-b']], [made.headers.etag, 'l']);

  const etag = `"${md5('the bytes').toString('hex').toUpperCase()}"`;
  for (const method of ['GET', 'HEAD']) {
    const answer = await read('link', { method });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.etag, etag);
    assert.equal(answer.headers['content-md5'], md5('the bytes').toString('base64'));
    assert.equal(answer.headers['content-length'], '9');
    assert.equal(answer.headers['content-type'], 'a/link');
    assert.deepEqual(
      [answer.headers['x-oss-meta-a'], answer.headers['x-oss-meta-b']],
      [undefined, 'l'],
    );
    assert.equal(answer.headers['x-oss-object-type'], 'Symlink');
    assert.equal(answer.headers['x-oss-storage-class'], 'IA');
    assert.equal(answer.headers['x-oss-tagging-count'], '1');
    const later = new Date(oss.world.clock.now()).toUTCString();
    assert.equal(answer.headers['last-modified'], later);
  }
  assert.equal((await read('link', { headers: { range: 'bytes=4-8' } })).text, 'bytes');
  assert.equal((await read('link', { headers: { 'if-none-match': etag } })).status, 304);

  const own = await oss.call({ method: 'HEAD', bucket, key: 'link', query: { objectMeta: flag } });
  assert.deepEqual([own.headers.etag, own.headers['content-length']], [made.headers.etag, '0']);
  const listed = await oss.call({ bucket, query: { prefix: 'link' } });
  assert.deepEqual([textOf(listed.text, 'Type'), textOf(listed.text, 'Size')], ['Symlink', '0']);
  const tags = await oss.call({ bucket, key: 'link', query: { tagging: flag } });
  assert.equal(textOf(tags.text, 'Value'), 'link');
  await oss.put(bucket, target, 'other bytes');
  assert.equal((await read('link')).text, 'other bytes');
});

test('what leads nowhere', async () => {
  await oss.put(bucket, 'real', 'x');
  await link('good', 'real');
  const links: [string, string, number, string, string][] = [
    ['to-nothing', 'missing', 404, 'SymlinkTargetNotExist', '0026-00000012'],
    ['to-a-link', 'good', 400, 'InvalidTargetType', '9026-00000014'],
    ['to-itself', 'to-itself', 400, 'InvalidTargetType', '9026-00000014'],
  ];
  for (const [key, target, status, code, ec] of links) {
    assert.equal((await link(key, target)).status, 200);
    for (const method of ['GET', 'HEAD']) {
      const answer = await read(key, { method });
      assert.deepEqual([answer.status, answer.code], [status, code], `${method} ${key}`);
      assert.equal(answer.headers['x-oss-ec'], ec);
    }
    assert.equal((await leadsTo(key)).status, 200);
  }
  const none = await leadsTo('missing');
  assert.deepEqual([none.status, none.code], [404, 'NoSuchKey']);
  assert.equal((await leadsTo('real')).code, 'InvalidTargetType');
});

test('what is refused', async () => {
  await oss.put(bucket, 'there', 'before');
  const target = 'x-oss-symlink-target';
  const table: [Record<string, string>, number, string][] = [
    [{ [target]: '' }, 400, 'InvalidArgument'],
    [{ [target]: '%zz' }, 400, 'InvalidArgument'],
    [{ [target]: '%ff' }, 400, 'InvalidArgument'],
    [{ [target]: '%2Fa' }, 400, 'InvalidObjectName'],
    [{ [target]: 'x'.repeat(1024) }, 400, 'InvalidObjectName'],
    [{ 'x-oss-object-acl': 'x' }, 400, 'InvalidArgument'],
    [{ 'x-oss-storage-class': 'x' }, 400, 'InvalidArgument'],
    [{ 'x-oss-tagging': 'a=1&a=2' }, 400, 'InvalidArgument'],
    [{ 'x-oss-forbid-overwrite': 'true' }, 409, 'FileAlreadyExists'],
    [{ 'if-match': 'x' }, 400, 'NotImplemented'],
  ];
  for (const [headers, status, code] of table) {
    const answer = await link('there', 'a', headers);
    assert.deepEqual([answer.status, answer.code], [status, code], JSON.stringify(headers));
  }
  const bare = await oss.call({ method: 'PUT', bucket, key: 'there', query: { symlink: flag } });
  assert.equal(bare.code, 'InvalidArgument');
  assert.equal((await link('there', 'a', {}, { as: await oss.stranger() })).code, 'AccessDenied');
  assert.equal((await read('there')).text, 'before');
});

test('who reads through a link needs both', async () => {
  await oss.put(bucket, 'open', 'x', { 'x-oss-object-acl': 'public-read' });
  await oss.put(bucket, 'closed', 'x');
  await link('open-open', 'open', { 'x-oss-object-acl': 'public-read' });
  await link('open-closed', 'closed', { 'x-oss-object-acl': 'public-read' });
  await link('closed-open', 'open');
  const as = 'anonymous' as const;
  const statuses: [string, number][] = [
    ['open-open', 200],
    ['open-closed', 403],
    ['closed-open', 403],
  ];
  for (const [key, status] of statuses) {
    for (const method of ['GET', 'HEAD']) {
      assert.equal((await read(key, { method, as })).status, status, `${method} ${key}`);
    }
    assert.equal((await read(key)).status, 200);
  }
});

test('a copy of a link is a link, a part of it is bytes, an append to it is none', async () => {
  await oss.put(bucket, 'bytes', '0123456789');
  await link('from', 'bytes', { 'x-oss-meta-a': '1' });
  const headers = { 'x-oss-copy-source': `/${bucket}/from` };
  const copy = await oss.call({ method: 'PUT', bucket, key: 'copied', headers });
  assert.equal(copy.status, 200, copy.text);
  const shown = await leadsTo('copied');
  assert.equal(shown.headers['x-oss-symlink-target'], 'bytes');
  assert.equal(shown.headers['x-oss-meta-a'], '1');
  const itself = { ...headers, 'x-oss-meta-b': '2', 'x-oss-server-side-encryption': 'AES256' };
  assert.equal(
    (await oss.call({ method: 'PUT', bucket, key: 'from', headers: itself })).status,
    200,
  );
  assert.equal((await leadsTo('from')).headers['x-oss-meta-b'], '2');
  assert.equal((await read('from')).text, '0123456789');

  const begun = await oss.call({ method: 'POST', bucket, key: 'm', query: { uploads: flag } });
  const uploadId = textOf(begun.text, 'UploadId') ?? '';
  const part = { method: 'PUT', bucket, key: 'm', query: { partNumber: '1', uploadId } };
  const range = { 'x-oss-copy-source-range': 'bytes=2-4' };
  const copied = await oss.call({ ...part, headers: { ...headers, ...range } });
  const etag = md5('234').toString('hex').toUpperCase();
  assert.equal(copied.headers.etag, `"${etag}"`);
  await link('nowhere', 'missing');
  const nowhere = { 'x-oss-copy-source': `/${bucket}/nowhere` };
  assert.equal((await oss.call({ ...part, headers: nowhere })).code, 'SymlinkTargetNotExist');

  const query = { append: flag, position: '0' };
  const append = await oss.call({ method: 'POST', bucket, key: 'from', query, body: 'x' });
  assert.equal(append.code, 'ObjectNotAppendable');
  await oss.call({ method: 'DELETE', bucket, key: 'from' });
  assert.equal((await read('bytes')).text, '0123456789');
});

test('each version may lead elsewhere, and always to what is current there', async () => {
  const own = await oss.bucket();
  const at = { bucket: own };
  const body = '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>';
  await oss.call({ method: 'PUT', ...at, query: { versioning: flag }, body });
  await oss.put(own, 'a', 'old a');
  const a = await oss.put(own, 'a', 'new a');
  await oss.put(own, 'b', 'b');
  const first = await link('l', 'a', {}, at);
  const second = await link('l', 'b', {}, at);
  assert.equal(version(first)?.length, 64);
  const of = (answer: Answer) => ({ ...at, query: { versionId: version(answer) } });
  assert.equal((await leadsTo('l', at)).headers['x-oss-symlink-target'], 'b');
  const old = await leadsTo('l', of(first));
  assert.deepEqual([old.headers['x-oss-symlink-target'], version(old)], ['a', version(first)]);
  const through = await read('l', of(first));
  assert.deepEqual([through.text, version(through)], ['new a', version(first)]);
  assert.equal((await read('l', of(second))).text, 'b');
  await oss.call({ method: 'DELETE', ...at, key: 'a', query: { versionId: version(a) } });
  assert.equal((await read('l', of(first))).text, 'old a');
  await oss.call({ method: 'DELETE', ...at, key: 'a' });
  assert.equal((await read('l', of(first))).code, 'SymlinkTargetNotExist');
  const marker = await oss.call({ method: 'DELETE', ...at, key: 'l' });
  const gone = await leadsTo('l', at);
  assert.deepEqual([gone.code, gone.headers['x-oss-delete-marker']], ['NoSuchKey', 'true']);
  assert.equal((await leadsTo('l', of(marker))).code, 'MethodNotAllowed');
});

test('a page and the page of an error may be links', async () => {
  const own = await oss.bucket('public-read');
  const at = { bucket: own };
  const body =
    '<WebsiteConfiguration><IndexDocument><Suffix>index</Suffix></IndexDocument>' +
    '<ErrorDocument><Key>error</Key></ErrorDocument></WebsiteConfiguration>';
  await oss.call({ method: 'PUT', ...at, query: { website: flag }, body });
  await oss.put(own, 'page', 'a page');
  await link('index', 'page', {}, at);
  const as = 'anonymous' as const;
  const root = await oss.call({ ...at, path: `/${own}`, as });
  assert.equal(root.text, 'a page');
  await link('error', 'nothing', {}, at);
  assert.equal((await read('missing', { ...at, as })).code, 'NoSuchKey');
  await link('error', 'page', {}, at);
  for (const method of ['GET', 'HEAD']) {
    const missing = await read('missing', { ...at, as, method });
    assert.deepEqual([missing.status, missing.headers['content-length']], [404, '6']);
  }
  const all = await oss.call({ ...at, query: { versions: flag } });
  assert.deepEqual(textsOf(all.text, 'Type'), ['Symlink', 'Symlink', 'Normal']);
});
