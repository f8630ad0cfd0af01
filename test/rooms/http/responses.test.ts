import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import type { ByteSource, HttpResponse } from '../../../src/http/index.ts';
import { connectRaw } from '../../support/raw-client.ts';
import { type Stub, startStub, text } from './stub.ts';

const request = (target: string, method = 'GET'): string =>
  `${method} ${target} HTTP/1.1\r\nHost: a.example\r\n\r\n`;

/** Bytes that tell their position; counts how often it was closed. */
function createSource(size: number, options: { failsAt?: number } = {}) {
  const state = { closed: 0, reads: 0 };
  const source: ByteSource = {
    async read(target, position) {
      state.reads++;
      if (options.failsAt !== undefined && position >= options.failsAt) throw new Error('disk');
      const count = Math.max(0, Math.min(target.length, size - position));
      for (let at = 0; at < count; at++) target[at] = byteAt(position + at);
      return count;
    },
    async close() {
      state.closed++;
    },
  };
  return { source, state };
}
const byteAt = (position: number): number => (position * 31 + (position >> 8)) & 0xff;

function sourceAnswer(source: ByteSource, start: number, length: number): HttpResponse {
  return { status: 200, headers: {}, body: { kind: 'source', source, start, length } };
}

async function serve(answer: HttpResponse): Promise<Stub> {
  return startStub({ handle: async () => answer });
}

