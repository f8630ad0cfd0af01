/** The server name of a ClientHello, read before TLS does (RFC 8446 4.1.2, RFC 6066 3). */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { after, test } from 'node:test';
import { type ConnectionOptions, connect } from 'node:tls';
import { helloBytesMax, readClientHello } from '../../../src/http/client-hello.ts';

/** What the runtime itself sends first. */
async function helloOf(options: ConnectionOptions): Promise<Buffer> {
  const received = Promise.withResolvers<Buffer>();
  const server = createServer((socket) => {
    socket
      .on('error', () => {})
      .once('data', (bytes: Buffer) => {
        received.resolve(bytes);
        socket.destroy();
      });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const client = connect({ host: '127.0.0.1', port: address.port, ...options });
  client.on('error', () => {});
  after(() => client.destroy());
  const hello = await received.promise;
  server.close();
  return hello;
}

/** The same message in records of so many bytes. */
function inRecords(hello: Buffer, size: number): Buffer {
  const message = hello.subarray(5);
  const records: Buffer[] = [];
  for (let at = 0; at < message.length; at += size) {
    const part = message.subarray(at, at + size);
    records.push(Buffer.from([22, 3, 1, part.length >> 8, part.length & 0xff]), part);
  }
  return Buffer.concat(records);
}

const name = 'www.shop.example';

test('of every version, whole and in small records', async () => {
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    const hello = await helloOf({ servername: name, maxVersion });
    const expected = { kind: 'read', serverName: name };
    assert.deepEqual(readClientHello(hello), expected);
    for (const size of [1, 3, 4, 5, 100]) {
      assert.deepEqual(readClientHello(inRecords(hello, size)), expected, String(size));
    }
    assert.deepEqual(readClientHello(Buffer.concat([hello, Buffer.from('more')])), expected);
    const without = await helloOf({ servername: '', maxVersion });
    assert.deepEqual(readClientHello(without), { kind: 'read', serverName: undefined });
  }
});

test('every beginning of a hello is incomplete, and never a guess', async () => {
  const hello = await helloOf({ servername: name });
  for (const bytes of [hello, inRecords(hello, 7)]) {
    for (let length = 0; length < bytes.length; length++) {
      assert.equal(readClientHello(bytes.subarray(0, length)).kind, 'incomplete', String(length));
    }
  }
});

test('what is no hello has no name, and nothing makes it throw or wait for ever', async () => {
  const hello = await helloOf({ servername: name });
  const nameless = { kind: 'read', serverName: undefined };
  assert.deepEqual(readClientHello(Buffer.from('GET / HTTP/1.1\r\n')), nameless);
  assert.deepEqual(readClientHello(Buffer.from([22, 3, 1, 0, 0])), nameless);
  assert.deepEqual(readClientHello(Buffer.from([22, 3, 1, 0, 4, 2, 0, 0, 0])), nameless);
  const endless = Buffer.alloc(helloBytesMax, 1);
  Buffer.from([22, 3, 1, 0xff, 0xff, 1, 0xff, 0xff, 0xff]).copy(endless);
  assert.deepEqual(readClientHello(endless), nameless);
  for (let at = 9; at < hello.length; at++) {
    for (const value of [0, 1, 0x7f, 0xff]) {
      const broken = Buffer.from(hello);
      broken[at] = value;
      assert.equal(readClientHello(broken).kind, 'read', `${at} ${value}`);
    }
  }
});
