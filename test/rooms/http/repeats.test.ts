/** Answers given again: to whom, until when, and that nobody can tell. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { HttpRequest, HttpResponse } from '../../../src/http/index.ts';
import { connectRaw, type RawClient } from '../../support/raw-client.ts';
import { type Stub, startStub, text } from './stub.ts';

const get = (target: string, headers: readonly string[] = [], method = 'GET'): string =>
  `${method} ${target} HTTP/1.1\r\n${['Host: a.example', ...headers].join('\r\n')}\r\n\r\n`;

interface Served extends Stub {
  /** Whether what was answered still stands. */
  stands: boolean;
  client: RawClient;
  ask(bytes: string, method?: string): ReturnType<RawClient['response']>;
}

/** Every answer of it may be given again. */
async function serve(
  answerTo: (request: HttpRequest) => Promise<HttpResponse> = async ({ target, method }) =>
    text(`${method} ${target}`),
  limits: Parameters<typeof startStub>[0] = {},
): Promise<Served> {
  const stub = await startStub({
    ...limits,
    handle: async (request) => {
      const answer = await answerTo(request);
      return { ...answer, repeatable: { stands: () => served.stands } };
    },
  });
  const client = await connectRaw({ port: stub.port });
  const served: Served = {
    ...stub,
    stands: true,
    client,
    ask(bytes, method) {
      client.send(bytes);
      return client.response(method);
    },
    async stop() {
      client.destroy();
      await stub.stop();
    },
  };
  return served;
}

