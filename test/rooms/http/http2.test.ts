/** Requests and answers over HTTP/2, by a client of the runtime (RFC 9113). */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2';
import { after, test } from 'node:test';
import { createAuthority } from '../../support/certificates.ts';
import { type Stub, startStub, text } from './stub.ts';

const leaf = await (await createAuthority()).issue({ names: ['a.example'] });
const tls = { cert: leaf.chainPem, key: leaf.keyPem, ALPNProtocols: ['h2', 'http/1.1'] };
const sessions: ClientHttp2Session[] = [];
after(() => {
  for (const session of sessions) session.destroy();
});

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly code: number;
}

async function serve(options: Parameters<typeof startStub>[0] = {}) {
  const stub = await startStub({ ...options, tls });
  const session = connect(`https://127.0.0.1:${stub.port}`, {
    rejectUnauthorized: false,
    servername: 'a.example',
  });
  session.on('error', () => {});
  sessions.push(session);
  return { stub, session };
}

const ask = (session: ClientHttp2Session, path: string, more: OutgoingHttpHeaders = {}) =>
  session.request({ ':path': path, ':authority': 'a.example', ...more });

async function answerOf(stream: ClientHttp2Stream): Promise<Answer> {
  let headers: IncomingHttpHeaders = {};
  const chunks: Buffer[] = [];
  stream.on('response', (received) => {
    headers = received;
  });
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.on('error', () => {});
  await once(stream, 'close').catch(() => {});
  const status = Number((headers as Record<string, unknown>)[':status'] ?? 0);
  return { status, headers, body: Buffer.concat(chunks), code: stream.rstCode };
}

const get = (session: ClientHttp2Session, path: string, more?: OutgoingHttpHeaders) =>
  answerOf(ask(session, path, more));

test('GET and HEAD: the common headers, no header of a connection, a line in the log', async () => {
  const { stub, session } = await serve();
  const { status, headers, body } = await get(session, '/x?a=b', { 'x-y': '\xe9' });
  assert.deepEqual([status, body.toString()], [200, 'GET /x?a=b']);
  assert.match(String(headers['x-oss-request-id']), /^[0-9A-F]{24}$/);
  assert.equal(headers['content-length'], '10');
  assert.equal(headers.connection, undefined);
  const head = await get(session, '/x', { ':method': 'HEAD' });
  assert.deepEqual([head.status, head.body.length], [200, 0]);
  assert.equal(head.headers['content-length'], '7');
  const [record] = stub.records;
  assert.deepEqual(
    [record?.method, record?.host, record?.target, record?.status, record?.isComplete],
    ['GET', 'a.example', '/x?a=b', 200, true],
  );
  assert.deepEqual([record?.bodyBytes, record?.isSecure], [10, true]);
  await stub.stop();
});

test('Host and :authority must agree, and what is no request of HTTP/1 is none here', async () => {
  const { stub, session } = await serve();
  assert.equal((await get(session, '/x', { host: 'A.example' })).status, 200);
  assert.equal((await get(session, '/x', { host: 'b.example' })).status, 400);
  const withUser = await get(session, '/x', { ':authority': 'u@a.example' });
  assert.equal(withUser.code, constants.NGHTTP2_PROTOCOL_ERROR);
  assert.equal((await get(session, `/${'x'.repeat(9_000)}`)).status, 414);
  assert.equal((await get(session, '/x', { 'x-a': 'y'.repeat(17_000) })).status, 431);
  assert.equal((await get(session, '/x', { ':scheme': 'ftp' })).status, 400);
  const many = Object.fromEntries(Array.from({ length: 101 }, (_, at) => [`x-${at}`, 'y']));
  assert.equal((await get(session, '/x', many)).status, 431);
  const tunnel = session.request({ ':method': 'CONNECT', ':authority': 'a.example' });
  assert.equal((await answerOf(tunnel)).status, 405);
  assert.equal(stub.handled.length, 1);
  // None of it costs the connection.
  assert.equal((await get(session, '/y')).status, 200);
  await stub.stop();
});

test('bodies: with and without a length, after 100 Continue, refused unread', async () => {
  const { stub, session } = await serve();
  const put = ask(session, '/x', { ':method': 'PUT' });
  put.end('no length');
  assert.equal((await answerOf(put)).body.toString(), 'PUT /x no length');
  const waiting = ask(session, '/x', { ':method': 'PUT', expect: '100-continue' });
  waiting.on('continue', () => waiting.end('asked'));
  assert.equal((await answerOf(waiting)).body.toString(), 'PUT /x asked');
  const refused = ask(session, '/refused', { ':method': 'PUT' });
  refused.write('half of it');
  const answer = await answerOf(refused);
  assert.deepEqual([answer.status, answer.body.toString(), answer.code], [403, 'refused', 0]);
  const short = ask(session, '/x', { ':method': 'PUT', 'content-length': '10' });
  short.end('short');
  assert.equal((await answerOf(short)).code, constants.NGHTTP2_PROTOCOL_ERROR);
  assert.equal((await get(session, '/y')).status, 200);
  await stub.stop();
});

