/** Callbacks of uploads on the wire, with a receiver that verifies as receivers do. */
import assert from 'node:assert/strict';
import { verify } from 'node:crypto';
import {
  createServer,
  type IncomingHttpHeaders,
  type RequestListener,
  type Server,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { code, type DnsServer, reply, startDnsServer } from '../../support/dns-server.ts';
import { formBody, formType, policyText, signFormV1 } from '../../support/forms.ts';
import { type Answer, type Call, openRawOss, type RawOss, textOf } from './raw-oss.ts';

interface Received {
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let oss: RawOss;
let bucket: string;
let receiver: Server;
let dns: DnsServer;
let received: Received[] = [];
let host: string;
/** Told when the request for `/slow` is there, which is never answered. */
let slow: () => void = () => {};

/** By path; anything else is answered as a good receiver would. */
const answers: Readonly<Record<string, RequestListener>> = {
  '/404': (_, response) => void response.writeHead(404).end('{}'),
  '/301': (_, response) => void response.writeHead(301, { Location: '/' }).end('{}'),
  '/text': (_, response) => void response.end('OK'),
  '/chunked': (_, response) => {
    response.write('{');
    response.end('}');
  },
  '/long': (_, response) => void response.end(JSON.stringify('x'.repeat(1024 * 1024))),
  '/slow': () => slow(),
  '/cut': (_, response) => void response.socket?.destroy(),
};
const good = '{"Status":"OK"}';

before(async () => {
  receiver = createServer(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const { url: target = '', headers } = incoming;
    received.push({ target, headers, body: Buffer.concat(chunks).toString('utf8') });
    const answer = answers[target];
    if (answer) answer(incoming, response);
    else response.end(good);
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  host = `127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  dns = await startDnsServer();
  for (const name of ['inside.example', 'nobody.example']) {
    dns.script(name, (question, replier) => {
      const type = question.type === 'A' ? 'A' : 'AAAA';
      const isThere = name === 'inside.example' && type === 'A';
      const answers = isThere ? [{ type: 'A' as const, name, ttl: 60, data: '10.0.0.1' }] : [];
      const rcode = name === 'inside.example' ? code.noError : code.nxdomain;
      replier.send(reply(question, answers, { rcode, questions: [{ type, name }] }));
    });
  }
  oss = await openRawOss({
    ENDPOINT: 'oss.example.net,localhost',
    OUTBOUND_ALLOW: '127.0.0.1',
    DNS_SERVERS: dns.server,
  });
  bucket = await oss.bucket();
});
after(async () => {
  receiver.closeAllConnections();
  receiver.close();
  await oss.close();
  await dns.close();
});

const base64 = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64');

const callback = (more: Readonly<Record<string, unknown>> = {}): string =>
  base64({ callbackUrl: host, callbackBody: 'object=${object}', ...more });

/** Puts with the callback and returns what was heard and what was received. */
async function put(
  key: string,
  headers: Record<string, string>,
  more: Call = {},
): Promise<{ answer: Answer; calls: Received[] }> {
  received = [];
  const answer = await oss.call({ method: 'PUT', bucket, key, body: 'content', headers, ...more });
  return { answer, calls: received };
}

const isThere = async (key: string): Promise<boolean> =>
  (await oss.call({ bucket, key })).status === 200;

test('an upload in parts calls back when it is completed', async () => {
  const begun = await oss.call({
    method: 'POST',
    bucket,
    key: 'parts',
    query: { uploads: undefined },
  });
  const query = { uploadId: textOf(begun.text, 'UploadId') };
  const headers = { 'x-oss-callback': callback() };
  const body = '<CompleteMultipartUpload/>';
  const { answer, calls } = await put('parts', headers, { method: 'POST', query, body });
  assert.deepEqual([answer.status, answer.text], [200, good]);
  assert.deepEqual(
    calls.map((call) => call.body),
    ['object=parts'],
  );
  assert.ok(await isThere('parts'));
});

test('the receiver is told what the callback says, and its answer is that of the upload', async () => {
  const body =
    'b=${bucket}&o=${object}&e=${etag}&s=${size}&m=${mimeType}&h=${imageInfo.height}&v=${x:own}';
  const { answer, calls } = await put('a b/\u4e2d.txt', {
    'x-oss-callback': callback({ callbackUrl: `${host}/hook%20here?x=%41`, callbackBody: body }),
    'x-oss-callback-var': base64({ 'x:own': 'my & value' }),
    'content-type': 'text/plain',
  });
  assert.deepEqual([answer.status, answer.text], [200, good]);
  const { headers } = answer;
  assert.equal(headers['content-type'], 'application/json');
  assert.match(headers['x-oss-hash-crc64ecma'] ?? '', /^\d+$/);
  const [call, ...others] = calls;
  assert.ok(call && others.length === 0);
  assert.equal(call.target, '/hook%20here?x=%41');
  const etag = headers.etag?.replaceAll('"', '');
  const object = 'a%20b%2F%E4%B8%AD.txt';
  const mime = 'text%2Fplain';
  const filled = `b=${bucket}&o=${object}&e=${etag}&s=7&m=${mime}&h=&v=my%20%26%20value`;
  assert.equal(call.body, filled);
  assert.equal(call.headers.host, host);
  assert.equal(call.headers['user-agent'], 'http-client/0.0.1');
  assert.equal(call.headers['content-type'], 'application/x-www-form-urlencoded');
  assert.equal(call.headers['content-length'], String(Buffer.byteLength(filled)));
  assert.equal(call.headers['x-oss-request-id'], headers['x-oss-request-id']);
  assert.equal(call.headers['x-oss-bucket'], bucket);
  assert.equal(await isThere('a b/\u4e2d.txt'), true);
});

test('a receiver can verify who calls, with the key it is told of', async () => {
  const url = `${host}/hook%20here?x=%41`;
  const { calls } = await put('k', { 'x-oss-callback': callback({ callbackUrl: url }) });
  const [call] = calls;
  assert.ok(call);
  const address = new URL(
    Buffer.from(String(call.headers['x-oss-pub-key-url']), 'base64').toString(),
  );
  assert.equal(address.host, `oss.example.net:${oss.server.httpPort}`);
  const key = await oss.call({ path: address.pathname, host: address.host, as: 'anonymous' });
  assert.equal(key.status, 200);
  assert.match(key.text, /^-----BEGIN PUBLIC KEY-----/);
  const signature = Buffer.from(call.headers.authorization ?? '', 'base64');
  const signs = (text: string): boolean => verify('md5', Buffer.from(text), key.text, signature);
  assert.equal(signs(`/hook here?x=%41\n${call.body}`), true);
  assert.equal(signs(`/hook here?x=%41\n${call.body}x`), false);
  const again = await oss.call({ path: address.pathname, as: 'anonymous' });
  assert.equal(again.text, key.text);
  const head = await oss.call({ method: 'HEAD', path: address.pathname, as: 'anonymous' });
  assert.deepEqual([head.status, head.headers['content-length']], [200, String(key.body.length)]);
  // Of a bucket's own host it is a key like any other.
  const tenant = { path: address.pathname, host: `${bucket}.oss.example.net` };
  assert.equal((await oss.call({ ...tenant, as: 'anonymous' })).code, 'AccessDenied');
});

test('JSON bodies, another host, images, and the address that answers', async () => {
  const png = Buffer.from('89504e470d0a1a0a0000000d494844520000019000000010b0', 'hex');
  const { answer, calls } = await put(
    'i.png',
    {
      'x-oss-callback': callback({
        callbackUrl: `${host}/404;127.0.0.1:1;${host}/good;${host}/never`,
        callbackHost: 'hook.example',
        callbackBody: '{"o":${object},"s":${size},"w":${imageInfo.width},"f":${imageInfo.format}}',
        callbackBodyType: 'application/json',
      }),
    },
    { body: png },
  );
  assert.deepEqual([answer.status, answer.text], [200, good]);
  assert.deepEqual(
    calls.map(({ target }) => target),
    ['/404', '/good'],
  );
  const [, call] = calls;
  assert.equal(call?.headers.host, 'hook.example');
  assert.equal(call?.headers['content-type'], 'application/json');
  assert.deepEqual(JSON.parse(call?.body ?? ''), { o: 'i.png', s: png.length, w: 400, f: 'png' });
});

test('whatever goes wrong with the call, the object stands', async () => {
  const noConnection = 'Error status : -1.OSS can not connect to your callbackUrl, please check it';
  const tooLong = 'Error status : 400.User serve return too long content-length value';
  const table: [string, string, string][] = [
    ['/404', 'Error status : 404.', '0007-00000203'],
    ['/301', 'Error status : 301.', '0007-00000203'],
    ['/text', 'Response body is not valid json format', '0007-00000205'],
    ['/chunked', tooLong, '0007-00000203'],
    ['/long', tooLong, '0007-00000203'],
    ['/cut', noConnection, '0007-00000203'],
  ];
  for (const [path, message, ec] of table) {
    const url = `${host}${path}`;
    const { answer } = await put(
      path,
      { 'x-oss-callback': callback({ callbackUrl: url }) },
      {
        key: `k${path}`,
      },
    );
    assert.deepEqual([answer.status, answer.code], [203, 'CallbackFailed'], path);
    assert.equal(textOf(answer.text, 'Message'), message);
    assert.equal(answer.headers['x-oss-ec'], ec);
    assert.match(answer.headers.etag ?? '', /^"[0-9A-F]{32}"$/);
    assert.equal(await isThere(`k${path}`), true);
  }
  const nobody = await put('nobody', {
    'x-oss-callback': callback({ callbackUrl: 'nobody.example' }),
  });
  assert.equal(textOf(nobody.answer.text, 'Message'), noConnection);
});

test('callbacks that are refused leave nothing behind and call nobody', async () => {
  const hosts = [
    'http://192.168.1.1',
    '10.0.0.1:80',
    '169.254.169.254',
    '[::1]',
    '127.0.0.2',
    'inside.example',
  ];
  for (const url of hosts) {
    const { answer } = await put('never', { 'x-oss-callback': callback({ callbackUrl: url }) });
    assert.deepEqual([answer.status, answer.headers['x-oss-ec']], [400, '0007-00000008'], url);
    assert.equal(textOf(answer.text, 'Message'), 'Private address is forbidden to callback.');
  }
  const table: [Record<string, string>, string, string][] = [
    [{ 'x-oss-callback': 'error argument' }, 'not base64 encoded', '9017-00000003'],
    [{ 'x-oss-callback': base64('error argument') }, 'not json format', '9017-00000003'],
    [{ 'x-oss-callback': callback({ callbackUrl: 'my' }) }, 'url configuration', '0007-00000004'],
    [
      { 'x-oss-callback': callback({ callbackUrl: 'a.b;a.b;a.b;a.b;a.b;a.b' }) },
      'number of callback url',
      '0007-00000005',
    ],
    [
      { 'x-oss-callback': callback(), 'x-oss-callback-var': base64({ 'x:a': 'A'.repeat(9_000) }) },
      'length of callback-var',
      '9017-00000003',
    ],
  ];
  for (const [headers, message, ec] of table) {
    const { answer, calls } = await put('never', headers);
    assert.deepEqual(
      [answer.status, answer.code, answer.headers['x-oss-ec']],
      [400, 'InvalidArgument', ec],
    );
    assert.ok(answer.text.includes(message), answer.text);
    assert.equal(calls.length, 0);
  }
  assert.equal(await isThere('never'), false);
});

test('in the query as in the header, never in both, and only for uploads', async () => {
  const asked = { callback: callback(), 'callback-var': base64({ 'x:a': 'b' }) };
  const { answer, calls } = await put('q', {}, { query: asked });
  assert.deepEqual([answer.status, answer.text, calls.length], [200, good, 1]);
  for (const name of ['callback', 'callback-var'] as const) {
    const headers = { 'x-oss-callback': callback(), [`x-oss-${name}`]: asked[name] };
    const query =
      name === 'callback' ? { callback: asked.callback } : { 'callback-var': asked[name] };
    const both = await put('never', headers, { query });
    assert.deepEqual([both.answer.status, both.answer.code], [400, 'InvalidArgument']);
    const message = `Either the ${name} query string parameter or the x-oss-${name} header should`;
    assert.ok(both.answer.text.includes(message), both.answer.text);
  }
  const read = await oss.call({ bucket, key: 'q', query: { callback: callback() } });
  assert.deepEqual([read.status, read.code], [400, 'NotImplemented']);
  const copy = await put('never', {
    'x-oss-copy-source': `/${bucket}/q`,
    'x-oss-callback': callback(),
  });
  assert.deepEqual([copy.answer.status, copy.answer.code], [400, 'NotImplemented']);
  assert.equal(await isThere('never'), false);
});

test('a callback that the bucket keeps is called by its name', async () => {
  const named = { 'x-oss-callback': base64({ callbackPolicy: 'mine' }) };
  const none = await put('never', named);
  assert.deepEqual([none.answer.status, none.answer.code], [404, 'BucketCallbackPolicyNotExist']);
  const kept = callback({ callbackBody: 'a=${x:a}&b=${x:b}' });
  const document =
    '<BucketCallbackPolicy><PolicyItem><PolicyName>mine</PolicyName>' +
    `<Callback>${kept}</Callback><CallbackVar>${base64({ 'x:a': 'kept', 'x:b': 'kept' })}</CallbackVar>` +
    '</PolicyItem></BucketCallbackPolicy>';
  const query = { policy: undefined, comp: 'callback' };
  assert.equal((await oss.call({ method: 'PUT', bucket, query, body: document })).status, 200);
  const { answer, calls } = await put('by-name', {
    ...named,
    'x-oss-callback-var': base64({ 'x:b': 'own' }),
  });
  assert.deepEqual([answer.status, answer.text], [200, good]);
  assert.deepEqual(
    calls.map(({ body }) => body),
    ['a=kept&b=own'],
  );
});

test('a form with a callback', async () => {
  const policy = policyText(oss.world.clock.now() + 60_000, [{ bucket }]);
  const form = (url: string): Promise<Answer> => {
    received = [];
    const fields: [string, string][] = [
      ['key', 'form/${filename}'],
      ['success_action_status', '201'],
      ['callback', callback({ callbackUrl: url, callbackBody: '${object}|${x:own}|${operation}' })],
      ['X:own', 'mine'],
      ...(signFormV1(oss.server, policy) as [string, string][]),
    ];
    const body = formBody(fields, { name: 'a.txt', content: 'content' });
    const headers = { 'content-type': formType };
    return oss.call({ method: 'POST', bucket, as: 'anonymous', headers, body });
  };
  const answer = await form(host);
  assert.deepEqual([answer.status, answer.text], [200, good]);
  assert.equal(answer.headers['content-type'], 'application/json');
  assert.deepEqual(
    received.map(({ body }) => body),
    ['form%2Fa.txt|mine|PostObject'],
  );
  const failed = await form(`${host}/404`);
  assert.deepEqual([failed.status, failed.code], [203, 'CallbackFailed']);
});

test('a receiver that takes too long is not waited for', async () => {
  const { timers } = oss.world;
  let arrived: () => void = () => {};
  const called = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  // The budget of the call is over when the receiver has the request, and not before.
  const delay: typeof timers.delay = (ms, signal) =>
    ms === 5_000 ? called : timers.delay(ms, signal);
  Object.assign(oss.world, { timers: { ...timers, delay } });
  try {
    slow = arrived;
    const { answer } = await put('slow', {
      'x-oss-callback': callback({ callbackUrl: `${host}/slow` }),
    });
    assert.deepEqual([answer.status, answer.code], [203, 'CallbackFailed']);
    assert.equal(textOf(answer.text, 'Message'), 'Cost too long time');
    assert.equal(answer.headers['x-oss-ec'], '0007-00000202');
    assert.equal(await isThere('slow'), true);
  } finally {
    Object.assign(oss.world, { timers });
  }
});
