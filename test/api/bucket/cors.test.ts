/** CORS on the wire: the document, preflights, what answers carry (oss-semantics.md 3). */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  type Answer,
  type Call,
  openRawOss,
  type RawOss,
  shapeOf,
  textOf,
} from '../object/raw-oss.ts';

let oss: RawOss;
let bucket: string;
const domain = 'www.shop.example';
const endpoint = 'oss.example.net';

before(async () => {
  oss = await openRawOss({ ENDPOINT: `${endpoint},localhost`, OWNERSHIP: 'off' });
  bucket = await oss.bucket('public-read');
  await oss.put(bucket, 'k', 'content', { 'content-type': 'text/plain' });
  await oss.put(bucket, 'closed', 'x', { 'x-oss-object-acl': 'private' });
  await oss.put(bucket, 'folder/index.html', 'x');
  const mapped = await oss.call({
    method: 'POST',
    bucket,
    query: { cname: undefined, comp: 'add' },
    body:
      `<BucketCnameConfiguration><Cname><Domain>${domain}</Domain></Cname>` +
      '</BucketCnameConfiguration>',
  });
  assert.equal(mapped.status, 200, mapped.text);
});
after(() => oss.close());

const cors = { cors: undefined };
const put = (inside: string, more: Call = {}) =>
  oss.call({
    method: 'PUT',
    bucket,
    query: cors,
    body: `<CORSConfiguration>${inside}</CORSConfiguration>`,
    ...more,
  });
const rule = (more = '', origin = 'https://a.example') =>
  `<CORSRule><AllowedOrigin>${origin}</AllowedOrigin>` +
  `<AllowedMethod>GET</AllowedMethod><AllowedMethod>PUT</AllowedMethod>${more}</CORSRule>`;
const details =
  '<AllowedHeader>x-oss-*</AllowedHeader><ExposeHeader>ETag</ExposeHeader>' +
  '<ExposeHeader>x-oss-request-id</ExposeHeader><MaxAgeSeconds>100</MaxAgeSeconds>';
const origin = { origin: 'https://a.example' };

/** The headers of CORS that an answer has. */
function corsOf({ headers }: Answer): Record<string, string> {
  const names = Object.keys(headers).filter((name) => /^(vary|access-control-.*)$/.test(name));
  return Object.fromEntries(names.map((name) => [name, headers[name] ?? '']));
}

const allowed = {
  'access-control-allow-origin': 'https://a.example',
  'access-control-allow-methods': 'GET, PUT',
  'access-control-expose-headers': 'ETag, x-oss-request-id',
  'access-control-max-age': '100',
  vary: 'Origin',
};

test('a document is shown as it was put, and gone when deleted', async () => {
  const none = await oss.call({ bucket, query: cors });
  assert.deepEqual([none.status, none.code], [404, 'NoSuchCORSConfiguration']);
  assert.equal(textOf(none.text, 'BucketName'), bucket);
  assert.equal((await put(`${rule(details)}${rule('', '*')}`)).status, 200);
  const shown = await oss.call({ bucket, query: cors });
  assert.deepEqual(shapeOf(shown.text), [
    'CORSConfiguration',
    'CORSRule',
    'AllowedOrigin',
    'AllowedMethod',
    'AllowedHeader',
    'ExposeHeader',
    'MaxAgeSeconds',
    'ResponseVary',
  ]);
  assert.equal(shown.text.split('<CORSRule>').length, 3);
  assert.equal(textOf(shown.text, 'ResponseVary'), 'false');
  await put(`${rule()}<ResponseVary>True</ResponseVary>`);
  const other = await oss.call({ bucket, query: cors });
  assert.equal(textOf(other.text, 'ResponseVary'), 'true');
  for (let time = 0; time < 2; time++) {
    assert.equal((await oss.call({ method: 'DELETE', bucket, query: cors })).status, 204);
  }
  assert.equal((await oss.call({ bucket, query: cors })).code, 'NoSuchCORSConfiguration');
});

