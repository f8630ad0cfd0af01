import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { HttpRequest, HttpResponse } from '../../../src/http/index.ts';
import { connectRaw } from '../../support/raw-client.ts';
import { echo, type Stub, startStub, text } from './stub.ts';

const host = 'Host: a.example\r\n';
const get = (target: string): string => `GET ${target} HTTP/1.1\r\n${host}\r\n`;

/** A promise and the function that fulfils it. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

describe('requests sent ahead', () => {
  test('run one after the other and are answered in order', async () => {
    const first = gate();
    const stub = await startStub({
      handle: async (request) => {
        if (request.target === '/1') await first.opened;
        return text(request.target);
      },
    });
    try {
      const client = await connectRaw({ port: stub.port });
      client.send(get('/1') + get('/2') + get('/3'));
      // A request of another connection passes all that wait here.
      const other = await connectRaw({ port: stub.port });
      other.send(get('/other'));
      assert.equal(String((await other.response()).body), '/other');
      assert.deepEqual(stub.handled, ['GET /1', 'GET /other']);
      first.open();
      for (const expected of ['/1', '/2', '/3']) {
        assert.equal(String((await client.response()).body), expected);
      }
      client.destroy();
      other.destroy();
    } finally {
      await stub.stop();
    }
  });

  test('stand right behind a body that was answered with its last byte', async () => {
    const stub = await startStub();
    try {
      const client = await connectRaw({ port: stub.port });
      const put = (body: string, length: number): string =>
        `PUT /p HTTP/1.1\r\n${host}Content-Length: ${length}\r\n\r\n${body}`;
      for (let round = 0; round < 3; round++) {
        client.send(put('ab', 4));
        client.send(`cd${put('xyz', 3)}${get('/g')}`);
        for (const expected of ['PUT /p abcd', 'PUT /p xyz', 'GET /g']) {
          assert.equal(String((await client.response()).body), expected);
        }
      }
      client.destroy();
      assert.deepEqual(stub.faults, []);
    } finally {
      await stub.stop();
    }
  });

  test('beyond the bound cost the connection', async () => {
    const never = gate();
    const stub = await startStub({
      limits: { pipelinedMax: 5 },
      handle: async () => {
        await never.opened;
        return text('late');
      },
    });
    const client = await connectRaw({ port: stub.port });
    client.send(get('/').repeat(7));
    await client.closed();
    never.open();
    assert.deepEqual(stub.handled, ['GET /']);
    await stub.stop();
  });

  test('a refusal is answered after what came before it, then the connection closes', async () => {
    const first = gate();
    const stub = await startStub({
      handle: async () => {
        await first.opened;
        return text('first');
      },
    });
    const client = await connectRaw({ port: stub.port });
    client.send(`${get('/1')}GET /2 HTTP/1.1\r\nbroken\r\n\r\n${get('/3')}`);
    first.open();
    assert.equal(String((await client.response()).body), 'first');
    assert.equal(String((await client.response()).body), 'MalformedRequest');
    await client.closed();
    assert.equal(client.unread().length, 0);
    assert.deepEqual(stub.handled, ['GET /1']);
    await stub.stop();
  });

  test('a connection that announced its last request answers it and nothing more', async () => {
    const stub = await startStub();
    const client = await connectRaw({ port: stub.port });
    client.send(`GET /1 HTTP/1.1\r\n${host}Connection: close\r\n\r\n${get('/2')}`);
    assert.equal(String((await client.response()).body), 'GET /1');
    await client.closed();
    assert.deepEqual(stub.handled, ['GET /1']);
    await stub.stop();
  });
});

describe('bodies nobody read', () => {
  let stub: Stub;
  before(async () => {
    stub = await startStub();
  });
  after(() => stub.stop());

  test('a refused upload in full flow still sees its answer', async () => {
    const client = await connectRaw({ port: stub.port });
    client.send(`PUT /refused HTTP/1.1\r\n${host}Content-Length: 8000000\r\n\r\n`);
    for (let sent = 0; sent < 8; sent++) client.send(Buffer.alloc(1_000_000, 'x'));
    const response = await client.response();
    assert.equal(response.status, 403);
    assert.equal(response.headers.connection, 'close');
    assert.equal(await client.closed(), 'end');
  });

  for (const [name, framing, body] of [
    ['of known length', 'Content-Length: 65536', 'x'.repeat(65_536)],
    ['in chunks', 'Transfer-Encoding: chunked', `8000\r\n${'x'.repeat(32_768)}\r\n0\r\n\r\n`],
  ] as const) {
    test(`a small body of GET ${name} is read past`, async () => {
      const client = await connectRaw({ port: stub.port });
      client.send(`GET /x HTTP/1.1\r\n${host}${framing}\r\n\r\n${body}${get('/2')}`);
      assert.equal(String((await client.response()).body), 'GET /x');
      assert.equal(String((await client.response()).body), 'GET /2');
      client.destroy();
    });
  }

  test('a large body of DELETE closes the connection after the answer', async () => {
    const client = await connectRaw({ port: stub.port });
    client.send(`DELETE /x HTTP/1.1\r\n${host}Content-Length: 65537\r\n\r\n${'x'.repeat(65_537)}`);
    const response = await client.response();
    assert.equal(response.headers.connection, 'close');
    assert.equal(await client.closed(), 'end');
  });

  test('an endless chunked body of GET is cut after 64 KiB', async () => {
    const client = await connectRaw({ port: stub.port });
    client.send(`GET /x HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n`);
    assert.equal((await client.response()).status, 200);
    client.send(`20000\r\n${'x'.repeat(0x20000)}\r\n`);
    await client.closed();
  });

  test('a body of GET that never comes does not hold the connection', async () => {
    const client = await connectRaw({ port: stub.port });
    client.send(`GET /x HTTP/1.1\r\n${host}Content-Length: 10\r\n\r\n`);
    assert.equal((await client.response()).status, 200);
    await client.closed();
  });
});

describe('Expect: 100-continue', () => {
  let stub: Stub;
  before(async () => {
    stub = await startStub();
  });
  after(() => stub.stop());
  const head = (target: string): string =>
    `PUT ${target} HTTP/1.1\r\n${host}Expect: 100-continue\r\nContent-Length: 3\r\n\r\n`;

  test('is answered when the body is asked for, once', async () => {
    const client = await connectRaw({ port: stub.port });
    client.send(head('/x'));
    assert.equal((await client.response()).status, 100);
    client.send(`abc${get('/2')}`);
    assert.equal(String((await client.response()).body), 'PUT /x abc');
    assert.equal(String((await client.response()).body), 'GET /2');
    client.destroy();
  });

  test('is not answered when the request is refused; the connection closes', async () => {
    const client = await connectRaw({ port: stub.port });
    client.send(head('/refused'));
    const response = await client.response();
    assert.equal(response.status, 403);
    assert.equal(response.headers.connection, 'close');
    assert.equal(await client.closed(), 'end');
  });

  test('a body sent without waiting never becomes a request', async () => {
    const client = await connectRaw({ port: stub.port });
    stub.handled.length = 0;
    client.send(`${head('/refused')}${get('/smuggled')}`);
    assert.equal((await client.response()).status, 403);
    await client.closed();
    assert.deepEqual(stub.handled, ['PUT /refused']);
  });
});

describe('slow and vanishing clients', () => {
  test('an upload below the minimum rate ends with RequestTimeout', async () => {
    const stub = await startStub({
      limits: { uploadWindowMs: 300, uploadBytesPerSecondMin: 1_000 },
    });
    const client = await connectRaw({ port: stub.port });
    client.send(`PUT /x HTTP/1.1\r\n${host}Content-Length: 1000\r\n\r\n`);
    const drip = setInterval(() => client.send('x'), 20);
    const response = await client.response();
    clearInterval(drip);
    assert.equal(`${response.status} ${response.body}`, '400 RequestTimeout');
    await client.closed();
    await stub.stop();
  });

  test('an upload above the minimum rate may take many windows', async () => {
    const stub = await startStub({ limits: { uploadWindowMs: 100, uploadBytesPerSecondMin: 100 } });
    const client = await connectRaw({ port: stub.port });
    client.send(`PUT /x HTTP/1.1\r\n${host}Content-Length: 3000\r\n\r\n`);
    let sent = 0;
    const flow = setInterval(() => {
      client.send('x'.repeat(100));
      sent += 100;
      if (sent === 3_000) clearInterval(flow);
    }, 15);
    const response = await client.response();
    assert.equal(response.status, 200);
    assert.equal(response.body.length, 'PUT /x '.length + 3_000);
    client.destroy();
    await stub.stop();
  });

  test('a handler that is slow itself is no fault of the client', async () => {
    const read = gate();
    const stub = await startStub({
      limits: { uploadWindowMs: 100, writeStallMs: 100 },
      handle: async (request) => {
        const bytes: Buffer[] = [];
        for await (const chunk of request.body.stream()) {
          bytes.push(chunk);
          await read.opened;
        }
        return text(`${Buffer.concat(bytes).length}`);
      },
    });
    const client = await connectRaw({ port: stub.port });
    client.send(`PUT /x HTTP/1.1\r\n${host}Content-Length: 200000\r\n\r\n${'x'.repeat(200_000)}`);
    await new Promise((resolve) => setTimeout(resolve, 400));
    read.open();
    assert.equal(String((await client.response()).body), '200000');
    client.destroy();
    await stub.stop();
  });

  test('a client that leaves half way fails the body and aborts the signal', async () => {
    const seen: string[] = [];
    const over = gate();
    const stub = await startStub({
      handle: async (request) => {
        request.signal.addEventListener('abort', () => seen.push('aborted'));
        const answer = await echo(request);
        if (answer.body.kind === 'bytes') seen.push(Buffer.from(answer.body.bytes).toString());
        over.open();
        return answer;
      },
    });
    const client = await connectRaw({ port: stub.port });
    client.send(`PUT /x HTTP/1.1\r\n${host}Content-Length: 100\r\n\r\nabc`);
    while (stub.handled.length === 0) await new Promise((resolve) => setImmediate(resolve));
    client.destroy();
    await over.opened;
    while (stub.records.length === 0) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(seen, ['RequestTimeout', 'aborted']);
    await stub.stop();
  });

  test('headers that do not arrive end with RequestTimeout', async () => {
    const stub = await startStub();
    const client = await connectRaw({ port: stub.port });
    client.send('GET /x HTTP/1.1\r\nHost: a.exam');
    const response = await client.response();
    assert.equal(`${response.status} ${response.body}`, '400 RequestTimeout');
    await client.closed();
    await stub.stop();
  });

  test('a connection that is never used closes without a word', async () => {
    const stub = await startStub();
    const client = await connectRaw({ port: stub.port });
    await client.closed();
    assert.equal(client.unread().length, 0);
    await stub.stop();
  });

  test('an idle connection closes after the keep-alive time', async () => {
    const stub = await startStub();
    const client = await connectRaw({ port: stub.port });
    client.send(get('/x'));
    await client.response();
    await client.closed();
    assert.equal(client.unread().length, 0);
    await stub.stop();
  });
});

describe('caps on connections', () => {
  test('one address may hold so many; the next is closed and counted, others are not', async () => {
    const stub = await startStub({ limits: { connectionsPerAddressMax: 2, keepAliveMs: 5_000 } });
    const from = (localAddress: string) => connectRaw({ port: stub.port, localAddress });
    const clients = [await from('127.0.0.1'), await from('127.0.0.1')];
    for (const client of clients) {
      client.send(get('/x'));
      await client.response();
    }
    const third = await from('127.0.0.1');
    await third.closed();
    const elsewhere = await from('127.0.0.2');
    elsewhere.send(get('/x'));
    assert.equal((await elsewhere.response()).status, 200);
    assert.equal(stub.listener.counters().refusedConnections, 1);
    for (const client of [...clients, elsewhere]) client.destroy();
    await stub.stop();
  });

  test('all together may hold so many', async () => {
    const stub = await startStub({ limits: { connectionsMax: 1, keepAliveMs: 5_000 } });
    const client = await connectRaw({ port: stub.port });
    client.send(get('/x'));
    await client.response();
    const second = await connectRaw({ port: stub.port, localAddress: '127.0.0.2' });
    await second.closed();
    client.send(get('/x'));
    assert.equal((await client.response()).status, 200);
    client.destroy();
    await stub.stop();
  });

  test('a connection closes after so many requests', async () => {
    const stub = await startStub({ limits: { requestsPerConnectionMax: 3 } });
    const client = await connectRaw({ port: stub.port });
    for (const connection of ['keep-alive', 'keep-alive', 'close']) {
      client.send(get('/x'));
      assert.equal((await client.response()).headers.connection, connection);
    }
    assert.equal(await client.closed(), 'end');
    await stub.stop();
  });
});

describe('draining', () => {
  test('running requests finish, idle connections close, nobody new comes in', async () => {
    const running = gate();
    const stub = await startStub({
      limits: { keepAliveMs: 60_000 },
      handle: async (request: HttpRequest): Promise<HttpResponse> => {
        if (request.target === '/slow') await running.opened;
        return text('done');
      },
    });
    const idle = await connectRaw({ port: stub.port });
    idle.send(get('/x'));
    await idle.response();
    const busy = await connectRaw({ port: stub.port });
    busy.send(get('/slow') + get('/never'));
    while (stub.handled.length < 2) await new Promise((resolve) => setImmediate(resolve));
    const drained = stub.listener.drain(10_000);
    await idle.closed();
    await assert.rejects(connectRaw({ port: stub.port }));
    running.open();
    const response = await busy.response();
    assert.equal(response.headers.connection, 'close');
    await busy.closed();
    await drained;
    assert.deepEqual(stub.handled, ['GET /x', 'GET /slow']);
  });

  test('what does not finish in time is cut', async () => {
    const never = gate();
    const stub = await startStub({
      handle: async () => {
        await never.opened;
        return text('late');
      },
    });
    const client = await connectRaw({ port: stub.port });
    client.send(get('/x'));
    while (stub.handled.length < 1) await new Promise((resolve) => setImmediate(resolve));
    await stub.listener.drain(50);
    await client.closed();
    never.open();
  });
});