describe('heads', () => {
  test('every answer carries the common headers', async () => {
    const stub = await startStub();
    const client = await connectRaw({ port: stub.port });
    const before = Math.floor(Date.now() / 1_000);
    for (const bytes of [request('/x'), 'GET /x HTTP/1.1\r\n\r\n']) {
      client.send(bytes);
      const { headers } = await client.response();
      assert.equal(headers.server, 'AliyunOSS');
      const id = headers['x-oss-request-id'] ?? '';
      assert.match(id, /^[0-9A-F]{24}$/);
      const seconds = Number.parseInt(id.slice(0, 8), 16);
      assert.ok(seconds >= before && seconds <= before + 5, id);
      assert.match(headers['x-oss-server-time'] ?? '', /^[0-9]+$/);
      const date = Date.parse(headers.date ?? '');
      assert.ok(Math.abs(date / 1_000 - before) <= 5, String(headers.date));
    }
    client.destroy();
    await stub.stop();
  });

  test('request ids do not repeat', async () => {
    const stub = await startStub();
    const client = await connectRaw({ port: stub.port });
    const ids = new Set<string>();
    for (let count = 0; count < 600; count++) {
      client.send(request('/x'));
      ids.add((await client.response()).headers['x-oss-request-id'] ?? '');
    }
    assert.equal(ids.size, 600);
    client.destroy();
    await stub.stop();
  });

  const unsendable: [string, Record<string, string>][] = [
    ['a line break', { 'x-oss-meta-a': 'b\r\nSet-Cookie: c' }],
    ['a line feed', { 'x-oss-meta-a': 'b\nc' }],
    ['NUL', { 'x-oss-meta-a': 'b\0c' }],
    ['text beyond latin1', { 'x-oss-meta-a': '\u4f60' }],
    ['a name with a space', { 'x-oss meta': 'b' }],
    ['an empty name', { '': 'b' }],
  ];
  for (const [name, headers] of unsendable) {
    test(`a header with ${name} is never sent: InternalError`, async () => {
      const { source, state } = createSource(10);
      const stub = await serve({ ...sourceAnswer(source, 0, 10), headers });
      const client = await connectRaw({ port: stub.port });
      client.send(request('/x'));
      const response = await client.response();
      assert.equal(`${response.status} ${response.body}`, '500 InternalError');
      assert.equal(response.headers['set-cookie'], undefined);
      assert.equal(state.closed, 1);
      assert.equal(stub.faults.length, 1);
      client.destroy();
      await stub.stop();
    });
  }

  test('latin1 values go out byte for byte', async () => {
    const stub = await serve({ ...text('x'), headers: { 'x-oss-meta-a': 'caf\xe9\tb' } });
    const client = await connectRaw({ port: stub.port });
    client.send(request('/x'));
    assert.equal((await client.response()).headers['x-oss-meta-a'], 'caf\xe9\tb');
    client.destroy();
    await stub.stop();
  });

  test('framing belongs to the writer', async () => {
    const headers = { 'Content-Length': '999', 'transfer-encoding': 'chunked', Date: 'never' };
    const stub = await serve({ ...text('x'), headers });
    const client = await connectRaw({ port: stub.port });
    client.send(request('/x'));
    const response = await client.response();
    assert.equal(response.headers['content-length'], '1');
    assert.equal(response.headers['transfer-encoding'], undefined);
    assert.notEqual(response.headers.date, 'never');
    client.destroy();
    await stub.stop();
  });

  test('HEAD has the length and no body, 204 and 304 have neither', async () => {
    const answers: Record<string, HttpResponse> = {
      '/bytes': text('abc'),
      '/head': { status: 200, headers: {}, body: { kind: 'none' }, headLength: 12_345 },
      '/204': { ...text('abc'), status: 204 },
      '/304': { ...text('abc'), status: 304 },
      '/empty': { status: 200, headers: {}, body: { kind: 'none' } },
    };
    const stub = await startStub({ handle: async ({ target }) => answers[target] ?? text('') });
    const client = await connectRaw({ port: stub.port });
    for (const [method, target, length] of [
      ['HEAD', '/bytes', '3'],
      ['HEAD', '/head', '12345'],
      ['GET', '/204', undefined],
      ['GET', '/304', undefined],
      ['GET', '/empty', '0'],
      ['GET', '/bytes', '3'],
    ] as const) {
      client.send(request(target, method));
      const response = await client.response(method);
      assert.equal(response.headers['content-length'], length, `${method} ${target}`);
      assert.equal(response.headers.connection, 'keep-alive', `${method} ${target}`);
    }
    assert.equal(client.unread().length, 0);
    client.destroy();
    await stub.stop();
  });

  test('a handler that fails is InternalError and a fault, not a hang', async () => {
    const stub = await startStub({ handle: () => Promise.reject(new Error('secret')) });
    const client = await connectRaw({ port: stub.port });
    client.send(request('/x'));
    const response = await client.response();
    assert.equal(`${response.status} ${response.body}`, '500 InternalError');
    assert.equal(String(stub.faults[0]), 'Error: secret');
    client.destroy();
    await stub.stop();
  });

  test('what was answered is on record', async () => {
    const stub = await startStub();
    const client = await connectRaw({ port: stub.port });
    client.send('GET /x?y HTTP/1.1\r\nHost: a.example:1\r\nUser-Agent: probe/1\r\n\r\n');
    await client.response();
    client.send('nonsense\r\n\r\n');
    await client.response();
    await client.closed();
    const [first, second] = stub.records;
    assert.equal(first?.method, 'GET');
    assert.equal(first?.target, '/x?y');
    assert.equal(first?.host, 'a.example:1');
    assert.equal(first?.userAgent, 'probe/1');
    assert.equal(first?.status, 200);
    assert.equal(first?.bodyBytes, 'GET /x?y'.length);
    assert.equal(first?.isComplete, true);
    assert.equal(first?.remoteAddress, '127.0.0.1');
    assert.equal(second?.status, 400);
    await stub.stop();
  });
});