test('documents that are refused, and odd ones that are not', async () => {
  const table: [string, string][] = [
    ['', 'MalformedXML'],
    ['<ResponseVary>true</ResponseVary>', 'MalformedXML'],
    ['<CORSRule><AllowedMethod>GET</AllowedMethod></CORSRule>', 'MalformedXML'],
    ['<CORSRule><AllowedOrigin>*</AllowedOrigin></CORSRule>', 'MalformedXML'],
    [rule('<AllowedMethod>OPTIONS</AllowedMethod>'), 'InvalidArgument'],
    [rule('<AllowedMethod>get</AllowedMethod>'), 'InvalidArgument'],
    [rule('<AllowedOrigin>www.*.abc.*.com</AllowedOrigin>'), 'InvalidArgument'],
    [rule('<AllowedHeader>**</AllowedHeader>'), 'InvalidArgument'],
    [rule('<ExposeHeader>x-oss-*</ExposeHeader>'), 'InvalidArgument'],
    [rule('<ExposeHeader>a&#13;b</ExposeHeader>'), 'InvalidArgument'],
    [rule('<MaxAgeSeconds>-1</MaxAgeSeconds>'), 'MalformedXML'],
    [rule('<MaxAgeSeconds>2147483648</MaxAgeSeconds>'), 'MalformedXML'],
    [`${rule()}<ResponseVary>maybe</ResponseVary>`, 'MalformedXML'],
    [rule().repeat(101), 'InvalidArgument'],
    [rule('<AllowedHeader>x</AllowedHeader>'.repeat(600)), 'EntityTooLarge'],
  ];
  for (const [inside, code] of table) {
    const answer = await put(inside);
    assert.deepEqual([answer.status, answer.code], [400, code], inside.slice(0, 200));
  }
  const odd = '<AllowedHeader>HTTP</AllowedHeader><ExposeHeader/><Unknown>x</Unknown>';
  assert.equal((await put(rule(odd, 'Original 1700000000000'))).status, 200);
  assert.equal((await put(rule().repeat(100))).status, 200);
  const stranger = await oss.stranger();
  assert.equal((await put(rule(), { as: stranger })).code, 'AccessDenied');
  assert.equal((await put(rule(), { bucket: 'no-such-bucket' })).code, 'NoSuchBucket');
});

const preflight = (headers: Record<string, string>, more: Call = {}) =>
  oss.call({ method: 'OPTIONS', bucket, key: 'any', headers, as: 'anonymous', ...more });
const asksGet = { 'access-control-request-method': 'GET' };

test('a preflight: what is missing is said, and nothing is allowed without a document', async () => {
  await oss.call({ method: 'DELETE', bucket, query: cors });
  const noOrigin = await preflight(asksGet);
  assert.deepEqual([noOrigin.status, noOrigin.code], [400, 'BadRequest']);
  assert.equal(
    textOf(noOrigin.text, 'Message'),
    'Insufficient information. Origin request header needed.',
  );
  const noMethod = await preflight(origin);
  assert.deepEqual([noMethod.status, noMethod.code], [400, 'BadRequest']);
  assert.equal(
    textOf(noMethod.text, 'Message'),
    'Insufficient information. Request Access-Control-Request-Method header needed.',
  );
  const off = await preflight({ ...origin, ...asksGet });
  assert.deepEqual([off.status, off.code], [403, 'AccessForbidden']);
  const message = 'CORSResponse: CORS is not enabled for this bucket.';
  assert.equal(textOf(off.text, 'Message'), message);
  const unknown = await preflight({ ...origin, ...asksGet }, { bucket: 'no-such-bucket' });
  assert.deepEqual([unknown.status, unknown.code], [404, 'NoSuchBucket']);
});

test('a preflight is answered on every host, at the root and whatever the query', async () => {
  await put(rule(details));
  const asks = {
    ...origin,
    'access-control-request-method': 'PUT',
    'access-control-request-headers': 'x-oss-date,X-Oss-Meta-A',
  };
  const expected = {
    ...allowed,
    'access-control-allow-methods': 'PUT',
    'access-control-allow-headers': 'x-oss-date, X-Oss-Meta-A',
  };
  const closed = await oss.bucket();
  await put(rule(details), { bucket: closed });
  const virtual = `${bucket}.${endpoint}`;
  const places: Call[] = [
    {},
    { key: '' },
    { host: virtual, path: '/no/such/key' },
    { host: virtual, path: '/' },
    { host: domain, path: '/' },
    { host: domain, path: '/k?partNumber=1&uploadId=x&x-oss-process=y&a=1&a=2' },
    { path: `/${bucket}/k?uploads&OSSAccessKeyId=x&Expires=1&Signature=y` },
    { bucket: closed },
  ];
  for (const place of places) {
    const answer = await preflight(asks, place);
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.headers['content-length'], '0');
    assert.deepEqual(corsOf(answer), expected, JSON.stringify(place));
  }
});

