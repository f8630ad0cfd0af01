/**
 * What one account, or nobody at all, can do to another beyond the API's own rules: through types a
 * browser runs, through copies, buckets made anew, accounts switched off and headers sent back.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connectRaw } from '../support/raw-client.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { requestBytes, signHeaderV4, signUrlV1, signUrlV4 } from '../support/sign.ts';
import { type Answer, createSignedClient, type SignedClient } from '../support/signed-client.ts';

let server: TestServer;
let ann: SignedClient;
let ben: SignedClient;
let benKey: Awaited<ReturnType<TestServer['rooms']['accounts']['createAccount']>>;
let host: string;

before(async () => {
  server = await startTestServer({ settings: { OWNERSHIP: 'off' } });
  const port = server.httpPort;
  host = `127.0.0.1:${port}`;
  ann = createSignedClient({ port, credentials: server });
  benKey = await server.rooms.accounts.createAccount('ben');
  ben = createSignedClient({ port, credentials: benKey });
});

after(async () => {
  ann?.close();
  ben?.close();
  await server?.close();
});

const codeOf = ({ body }: Answer): string => /<Code>(.*)<\/Code>/.exec(body.toString())?.[1] ?? '';
const told = (answer: Answer): string => `${answer.status} ${codeOf(answer)}`.trim();

async function make(owner: SignedClient, bucket: string, acl = 'public-read'): Promise<void> {
  const answer = await owner.call({ method: 'PUT', bucket, headers: { 'x-oss-acl': acl } });
  assert.equal(told(answer), '200');
}

async function put(
  owner: SignedClient,
  bucket: string,
  key: string,
  headers: Record<string, string> = {},
): Promise<void> {
  const body = `${bucket}/${key}`;
  const answer = await owner.call({ method: 'PUT', bucket, key, headers, body });
  assert.equal(told(answer), '200', answer.body.toString());
}

async function map(owner: SignedClient, bucket: string, domain: string): Promise<void> {
  const query = { cname: undefined, comp: 'add' };
  const body =
    '<BucketCnameConfiguration><Cname>' +
    `<Domain>${domain}</Domain></Cname></BucketCnameConfiguration>`;
  const answer = await owner.call({ method: 'POST', bucket, query, body });
  assert.equal(told(answer), '200', answer.body.toString());
}

test('no spelling of an active type is rendered on an endpoint, and every one on a domain', async () => {
  await make(ann, 'active-types');
  await map(ann, 'active-types', 'active.example');
  // What follows a blank, a parenthesis or a comma is not part of the type to a browser.
  const types = [
    'text/html',
    'TEXT/HTML; charset=utf-8',
    'text/html charset=utf-8',
    'text/html(x)',
    'text/html,x',
    'x/y, text/html',
    'text/plain;x,text/html ;y',
    'application/xhtml+xml,',
    'image/svg+xml foo',
    'application/xml',
    'text/xml\t;x',
    'text/xsl',
    'application/rss+xml',
    'multipart/x-mixed-replace; boundary=x',
  ];
  for (const [index, type] of types.entries()) {
    const key = `page-${index}`;
    await put(ann, 'active-types', key, { 'content-type': type });
    for (const [where, path] of [
      [host, `/active-types/${key}`],
      ['active-types.localhost', `/${key}`],
    ] as const) {
      const { headers } = await ann.get(where, path);
      assert.equal(headers['content-disposition'], 'attachment', `${type} at ${where}`);
      assert.equal(headers['x-content-type-options'], 'nosniff');
    }
    const { headers } = await ann.get('active.example', `/${key}`);
    assert.equal(headers['content-disposition'], undefined);
    assert.equal(headers['content-type'], type);
  }
  for (const type of ['text/plain', 'image/png', 'text/htmlx', 'application/xmlish']) {
    await put(ann, 'active-types', 'harmless', { 'content-type': type });
    const { headers } = await ann.get(host, '/active-types/harmless');
    assert.equal(headers['content-disposition'], undefined, type);
  }
});

test('an account switched off keeps its public pages, and nothing can be done in its name', async () => {
  const key = await server.rooms.accounts.createAccount('off');
  const off = createSignedClient({ port: server.httpPort, credentials: key });
  const url = { host, bucket: 'off-bucket', key: 'closed', credentials: key, at: Date.now() };
  try {
    await make(off, 'off-bucket');
    await map(off, 'off-bucket', 'off.example');
    await put(off, 'off-bucket', 'page');
    await put(off, 'off-bucket', 'closed', { 'x-oss-object-acl': 'private' });
    const urls = [
      signUrlV1({ ...url, expiresInSeconds: 600 }),
      signUrlV4({ ...url, expiresInSeconds: 600 }),
    ];
    for (const { target } of urls) assert.equal((await ann.get(host, target)).status, 200);
    await server.rooms.accounts.setAccountStanding('off', 'disabled');
    assert.equal((await ann.get('off.example', '/page')).body.toString(), 'off-bucket/page');
    assert.equal(told(await ann.get('off.example', '/closed')), '403 AccessDenied');
    for (const { target } of urls) {
      assert.equal(told(await ann.get(host, target)), '403 InvalidAccessKeyId');
    }
    for (const call of [
      { bucket: 'off-bucket' },
      { bucket: 'off-bucket', key: 'page' },
      { method: 'PUT', bucket: 'off-bucket', key: 'page', body: 'changed' },
      { method: 'POST', bucket: 'off-bucket', query: { cname: undefined, comp: 'delete' } },
    ]) {
      assert.equal(told(await off.call(call)), '403 InvalidAccessKeyId');
    }
    // Switched on again everything is as it was.
    await server.rooms.accounts.setAccountStanding('off', 'active');
    assert.equal((await off.call({ bucket: 'off-bucket', key: 'closed' })).status, 200);
  } finally {
    off.close();
  }
});

test('a copy needs the right to read its source, whoever owns the target', async () => {
  await make(ann, 'source-open', 'public-read');
  await make(ann, 'source-shut', 'private');
  await make(ben, 'copies', 'private');
  await put(ann, 'source-open', 'open');
  await put(ann, 'source-open', 'shut', { 'x-oss-object-acl': 'private' });
  await put(ann, 'source-shut', 'open', { 'x-oss-object-acl': 'public-read' });
  await put(ann, 'source-shut', 'shut');
  const copy = async (source: string): Promise<string> =>
    told(
      await ben.call({
        method: 'PUT',
        bucket: 'copies',
        key: 'copy',
        headers: { 'x-oss-copy-source': source },
      }),
    );
  assert.equal(await copy('/source-open/open'), '200');
  assert.equal(await copy('/source-shut/open'), '200');
  for (const source of [
    '/source-open/shut',
    '/source-shut/shut',
    '/source-shut/missing',
    '/source-shut/%73hut',
    'source-shut/shut?versionId=null',
    '/copies/../source-shut/shut',
    '/copies/%2e%2e/source-shut/shut',
  ]) {
    const answer = await copy(source);
    assert.ok(['403 AccessDenied', '404 NoSuchKey'].includes(answer), `${source}: ${answer}`);
    if (!source.includes('copies')) assert.equal(answer, '403 AccessDenied', source);
  }
  // The copy of a public object is as closed as the bucket it came to.
  assert.equal(told(await ann.get(host, '/copies/copy')), '403 AccessDenied');
});

test('an upload begun in a deleted bucket never lands in the next one of that name', async (t) => {
  await make(ann, 'reborn', 'public-read-write');
  const body = 'half a page, and the other half';
  const signed = signHeaderV4({
    method: 'PUT',
    host,
    bucket: 'reborn',
    key: 'page',
    credentials: server,
    at: Date.now(),
  });
  // The upload is under way once its blob is begun; then the name changes hands.
  const { mock: begun } = t.mock.method(server.rooms.engines.blobs, 'create');
  const client = await connectRaw({ port: server.httpPort });
  const bytes = requestBytes(signed, body);
  client.send(bytes.subarray(0, -10));
  while (begun.callCount() === 0) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(told(await ann.call({ method: 'DELETE', bucket: 'reborn' })), '204');
  await make(ben, 'reborn', 'public-read');
  client.send(bytes.subarray(-10));
  const answer = await client.response();
  assert.match(answer.body.toString(), /<Code>NoSuchBucket<\/Code>/);
  client.destroy();
  assert.equal(told(await ann.get(host, '/reborn/page')), '404 NoSuchKey');
  const listing = await ben.call({ bucket: 'reborn' });
  assert.doesNotMatch(listing.body.toString(), /<Contents>/);
});

test('whatever a signed request asks to be sent back splits no response', async () => {
  await make(ann, 'echoes');
  await put(ann, 'echoes', 'page');
  const names = ['type', 'language', 'disposition', 'encoding'].map(
    (name) => `response-content-${name}`,
  );
  const values = [
    'a\r\nX-Planted: 1',
    'a\nX-Planted: 1',
    'a\rb',
    'a\0b',
    'a\u007fb',
    'ä\u0100',
    '\u560d\u560aX',
  ];
  for (const name of [...names, 'response-expires', 'response-cache-control']) {
    for (const value of values) {
      const answer = await ann.call({ bucket: 'echoes', key: 'page', query: { [name]: value } });
      assert.equal(told(answer), '400 InvalidArgument', `${name} ${JSON.stringify(value)}`);
      assert.equal(answer.headers['x-planted'], undefined);
    }
    const query = { [name]: 'plain' };
    assert.equal((await ann.call({ bucket: 'echoes', key: 'page', query })).status, 200);
    const path = `/echoes/page?${name}=plain`;
    assert.equal(told(await ann.get(host, path)), '400 InvalidRequest');
  }
});

/** Refusals that repeat what the caller wrote, each at another place. */
const echoing: readonly Parameters<SignedClient['call']>[0][] = [
  { bucket: 'a<b>&"c' },
  { bucket: 'echoed', key: '<x>&"\'\u0001]]>' },
  { bucket: 'echoed', query: { 'max-keys': '<x>&' } },
  { bucket: 'echoed', query: { 'list-type': '2', 'continuation-token': '<x>&' } },
  { bucket: 'echoed', query: { prefix: '<x>&\u0001', delimiter: '<', marker: '&' } },
  { bucket: 'echoed', query: { comp: 'token', cname: '<x>&.example' } },
  { method: 'PUT', bucket: 'echoed', key: 'k', headers: { 'x-oss-object-acl': '<x>&' } },
  { method: 'PUT', bucket: 'echoed', key: 'k', headers: { 'x-oss-copy-source': '<x>&' } },
  { method: 'PUT', bucket: 'echoed', key: 'k', headers: { 'content-md5': '<x>&' } },
  { method: 'PUT', bucket: 'echoed', headers: { 'x-oss-acl': '<x>&' } },
];