test('50 MiB up and down again, no faster than the reader', async () => {
  const size = 50 * 1_024 * 1_024;
  let ahead = 0;
  let taken = 0;
  const { stub, session } = await serve({
    async handle(request) {
      if (request.method === 'PUT') {
        for await (const chunk of request.body.stream()) taken += chunk.length;
        return text(String(taken));
      }
      const source = {
        async read(target: Uint8Array, position: number) {
          target.fill(position / 65_536);
          ahead = Math.max(ahead, position + target.length - received);
          return target.length;
        },
        async close() {},
      };
      return { status: 200, headers: {}, body: { kind: 'source', source, start: 0, length: size } };
    },
  });
  const put = ask(session, '/x', { ':method': 'PUT' });
  const chunk = Buffer.alloc(1_024 * 1_024);
  const done = answerOf(put);
  for (let at = 0; at < 50; at++) if (!put.write(chunk)) await once(put, 'drain');
  put.end();
  assert.equal((await done).body.toString(), String(size));
  let received = 0;
  for await (const piece of ask(session, '/x')) received += (piece as Buffer).length;
  assert.equal(received, size);
  assert.ok(ahead < 2 * 1_024 * 1_024, `${ahead} bytes ahead of the reader`);
  await stub.stop();
});

test('a stream is answered while others wait, and the log tells of those who went', async () => {
  let release = (): void => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { stub, session } = await serve({
    async handle({ rawPath }) {
      if (rawPath === '/held') await held;
      return text(rawPath);
    },
  });
  const gone = ask(session, '/held');
  const slow = get(session, '/held');
  const quick = await Promise.all(Array.from({ length: 90 }, (_, at) => get(session, `/${at}`)));
  assert.deepEqual(
    quick.map(({ body }) => body.toString()),
    quick.map((_, at) => `/${at}`),
  );
  gone.close(constants.NGHTTP2_CANCEL);
  assert.equal((await get(session, '/z')).status, 200);
  release();
  assert.equal((await slow).body.toString(), '/held');
  const cut = stub.records.filter(({ isComplete }) => !isComplete);
  assert.deepEqual(
    cut.map(({ target, status }) => [target, status]),
    [['/held', 0]],
  );
  await stub.stop();
});

test('a body that breaks is reset and never looks whole', async () => {
  async function* broken() {
    yield Buffer.from('the first half');
    throw new Error('the disk is gone');
  }
  const { stub, session } = await serve({
    handle: async () => ({
      status: 200,
      headers: {},
      body: { kind: 'stream', length: undefined, chunks: broken(), async close() {} },
    }),
  });
  const stream = ask(session, '/x');
  let hasEnded = false;
  stream.on('end', () => {
    hasEnded = stream.rstCode === 0;
  });
  assert.equal((await answerOf(stream)).code, constants.NGHTTP2_INTERNAL_ERROR);
  assert.equal(hasEnded, false);
  assert.equal(stub.records[0]?.isComplete, false);
  await stub.stop();
});

test('answers are given again, with the same head', async () => {
  const { stub, session } = await serve({
    handle: async ({ method }) => ({ ...text(method), repeatable: { stands: () => true } }),
  });
  const [first, again] = [await get(session, '/x'), await get(session, '/x')];
  assert.equal(stub.handled.length, 1);
  assert.deepEqual(Object.keys(again.headers), Object.keys(first.headers));
  assert.deepEqual([again.status, again.body], [first.status, first.body]);
  assert.notEqual(again.headers['x-oss-request-id'], first.headers['x-oss-request-id']);
  // With a body to come it is another request.
  const posted = ask(session, '/x', { ':method': 'GET' });
  posted.end('body');
  await answerOf(posted);
  await get(session, '/x', { range: 'bytes=0-1' });
  assert.equal(stub.records[1]?.host, 'a.example');
  assert.equal(stub.handled.length, 2);
  await stub.stop();
});

async function drained(stub: Stub, session: ClientHttp2Session, end: () => Promise<void> | void) {
  let release = (): void => {};
  held.promise = new Promise<void>((resolve) => {
    release = resolve;
  });
  const running = get(session, '/held');
  await get(session, '/seen');
  const told = once(session, 'goaway');
  const over = end();
  const [code] = await told;
  release();
  assert.deepEqual([code, (await running).status], [0, 200]);
  if (!session.destroyed) await once(session, 'close');
  await over;
  await stub.stop();
}
const held = { promise: Promise.resolve() };
const holding = {
  async handle({ rawPath }: { rawPath: string }) {
    if (rawPath === '/held') await held.promise;
    return text(rawPath);
  },
};

test('the drain tells the client, and what runs is answered', async () => {
  const { stub, session } = await serve(holding);
  await drained(stub, session, () => stub.listener.drain(10_000));
});

test('the end that is announced is told at once', async () => {
  const { stub, session } = await serve(holding);
  await drained(stub, session, () => stub.listener.announceEnd());
});

test('connections that nobody uses end', async () => {
  const { stub, session } = await serve();
  await get(session, '/x');
  await once(session, 'close');
  await stub.stop();
});