test('a preflight that no rule allows', async () => {
  await put(rule(details));
  for (const change of [
    { origin: 'https://b.example' },
    { 'access-control-request-method': 'DELETE' },
    { 'access-control-request-headers': 'x-oss-date, content-type' },
  ]) {
    const answer = await preflight({ ...origin, ...asksGet, ...change });
    assert.deepEqual([answer.status, answer.code], [403, 'AccessForbidden']);
    assert.match(answer.text, /This CORS request is not allowed\. This is usually because/);
    assert.deepEqual(corsOf(answer), {});
  }
});

test('answers, refusals, redirects and unchanged pages carry what the rule allows', async () => {
  await put(rule(details));
  await oss.call({
    method: 'PUT',
    bucket,
    query: { website: undefined },
    body:
      '<WebsiteConfiguration><IndexDocument><Suffix>index.html</Suffix>' +
      '<SupportSubDir>true</SupportSubDir></IndexDocument></WebsiteConfiguration>',
  });
  const host = domain;
  const open = (path: string, headers = {}, more: Call = {}) =>
    oss.call({ path, host, as: 'anonymous', headers: { ...origin, ...headers }, ...more });
  const page = await open('/k');
  const wrong = { ...oss.server, accessKeySecret: 'wrong' };
  const table: [string, number, Promise<Answer>][] = [
    ['a page', 200, open('/k')],
    ['a part', 206, open('/k', { range: 'bytes=0-1' })],
    ['unchanged', 304, open('/k', { 'if-none-match': page.headers.etag ?? '' })],
    ['missing', 404, open('/missing')],
    ['closed', 403, open('/closed')],
    ['a redirect', 302, open('/folder')],
    ['the root', 404, open('/')],
    ['an override', 400, open('/k?response-expires=1')],
    ['an option nobody has', 400, open('/k?x-oss-process=a')],
    ['a wrong signature', 403, oss.call({ bucket, key: 'k', headers: origin, as: wrong })],
    ['a write', 200, oss.call({ method: 'PUT', bucket, key: 'w', headers: origin })],
    ['a list', 200, oss.call({ bucket, headers: origin })],
  ];
  for (const [name, status, answering] of table) {
    const answer = await answering;
    assert.equal(answer.status, status, name);
    assert.deepEqual(corsOf(answer), allowed, name);
  }
  const without: [string, Promise<Answer>][] = [
    ['no origin', oss.call({ path: '/k', host, as: 'anonymous' })],
    ['another origin', open('/k', { origin: 'https://b.example' })],
    ['HEAD is not listed', open('/k', {}, { method: 'HEAD' })],
    ['DELETE is not listed', oss.call({ method: 'DELETE', bucket, key: 'w', headers: origin })],
    ['no bucket', oss.call({ bucket: 'no-such-bucket', headers: origin })],
    ['no bucket named', oss.call({ headers: origin })],
  ];
  for (const [name, answering] of without) assert.deepEqual(corsOf(await answering), {}, name);
});

test('everybody allowed needs no Vary, ResponseVary says it always', async () => {
  await put(rule('', '*'));
  const any = await oss.call({ bucket, key: 'k', headers: origin });
  assert.deepEqual(corsOf(any), {
    'access-control-allow-origin': '*',
    'access-control-allow-methods': 'GET, PUT',
  });
  await put(`${rule()}<ResponseVary>true</ResponseVary>`);
  for (const call of [
    { key: 'k' },
    { key: 'missing' },
    { key: 'closed', as: 'anonymous' },
    { method: 'OPTIONS', key: 'k' },
  ] as const) {
    assert.equal((await oss.call({ bucket, ...call })).headers.vary, 'Origin', call.key);
  }
});