test('what a document repeats is text in it and never an element', async () => {
  await make(ann, 'echoed');
  for (const call of echoing) {
    const answer = await ann.call({ body: '', ...call });
    const document = answer.body.toString();
    assert.ok(document.startsWith('<?xml'), JSON.stringify(call));
    assert.doesNotMatch(document, /<x>|<b>|&(?!(?:amp|lt|gt|quot|apos|#\d+);)/, document);
  }
  for (const path of ['/echoed/%3Cx%3E%26', '/%3Cx%3E%26/k', '/echoed/k?acl&x=%3Cx%3E']) {
    const { body } = await ann.get(host, path);
    assert.doesNotMatch(body.toString(), /<x>|&(?!(?:amp|lt|gt|quot|apos|#\d+);)/);
  }
});

test('a key is what its bytes spell, decoded once', async () => {
  await make(ann, 'confusion');
  const keys = [
    'a/../b',
    'a%2Fb',
    'a/b',
    'a%252Fb',
    './a',
    'a//b',
    '..%2fa',
    'a\\..\\b',
    'a?acl',
    '%00',
  ];
  for (const key of keys) await put(ann, 'confusion', key);
  for (const key of keys) {
    const path = `/confusion/${encodeURIComponent(key)}`;
    assert.equal((await ann.get(host, path)).body.toString(), `confusion/${key}`, path);
  }
  // An escaped slash never separates a bucket from its key.
  assert.equal(told(await ann.get(host, '/confusion%2Fa%2Fb')), '400 InvalidBucketName');
  assert.equal(told(await ann.get(host, '/other/..%2Fconfusion/a/b')), '404 NoSuchBucket');
  assert.equal(told(await ann.get(host, '/other/../confusion/a/b')), '404 NoSuchBucket');
});
