/** Images on the wire: who may, what is answered, what is saved (oss-object-api.md). */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import sharp from 'sharp';
import { ask as rawAsk } from '../../support/raw-client.ts';
import { requestBytes, signUrlV1, signUrlV4 } from '../../support/sign.ts';
import { type Call, openRawOss, type RawOss, textOf } from './raw-oss.ts';

let oss: RawOss;
let bucket: string;
let picture: Buffer;
const domain = 'img.process.example';

before(async () => {
  oss = await openRawOss({ OWNERSHIP: 'off' });
  bucket = await oss.bucket();
  picture = await sharp({ create: { width: 40, height: 20, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
  await oss.put(bucket, 'a.png', picture, {
    'content-type': 'image/png',
    'cache-control': 'max-age=60',
  });
});
after(() => oss.close());

const ask = (process: string, more: Call = {}) =>
  oss.call({ bucket, key: 'a.png', query: { 'x-oss-process': process }, ...more });

async function sizeOf(bytes: Buffer): Promise<string> {
  const { format, width, height } = await sharp(bytes).metadata();
  return `${format} ${width}x${height}`;
}

const form = (text: string): Call => ({
  method: 'POST',
  query: { 'x-oss-process': '' },
  body: `x-oss-process=${text}`,
});
const base64 = (text: string): string => Buffer.from(text).toString('base64url');

test('the answer is the picture that was asked for, and says what it is', async () => {
  const { status, headers, body } = await ask('image/resize,w_20/format,jpg');
  assert.equal(status, 200);
  assert.equal(await sizeOf(body), 'jpeg 20x10');
  assert.equal(headers['content-type'], 'image/jpeg');
  assert.equal(headers['content-length'], String(body.length));
  assert.equal(headers['cache-control'], 'max-age=60');
  assert.ok(headers['last-modified']);
  for (const name of ['etag', 'x-oss-hash-crc64ecma', 'content-md5', 'accept-ranges']) {
    assert.equal(headers[name], undefined, name);
  }
  const head = await ask('image/resize,w_20/format,jpg', { method: 'HEAD' });
  assert.deepEqual([head.status, head.body.length], [200, 0]);
  assert.equal(head.headers['content-length'], String(body.length));
  const info = await ask('image/info');
  assert.equal(info.headers['content-type'], 'application/json');
  assert.equal(JSON.parse(info.text).ImageHeight.value, '20');
});

test('conditions by time hold; a range is of no use', async () => {
  const { headers } = await ask('image/rotate,90');
  const since = { 'if-modified-since': headers['last-modified'] ?? '' };
  assert.equal((await ask('image/rotate,90', { headers: since })).status, 304);
  const part = await ask('image/rotate,90', { headers: { range: 'bytes=0-3' } });
  assert.deepEqual([part.status, await sizeOf(part.body)], [200, 'png 20x40']);
});

test('a style of the bucket stands for its steps', async () => {
  const put = (name: string, content: string) =>
    oss.call({
      method: 'PUT',
      bucket,
      query: { style: undefined, styleName: name },
      body: `<Style><Content>${content}</Content></Style>`,
    });
  assert.equal((await put('half', 'image/resize,p_50')).status, 200);
  assert.equal((await put('odd', 'csdar5324')).status, 200);
  assert.equal(await sizeOf((await ask('style/half')).body), 'png 20x10');
  assert.equal(await sizeOf((await ask('style/half|image/rotate,90')).body), 'png 10x20');
  const none = await ask('style/none');
  assert.deepEqual([none.status, none.code], [404, 'NoSuchStyle']);
  const odd = await ask('style/odd');
  assert.deepEqual([odd.status, odd.code], [400, 'InvalidArgument']);
});

test('refusals in the API form', async () => {
  const cases: readonly (readonly [string, number, string])[] = [
    ['', 400, 'InvalidArgument'],
    ['image', 400, 'MissingArgument'],
    ['image/', 400, 'MissingArgument'],
    ['picture/resize,w_1', 400, 'InvalidArgument'],
    ['image/crop,x_40', 400, 'BadRequest'],
    ['image/rotate,90|image/rotate,90|image/info|image/info|image/info', 400, 'TooManyPipes'],
    [
      Array.from({ length: 4 }, () => `image${'/rotate,90'.repeat(9)}`).join('|'),
      400,
      'TooManyPipes',
    ],
    ['image/watermark,text_YQ', 400, 'NotImplemented'],
    ['video/snapshot,t_1', 400, 'NotImplemented'],
    ['image/rotate,90|sys/saveas,o_YQ', 400, 'NotImplemented'],
  ];
  for (const [process, status, code] of cases) {
    const answer = await ask(process);
    assert.deepEqual([answer.status, answer.code], [status, code], process);
  }
  const missing = await ask('image/info', { key: 'none.png' });
  assert.deepEqual([missing.status, missing.code], [404, 'NoSuchKey']);
  await oss.put(bucket, 'text', 'no picture');
  const text = await ask('image/info', { key: 'text' });
  assert.deepEqual([text.status, text.code], [400, 'BadRequest']);
  await oss.put(bucket, 'cut.png', picture.subarray(0, 50));
  const cut = await ask('image/rotate,90', { key: 'cut.png' });
  assert.deepEqual([cut.status, cut.code], [403, 'ImageDamage']);
  await oss.put(bucket, 'large', Buffer.alloc(20 * 1024 * 1024 + 1));
  const large = await ask('image/info', { key: 'large' });
  assert.deepEqual([large.status, large.code], [400, 'ImageTooLarge']);
  const acl = { 'x-oss-process': 'image/info', acl: undefined };
  const other = await oss.call({ bucket, key: 'a.png', query: acl });
  assert.deepEqual([other.status, other.code], [400, 'NotImplemented']);
});

test('who may not read it sees no part of it; who may needs no signature', async () => {
  const closed = await ask('image/info', { as: 'anonymous' });
  assert.deepEqual([closed.status, closed.code], [403, 'AccessDenied']);
  const open = await oss.bucket('public-read');
  await oss.put(open, 'a.png', picture);
  const seen = await ask('image/resize,w_10', { bucket: open, as: 'anonymous' });
  assert.equal(await sizeOf(seen.body), 'png 10x5');
});

test('the process is signed along in a URL, and cannot be changed', async () => {
  const { httpPort: port } = oss.server;
  for (const sign of [signUrlV1, signUrlV4]) {
    const url = sign({
      host: 'localhost',
      bucket,
      key: 'a.png',
      query: { 'x-oss-process': 'image/resize,w_20' },
      at: oss.world.clock.now(),
      credentials: oss.server,
    });
    const good = await rawAsk({ port }, requestBytes(url));
    assert.deepEqual([good.status, await sizeOf(good.body)], [200, 'png 20x10']);
    const target = url.target.replace('w_20', 'w_30');
    assert.notEqual(target, url.target);
    const changed = await rawAsk({ port }, requestBytes({ ...url, target }));
    assert.equal(changed.status, 403);
    assert.match(changed.body.toString(), /<Code>SignatureDoesNotMatch</);
  }
});

test('on a mapped domain, of encrypted objects and of older versions', async () => {
  const shop = await oss.bucket('public-read');
  const mapped = await oss.call({
    method: 'POST',
    bucket: shop,
    query: { cname: undefined, comp: 'add' },
    body: `<BucketCnameConfiguration><Cname><Domain>${domain}</Domain></Cname></BucketCnameConfiguration>`,
  });
  assert.equal(mapped.status, 200, mapped.text);
  const versioning = '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>';
  await oss.call({
    method: 'PUT',
    bucket: shop,
    query: { versioning: undefined },
    body: versioning,
  });
  const sealed = { 'x-oss-server-side-encryption': 'AES256' };
  const first = await oss.put(shop, 'a.png', picture, sealed);
  await oss.put(shop, 'a.png', 'no picture any more');
  const versionId = first.headers['x-oss-version-id'] ?? '';
  const path = `/a.png?x-oss-process=image/resize,w_20&versionId=${versionId}`;
  const old = await oss.call({ path, host: domain, as: 'anonymous' });
  assert.deepEqual([old.status, await sizeOf(old.body)], [200, 'png 20x10']);
  assert.equal(old.headers['x-oss-version-id'], versionId);
  const now = await oss.call({
    path: '/a.png?x-oss-process=image/info',
    host: domain,
    as: 'anonymous',
  });
  assert.deepEqual([now.status, now.code], [400, 'BadRequest']);
});

test('the result is saved as an object, here or in another bucket', async () => {
  const saved = await oss.call({
    bucket,
    key: 'a.png',
    ...form(`image/resize,w_20|sys/saveas,o_${base64('small/\u4e2d.png')}`),
  });
  assert.equal(saved.status, 200, saved.text);
  const { body } = await oss.call({ bucket, key: 'small/\u4e2d.png' });
  assert.equal(await sizeOf(body), 'png 20x10');
  assert.deepEqual(JSON.parse(saved.text), {
    bucket,
    fileSize: body.length,
    object: 'small/\u4e2d.png',
    status: 'OK',
  });
  const other = await oss.bucket();
  const there = await oss.call({
    bucket,
    key: 'a.png',
    ...form(encodeURIComponent(`image/format,jpg|sys/saveas,o_${base64('b')},b_${base64(other)}`)),
  });
  assert.equal(there.status, 200, there.text);
  const copy = await oss.call({ bucket: other, key: 'b' });
  assert.equal(copy.headers['content-type'], 'image/jpeg');
});

test('saving is refused where the form, the place or the right is missing', async () => {
  const save = (text: string, more: Call = {}) =>
    oss.call({ bucket, key: 'a.png', ...form(text), ...more });
  const key = `o_${base64('x')}`;
  const cases: readonly (readonly [string, number, string])[] = [
    ['', 400, 'InvalidArgument'],
    ['image/resize,w_1', 400, 'InvalidArgument'],
    [`sys/saveas,${key}`, 400, 'InvalidArgument'],
    ['image/resize,w_1|sys/saveas', 400, 'MissingArgument'],
    ['image/resize,w_1|sys/saveas,o_***', 400, 'InvalidArgument'],
    [`image/resize,w_1|sys/saveas,${key},b_${base64('no-such-bucket')}`, 404, 'NoSuchBucket'],
    [`image/resize,w_0|sys/saveas,${key}`, 400, 'InvalidArgument'],
  ];
  for (const [text, status, code] of cases) {
    const answer = await save(text);
    assert.deepEqual([answer.status, answer.code], [status, code], text);
  }
  const stranger = await oss.stranger();
  const whole = `image/resize,w_1|sys/saveas,${key}`;
  for (const as of [stranger, 'anonymous'] as const) {
    const answer = await save(whole, { as });
    assert.deepEqual([answer.status, answer.code], [403, 'AccessDenied']);
  }
  assert.equal((await oss.call({ bucket, key: 'x' })).status, 404);
  // An open source does not let anybody write here.
  const open = await oss.bucket('public-read-write');
  await oss.put(open, 'a.png', picture);
  const foreign = await save(`${whole},b_${base64(bucket)}`, { bucket: open, as: stranger });
  assert.deepEqual([foreign.status, foreign.code], [403, 'AccessDenied']);
  assert.equal(textOf(foreign.text, 'Code'), 'AccessDenied');
});