describe('answers given again', () => {
  for (const method of ['GET', 'HEAD']) {
    for (const size of [0, 9, 15 * 1_024, 15 * 1_024 + 1, 256 * 1_024]) {
      test(`${method} of ${size} bytes: the same head and the same bytes`, async () => {
        const bytes = Buffer.alloc(size, 'every byte \xff\x00 of it', 'latin1');
        const headers = { 'Content-Type': 'text/plain', ETag: '"A"', 'x-oss-meta-a': '\xe9' };
        const body = { kind: method === 'HEAD' ? 'none' : 'bytes', bytes } as const;
        const head = method === 'HEAD' ? { headLength: size } : {};
        const stub = await serve(async () => ({ status: 200, headers, body, ...head }));
        const [first, second, third] = [
          await stub.ask(get('/x', [], method), method),
          await stub.ask(get('/x', [], method), method),
          await stub.ask(get('/x', [], method), method),
        ];
        assert.deepEqual(stub.handled, [`${method} /x`]);
        for (const again of [second, third]) {
          assert.deepEqual([again.status, again.reason], [first.status, first.reason]);
          assert.deepEqual(again.body, first.body);
          const own = ['x-oss-request-id', 'date', 'x-oss-server-time'];
          const names = first.rawHeaders.map(([name]) => name);
          assert.deepEqual(
            again.rawHeaders.map(([name]) => name),
            names,
          );
          for (const [at, [name, value]] of first.rawHeaders.entries()) {
            if (!own.includes(name.toLowerCase())) assert.equal(again.rawHeaders[at]?.[1], value);
          }
          assert.notEqual(again.headers['x-oss-request-id'], first.headers['x-oss-request-id']);
        }
        await stub.stop();
      });
    }
  }

  test('a content of untold length goes in chunks, every time', async () => {
    for (const size of [1, 20_000]) {
      const bytes = Buffer.alloc(size, 'every byte \xff\x00 of it', 'latin1');
      const body = { kind: 'bytes', bytes, isChunked: true } as const;
      const stub = await serve(async () => ({ status: 200, headers: {}, body }));
      for (let time = 0; time < 3; time++) {
        const { headers, body: got } = await stub.ask(get('/x'));
        assert.equal(headers['transfer-encoding'], 'chunked');
        assert.equal(headers['content-length'], undefined);
        assert.deepEqual(got, bytes);
      }
      assert.equal(stub.handled.length, 1);
      await stub.stop();
    }
  });

  const alike: [string, readonly string[]][] = [
    ['a browser', ['User-Agent: Mozilla/5.0', 'Accept: */*', 'Accept-Language: de', 'Cookie: a=b']],
    ['names in any case', ['USER-AGENT: x', 'aCCept: y']],
    ['where it comes from', ['Referer: https://b.example/', 'Sec-Fetch-Mode: navigate']],
    ['keep-alive', ['Connection: keep-alive']],
    ['codings without gzip', ['Accept-Encoding: br, deflate']],
  ];
  for (const [name, headers] of alike) {
    test(`${name} is like anybody`, async () => {
      const stub = await serve();
      await stub.ask(get('/x'));
      assert.equal((await stub.ask(get('/x', headers))).body.toString(), 'GET /x');
      assert.equal(stub.handled.length, 1);
      await stub.stop();
    });
  }

  const others: [string, string][] = [
    ['another target', get('/y')],
    ['a query', get('/x?a')],
    ['a target that only begins alike', get('/xgzip')],
    ['another host', 'GET /x HTTP/1.1\r\nHost: b.example\r\n\r\n'],
    ['another port', 'GET /x HTTP/1.1\r\nHost: a.example:80\r\n\r\n'],
    ['another method', get('/x', [], 'HEAD')],
    ['an absolute target', get('http://a.example/x')],
    ['HTTP/1.0', 'GET /x HTTP/1.0\r\nHost: a.example\r\nConnection: keep-alive\r\n\r\n'],
    ['two hosts', 'GET /x HTTP/1.1\r\nHost: a.example\r\nHost: a.example\r\n\r\n'],
    ['no host', 'GET /x HTTP/1.1\r\n\r\n'],
    ['another wish for the connection', get('/x', ['Connection: close, x'])],
    ['a body', get('/x', ['Content-Length: 0'])],
    ['a chunked body', `${get('/x', ['Transfer-Encoding: chunked'])}0\r\n\r\n`],
    ['gzip', get('/x', ['Accept-Encoding: gzip'])],
    ['gzip among others', get('/x', ['Accept-Encoding: br, x-gzip, a'])],
    ['any coding', get('/x', ['Accept-Encoding: *'])],
    ['weights', get('/x', ['Accept-Encoding: br;q=1'])],
    ['gzip in a second line', get('/x', ['Accept-Encoding: br', 'Accept-Encoding: gzip'])],
    ['a signature', get('/x', ['Authorization: OSS a:b'])],
    ['a range', get('/x', ['Range: bytes=0-1'])],
    ['a condition', get('/x', ['If-None-Match: "A"'])],
    ['an origin', get('/x', ['Origin: https://b.example'])],
    ['a header of the API', get('/x', ['x-oss-traffic-limit: 819200'])],
    ['a header nobody knows', get('/x', ['X-Unknown: 1'])],
    ['an upgrade', get('/x', ['Connection: Upgrade', 'Upgrade: h2c'])],
    [
      'more headers than allowed',
      get(
        '/x',
        Array.from({ length: 101 }, () => 'Accept: a'),
      ),
    ],
    ['longer headers than allowed', get('/x', [`Cookie: ${'a'.repeat(16 * 1_024)}`])],
  ];
  for (const [name, bytes] of others) {
    test(`${name} makes it another request`, async () => {
      const stub = await serve();
      await stub.ask(get('/x'));
      await stub.ask(get('/x'));
      const answered = stub.records.length;
      await stub.ask(bytes, bytes.startsWith('HEAD') ? 'HEAD' : 'GET');
      // Refused before the handler, or handled: either way by the ordinary way.
      const isRefused = stub.records.slice(answered).some(({ status }) => status >= 400);
      assert.ok(stub.handled.length === 2 || isRefused, stub.handled.join());
      await stub.stop();
    });
  }

  test('gzip has an answer of its own', async () => {
    const stub = await serve();
    for (const headers of [[], ['Accept-Encoding: gzip, br'], [], ['Accept-Encoding: gzip']]) {
      await stub.ask(get('/x', headers));
    }
    assert.equal(stub.handled.length, 2);
    await stub.stop();
  });

  test('what stands no more is made again, and kept again', async () => {
    const stub = await serve();
    await stub.ask(get('/x'));
    stub.stands = false;
    await stub.ask(get('/x'));
    await stub.ask(get('/x'));
    assert.equal(stub.handled.length, 3);
    stub.stands = true;
    await stub.ask(get('/x'));
    await stub.ask(get('/x'));
    assert.equal(stub.handled.length, 3);
    await stub.stop();
  });

  test('answers without the mark, refusals, large ones and streams are not kept', async () => {
    const stub = await startStub();
    const client = await connectRaw({ port: stub.port });
    for (let time = 0; time < 2; time++) {
      client.send(get('/x'));
      await client.response();
    }
    assert.equal(stub.handled.length, 2);
    client.destroy();
    await stub.stop();
    const large = await serve(async () => text('x'.repeat(256 * 1_024 + 1)));
    await large.ask(get('/x'));
    await large.ask(get('/x'));
    assert.equal(large.handled.length, 2);
    await large.stop();
  });

  test('the longest unused go first, and what is kept is bounded', async () => {
    const body = 'x'.repeat(256 * 1_024);
    const stub = await serve(async () => text(body));
    const count = 200;
    for (let at = 0; at < count; at++) {
      await stub.ask(get(`/${at}`));
      // Used all the time, so it stays.
      await stub.ask(get('/0'));
    }
    assert.equal(stub.handled.length, count);
    await stub.ask(get(`/${count - 1}`));
    assert.equal(stub.handled.length, count);
    await stub.ask(get('/1'));
    assert.equal(stub.handled.length, count + 1);
    await stub.stop();
  });

  test('answers come in the order of the requests, however they are made', async () => {
    let release = (): void => {};
    const stub = await serve(async ({ target }) => {
      if (target === '/slow') {
        await new Promise<void>((resolve) => {
          release = resolve;
        });
      }
      return text(target);
    });
    await stub.ask(get('/x'));
    const slow = ['X-Unknown: 1'];
    stub.client.send(get('/x') + get('/slow', slow) + get('/x') + get('/y') + get('/x'));
    assert.equal((await stub.client.response()).body.toString(), '/x');
    assert.equal(stub.client.unread().length, 0);
    release();
    for (const expected of ['/slow', '/x', '/y', '/x']) {
      assert.equal((await stub.client.response()).body.toString(), expected);
    }
    await stub.stop();
  });

  test('the last request of a connection ends it, also one that was asked before', async () => {
    const stub = await serve(undefined, { limits: { requestsPerConnectionMax: 3 } });
    for (const expected of [undefined, undefined, 'close']) {
      const { headers } = await stub.ask(get('/x'));
      if (expected !== undefined) assert.equal(headers.connection, expected);
    }
    assert.equal(await stub.client.closed(), 'end');
    await stub.stop();
  });

  test('a client that ends the connection is answered as before, and gets no more', async () => {
    const stub = await serve();
    const kept = await stub.ask(get('/x'));
    const client = await connectRaw({ port: stub.port });
    client.send(get('/x', ['Connection: close']) + get('/x'));
    const last = await client.response();
    assert.deepEqual([last.status, last.body], [kept.status, kept.body]);
    assert.equal(last.headers.connection, 'close');
    assert.equal(last.headers['keep-alive'], undefined);
    assert.equal(await client.closed(), 'end');
    assert.equal(client.unread().length, 0);
    assert.equal(stub.handled.length, 1);
    await stub.stop();
  });

  test('a listener that ends says so with every answer', async () => {
    const stub = await serve();
    await stub.ask(get('/x'));
    stub.listener.announceEnd();
    assert.equal((await stub.ask(get('/x'))).headers.connection, 'close');
    assert.equal(await stub.client.closed(), 'end');
    await stub.stop();
  });

  test('each is in the log', async () => {
    const stub = await serve();
    await stub.ask(get('/x', ['User-Agent: first']));
    await stub.ask(get('/x', ['User-Agent: second']));
    const again = await stub.ask(get('/x', ['User-Agent: third']));
    await stub.ask(get('/end', ['X-Unknown: 1']));
    const record = stub.records.find(({ userAgent }) => userAgent === 'third');
    assert.ok(record);
    const { requestId, method, host, target, status, bodyBytes, isComplete } = record;
    assert.deepEqual(
      { requestId, method, host, target, status, bodyBytes, isComplete },
      {
        requestId: again.headers['x-oss-request-id'],
        method: 'GET',
        host: 'a.example',
        target: '/x',
        status: 200,
        bodyBytes: 6,
        isComplete: true,
      },
    );
    await stub.stop();
  });
});
