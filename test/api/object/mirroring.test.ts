/** Routing rules that mirror, on the wire, with an origin that misbehaves as origins do. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, test } from 'node:test';
import { type Call, openRawOss, type RawOss } from './raw-oss.ts';

let oss: RawOss;
let bucket: string;
let origin: Server;
let address: string;
let asked: { url: string; headers: IncomingHttpHeaders }[] = [];
/** What the origin does about a path; anything else is missing there. */
let answers: Record<string, RequestListener> = {};

before(async () => {
  origin = createServer((request, response) => {
    const { url = '', headers } = request;
    asked.push({ url, headers });
    const answer = answers[url];
    if (answer) answer(request, response);
    else response.writeHead(404, { 'Content-Type': 'text/plain' }).end('not at the origin');
  });
  await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(origin.address() as AddressInfo).port}`;
  oss = await openRawOss({ OUTBOUND_ALLOW: '127.0.0.1' });
});
after(async () => {
  origin.closeAllConnections();
  origin.close();
  await oss.close();
});
beforeEach(async () => {
  asked = [];
  answers = {};
  bucket = await oss.bucket('public-read');
});

const code404 = '<HttpErrorCodeReturnedEquals>404</HttpErrorCodeReturnedEquals>';
async function mirror(more = '', to = `${address}/o/`, besides = ''): Promise<void> {
  const rule =
    `<RoutingRule><RuleNumber>1</RuleNumber><Condition>${code404}</Condition><Redirect>` +
    `<RedirectType>Mirror</RedirectType><MirrorURL>${to}</MirrorURL>${more}</Redirect></RoutingRule>`;
  const body = `<WebsiteConfiguration>${besides}<RoutingRules>${rule}</RoutingRules></WebsiteConfiguration>`;
  const answer = await oss.call({ method: 'PUT', bucket, query: { website: undefined }, body });
  assert.equal(answer.status, 200, answer.text);
}

const get = (key: string, more: Call = {}) => oss.call({ bucket, key, as: 'anonymous', ...more });
const says = (text: string, headers: Record<string, string> = {}): RequestListener => {
  const length = { 'Content-Length': Buffer.byteLength(text) };
  return (_, response) => void response.writeHead(200, { ...length, ...headers }).end(text);
};
/** How many objects the bucket has. */
const stored = async (): Promise<number> =>
  (await oss.call({ bucket })).text.match(/<Contents>/g)?.length ?? 0;

test('what is missing is fetched once, given and kept', async () => {
  await mirror();
  answers['/o/a%20b/%E4%B8%AD'] = says('content', {
    'Content-Type': 'text/css',
    'Cache-Control': 'max-age=5',
    'Content-Encoding': 'gzip',
    'Set-Cookie': 'x=y',
    'X-Other': 'z',
  });
  const first = await get('a b/\u4e2d', { headers: { cookie: 'c=d', 'x-own': '1' } });
  assert.deepEqual([first.status, first.text], [200, 'content']);
  const second = await get('a b/\u4e2d');
  for (const { headers, text } of [first, second]) {
    assert.equal(text, 'content');
    assert.equal(headers['content-type'], 'text/css');
    assert.equal(headers['cache-control'], 'max-age=5');
    assert.equal(headers['content-encoding'], 'gzip');
    assert.equal(headers['content-length'], '7');
    assert.equal(headers['set-cookie'] ?? headers['x-other'], undefined);
  }
  const md5 = createHash('md5').update('content').digest('hex').toUpperCase();
  assert.equal(second.headers.etag, `"${md5}"`);
  assert.deepEqual(
    asked.map(({ url, headers }) => [url, headers.cookie, headers['x-own']]),
    [['/o/a%20b/%E4%B8%AD', undefined, undefined]],
  );
});

test('a hundred who ask at once are answered by one fetch', async () => {
  await mirror();
  const waiting: ServerResponse[] = [];
  answers['/o/k'] = (_, response) => void waiting.push(response);
  const all = Array.from({ length: 100 }, () => get('k'));
  while (waiting.length === 0) await once(origin, 'request');
  for (const response of waiting) response.end('one');
  answers['/o/k'] = says('one');
  const given = await Promise.all(all);
  assert.deepEqual(
    new Set(given.map(({ status, text }) => `${status} ${text}`)),
    new Set(['200 one']),
  );
  assert.equal(asked.length, 1);
});

test('a large object passes in pieces, whoever leaves half way', async () => {
  await mirror();
  const large = Buffer.alloc(1024 * 1024, 'large object');
  answers['/o/large'] = (_, response) => void response.end(large);
  answers['/o/sized'] = (_, response) =>
    void response.writeHead(200, { 'Content-Length': large.length }).end(large);
  for (const key of ['large', 'sized']) {
    const first = await get(key);
    assert.equal(first.status, 200);
    assert.ok(first.body.equals(large));
    assert.ok((await get(key)).body.equals(large));
  }
  answers['/o/part'] = answers['/o/large'];
  const part = await get('part', { headers: { range: 'bytes=1-4' } });
  assert.deepEqual([part.status, part.text], [206, 'arge']);
  assert.equal(asked.at(-1)?.headers.range, undefined);
  assert.equal(asked.length, 3);
});

test('an origin that fails leaves nothing behind', async () => {
  await mirror('<MirrorCheckMd5>true</MirrorCheckMd5>');
  const failing: Record<string, RequestListener> = {
    reset: (_, response) => void response.socket?.destroy(),
    short: (_, response) => {
      response.writeHead(200, { 'Content-Length': 100 }).write('short', () => {
        response.socket?.destroy();
      });
    },
    broken: (_, response) => {
      response.write('chunk', () => void response.socket?.destroy());
    },
    endless: (_, response) => {
      response.socket?.end('HTTP/1.1 200 OK\r\n\r\nuntil the connection closes');
    },
    huge: (_, response) =>
      void response.writeHead(200, { 'Content-Length': '99999999999999' }).write('x'),
    heads: says('x', { 'X-Large': 'x'.repeat(20_000) }),
    error: (_, response) => void response.writeHead(500).end('internal'),
    denied: (_, response) => void response.writeHead(403).end('denied'),
    empty: (_, response) => void response.writeHead(204).end(),
    partial: (_, response) =>
      void response.writeHead(206, { 'Content-Range': 'bytes 0-3/9' }).end('part'),
    loop: (_, response) => void response.writeHead(302, { Location: '/o/loop' }).end(),
    ftp: (_, response) => void response.writeHead(302, { Location: 'ftp://x/' }).end(),
    inside: (_, response) => void response.writeHead(302, { Location: 'http://10.0.0.1/' }).end(),
    damaged: says('damaged', { 'Content-MD5': Buffer.alloc(16).toString('base64') }),
    noise: says('noise', { 'Content-MD5': 'noise' }),
  };
  for (const [key, answer] of Object.entries(failing)) {
    answers[`/o/${key}`] = answer;
    const given = await get(key);
    assert.deepEqual([given.status, given.code], [424, 'MirrorFailed'], key);
  }
  assert.equal(asked.filter(({ url }) => url === '/o/loop').length, 11);
  await mirror('', 'http://10.0.0.1/');
  assert.equal((await get('k')).code, 'MirrorFailed');
  assert.equal(await stored(), 0);
});

test('what is missing at the origin is missing here', async () => {
  await mirror();
  const plain = await get('gone');
  assert.deepEqual([plain.status, plain.code], [404, 'NoSuchKey']);
  await oss.put(bucket, 'error.html', 'sorry');
  const error = '<ErrorDocument><Key>error.html</Key></ErrorDocument>';
  await mirror('', undefined, error);
  assert.deepEqual([(await get('gone')).status, (await get('gone')).text], [404, 'sorry']);
  const codes = '<TransparentMirrorResponseCodes>304,404,500</TransparentMirrorResponseCodes>';
  await mirror(codes, undefined, error);
  const passed = await get('gone');
  assert.deepEqual([passed.status, passed.text], [404, 'not at the origin']);
  assert.equal(passed.headers['content-type'], 'text/plain');
  assert.equal((await get('gone', { method: 'HEAD' })).status, 404);
  answers['/o/cut'] = (_, response) => {
    response.writeHead(500, { 'Content-Length': 9 }).flushHeaders();
    response.socket?.end();
  };
  assert.equal((await get('cut')).code, 'MirrorFailed');
  answers['/o/same'] = (_, response) => void response.writeHead(304, { 'Content-Length': 9 }).end();
  assert.equal((await get('same')).status, 304);
  assert.equal(await stored(), 1);
});

test('what is sent to the origin, and where it leads', async () => {
  const headers =
    '<MirrorHeaders><PassAll>true</PassAll><Remove>X-Removed</Remove>' +
    '<Set><Key>X-Set</Key><Value>\u4e2d</Value></Set></MirrorHeaders>';
  await mirror(`${headers}<MirrorPassQueryString>true</MirrorPassQueryString>`);
  answers['/o/page?a=b&c'] = (_, response) =>
    void response.writeHead(301, { Location: '/o/next' }).end();
  answers['/o/next'] = says('next');
  const given = await get('page', {
    query: { a: 'b', c: undefined },
    as: oss.server,
    headers: { 'x-removed': '1', 'x-passed': '2', 'x-oss-own': '3', 'if-none-match': '*' },
  });
  // The client has it already, whatever it is; the origin is not asked that.
  assert.equal(given.status, 304);
  const [first, second] = asked;
  assert.equal(second?.url, '/o/next');
  for (const name of ['x-removed', 'x-oss-own', 'authorization', 'if-none-match', 'range']) {
    assert.equal(first?.headers[name], undefined, name);
  }
  assert.equal(first?.headers['x-passed'], '2');
  assert.equal(first?.headers['x-set'], Buffer.from('\u4e2d').toString('latin1'));
  assert.equal((await get('page')).text, 'next');
  await mirror('<MirrorFollowRedirect>false</MirrorFollowRedirect>');
  answers['/o/moved'] = (_, response) =>
    void response.writeHead(302, { Location: 'http://a.example/' }).end();
  const moved = await get('moved');
  assert.deepEqual([moved.status, moved.headers.location], [302, 'http://a.example/']);
});

test('HEAD asks the origin only where the rule lets it', async () => {
  await mirror();
  answers['/o/k'] = says('four');
  assert.equal((await get('k', { method: 'HEAD' })).status, 404);
  assert.equal(asked.length, 0);
  await mirror('<MirrorAllowHeadObject>true</MirrorAllowHeadObject>');
  const head = await get('k', { method: 'HEAD' });
  assert.deepEqual([head.status, head.headers['content-length']], [200, '4']);
  assert.equal((await get('k')).text, 'four');
  assert.equal(asked.length, 1);
});

test('where no rule that mirrors counts', async () => {
  await mirror();
  answers['/o/k'] = says('k');
  answers['/secret'] = says('secret');
  assert.equal((await get('../secret', { path: `/${bucket}/..%2Fsecret` })).status, 404);
  assert.equal((await get('k', { headers: { 'cdn-loop': 'a, cnamed; v=1' } })).status, 404);
  assert.equal((await get('k', { query: { versionId: 'null' } })).status, 404);
  const privately = await oss.call({
    method: 'PUT',
    bucket,
    query: { acl: undefined },
    headers: { 'x-oss-acl': 'private' },
  });
  assert.equal(privately.status, 200);
  assert.equal((await get('k')).code, 'AccessDenied');
  const body = '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>';
  await oss.call({ method: 'PUT', bucket, query: { versioning: undefined }, body });
  assert.equal((await get('k', { as: oss.server })).status, 404);
  assert.deepEqual(asked, []);
});

test('an object that is put meanwhile stays', async () => {
  await mirror();
  const { promise, resolve } = Promise.withResolvers<ServerResponse>();
  answers['/o/k'] = (_, response) => resolve(response);
  const first = get('k', { headers: { 'if-match': '*' } });
  const response = await promise;
  await oss.put(bucket, 'k', 'own');
  response.end('late');
  await first;
  assert.equal((await get('k')).text, 'own');
});