describe('bodies from a source', () => {
  const kib = 1_024;
  for (const size of [0, 1, 64 * kib, 64 * kib + 1, 256 * kib, 256 * kib + 1, 1_500_003]) {
    test(`${size} bytes arrive as they are, and the source is closed`, async () => {
      const { source, state } = createSource(size + 7);
      const stub = await serve(sourceAnswer(source, 7, size));
      const client = await connectRaw({ port: stub.port });
      client.send(request('/x') + request('/y', 'HEAD'));
      const { body, headers } = await client.response();
      assert.equal(headers['content-length'], String(size));
      assert.equal(body.length, size);
      assert.ok(body.every((byte, at) => byte === byteAt(at + 7)));
      const head = await client.response('HEAD');
      assert.equal(head.headers['content-length'], String(size));
      assert.equal(state.closed, 2);
      client.destroy();
      await stub.stop();
      assert.equal(stub.faults.length, 0);
    });
  }

  test('a source that fails at once becomes an error document', async () => {
    const { source, state } = createSource(1_000_000, { failsAt: 0 });
    const stub = await serve(sourceAnswer(source, 0, 1_000_000));
    const client = await connectRaw({ port: stub.port });
    client.send(request('/x'));
    const response = await client.response();
    assert.equal(`${response.status} ${response.body}`, '500 InternalError');
    assert.equal(state.closed, 1);
    client.destroy();
    await stub.stop();
  });

  for (const [name, size, failsAt] of [
    ['fails half way', 2_000_000, 1_000_000],
    ['ends early', 1_000_000, undefined],
  ] as const) {
    test(`a source that ${name} cuts the connection: never a short success`, async () => {
      const { source, state } = createSource(size, failsAt === undefined ? {} : { failsAt });
      const stub = await serve(sourceAnswer(source, 0, 2_000_000));
      const client = await connectRaw({ port: stub.port });
      client.send(request('/x'));
      await assert.rejects(client.response());
      assert.ok(client.unread().length < 2_000_000);
      await stub.stop();
      assert.equal(state.closed, 1);
      assert.equal(stub.faults.length, 1);
      assert.equal(stub.records[0]?.isComplete, false);
    });
  }

  test('no more is read than the client takes, and a client that stops is cut off', async () => {
    const size = 200_000_000;
    const { source, state } = createSource(size);
    const stub = await startStub({
      limits: { writeStallMs: 300 },
      handle: async () => sourceAnswer(source, 0, size),
    });
    const client = await connectRaw({ port: stub.port });
    client.socket.pause();
    client.send(request('/x'));
    while (state.closed === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    assert.ok(state.reads < 100, `${state.reads} reads`);
    assert.equal(stub.records[0]?.isComplete, false);
    client.destroy();
    await stub.stop();
  });

  test('a slow reader that keeps reading is served to the end', async () => {
    const size = 48_000_000;
    const { source, state } = createSource(size);
    const [writeStallMs, pauseMs, pausesMax] = [2_000, 300, 8];
    const stub = await startStub({
      limits: { writeStallMs },
      handle: async () => sourceAnswer(source, 0, size),
    });
    const socket = connect({ port: stub.port, host: '127.0.0.1' });
    socket.write('GET /x HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n');
    let received = 0;
    let pauses = 0;
    let seen = 0;
    // Rests whenever the server has come on, far below the limit each time and above it in all.
    for await (const chunk of socket) {
      received += (chunk as Buffer).length;
      if (pauses === pausesMax || state.reads === seen) continue;
      seen = state.reads;
      pauses += 1;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    assert.ok(received > size, `${received} bytes with the head`);
    assert.equal(pauses, pausesMax);
    assert.ok(pauses * pauseMs > writeStallMs);
    assert.equal(stub.records[0]?.isComplete, true);
    await stub.stop();
  });

  test('a client that leaves gets its source closed and no fault', async () => {
    const { source, state } = createSource(50_000_000);
    const stub = await serve(sourceAnswer(source, 0, 50_000_000));
    const client = await connectRaw({ port: stub.port });
    client.send(request('/x'));
    while (client.unread().length === 0) await new Promise((resolve) => setImmediate(resolve));
    client.destroy();
    while (state.closed === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await stub.stop();
    assert.equal(stub.faults.length, 0);
    assert.equal(stub.records[0]?.isComplete, false);
  });
});

let shared: Stub;
describe('many downloads at once', () => {
  before(async () => {
    shared = await startStub({
      handle: async ({ target }) => {
        const size = Number(target.slice(1));
        return sourceAnswer(createSource(size).source, 0, size);
      },
    });
  });
  after(() => shared.stop());

  test('never share a buffer', async () => {
    const sizes = [3, 70_000, 300_000, 524_288, 900_001, 64, 262_145, 131_072];
    await Promise.all(
      sizes.map(async (size) => {
        const client = await connectRaw({ port: shared.port });
        for (let round = 0; round < 5; round++) {
          client.send(request(`/${size}`));
          const { body } = await client.response();
          assert.equal(body.length, size);
          assert.ok(body.every((byte, at) => byte === byteAt(at)));
        }
        client.destroy();
      }),
    );
  });
});
