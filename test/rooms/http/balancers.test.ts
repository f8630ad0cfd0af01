import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { connect } from 'node:tls';
import { createHttpListener } from '../../../src/http/index.ts';
import { realWorld } from '../../../src/world/index.ts';
import { createAuthority, createKey } from '../../support/certificates.ts';
import { binaryHeader, ipv4Header, lineHeader } from '../../support/proxy-header.ts';
import { connectRaw } from '../../support/raw-client.ts';
import { type Stub, startStub, text } from './stub.ts';

const request = 'GET /a HTTP/1.1\r\nHost: a.example\r\n\r\n';
const balancers = ['127.0.0.1', '2001:db8::/32'];

/** Answers with the address the server takes for the client's. */
function startBalanced(options: Parameters<typeof startStub>[0] = {}): Promise<Stub> {
  return startStub({ balancers, handle: async (asked) => text(asked.remoteAddress), ...options });
}

async function within(stub: Stub, story: () => Promise<void>): Promise<void> {
  try {
    await story();
  } finally {
    await stub.stop();
  }
}

describe('a connection through a balancer', () => {
  for (const [name, header] of [
    ['version 1', Buffer.from(lineHeader('192.0.2.7'))],
    ['version 2', ipv4Header('192.0.2.7', Buffer.alloc(40))],
  ] as const) {
    test(`is its client’s, by ${name}, however it is cut`, async () => {
      const stub = await startBalanced();
      await within(stub, async () => {
        const bytes = Buffer.concat([header, Buffer.from(request)]);
        for (let cut = 1; cut < bytes.length; cut += 7) {
          const client = await connectRaw({ port: stub.port });
          client.socket.setNoDelay(true);
          client.send(bytes.subarray(0, cut));
          // The next piece goes when the system has taken this one.
          await new Promise((resolve) => setImmediate(resolve));
          client.send(bytes.subarray(cut));
          assert.equal(String((await client.response()).body), '192.0.2.7', `cut at ${cut}`);
          client.send(request);
          assert.equal(String((await client.response()).body), '192.0.2.7');
          client.destroy();
        }
        assert.equal(stub.records[0]?.remoteAddress, '192.0.2.7');
      });
    });
  }

  test('that is the balancer’s own keeps its address', async () => {
    const stub = await startBalanced();
    await within(stub, async () => {
      const local = binaryHeader({ command: 0, family: 0, rest: Buffer.alloc(0) });
      for (const header of [local, 'PROXY UNKNOWN\r\n']) {
        const client = await connectRaw({ port: stub.port });
        client.send(header);
        client.send(request);
        assert.equal(String((await client.response()).body), '127.0.0.1');
        client.destroy();
      }
    });
  });

  test('ends without an answer when the header is not there, malformed or cut off', async () => {
    const stub = await startBalanced();
    await within(stub, async () => {
      for (const bytes of [request, 'PROXY TCP4 1.2.3.4\r\n', `PROXY ${'x'.repeat(4_000)}`]) {
        const client = await connectRaw({ port: stub.port });
        client.send(bytes);
        await client.closed();
        assert.equal(client.unread().length, 0);
      }
      const client = await connectRaw({ port: stub.port });
      client.send('PROXY TCP4 192.0.2.7');
      client.endSending();
      await client.closed();
      assert.deepEqual(stub.handled, []);
      assert.equal(stub.listener.counters().openConnections, 0);
    });
  });

  test('ends when its header is late', async () => {
    const late = Promise.withResolvers<void>();
    const timers = { ...realWorld.timers, delay: () => late.promise };
    const stub = await startBalanced({ world: { ...realWorld, timers } });
    await within(stub, async () => {
      const client = await connectRaw({ port: stub.port });
      client.send('PROXY TCP4 ');
      late.resolve();
      await client.closed();
      assert.equal(client.unread().length, 0);
    });
  });

  test('counts for the client’s address, not for the balancer’s', async () => {
    const stub = await startBalanced({ limits: { connectionsPerAddressMax: 1 } });
    await within(stub, async () => {
      const open = async (source: string) => {
        const client = await connectRaw({ port: stub.port });
        client.send(lineHeader(source));
        client.send(request);
        return client;
      };
      const first = await open('192.0.2.1');
      await first.response();
      const other = await open('192.0.2.2');
      await other.response();
      const second = await open('192.0.2.1');
      await second.closed();
      assert.equal(stub.listener.counters().refusedConnections, 1);
      first.destroy();
      other.destroy();
    });
  });
});

test('from anybody else the header is not read, and is no HTTP either', async () => {
  const stub = await startBalanced();
  await within(stub, async () => {
    const target = { port: stub.port, localAddress: '127.0.0.2' };
    const direct = await connectRaw(target);
    direct.send(request);
    assert.equal(String((await direct.response()).body), '127.0.0.2');
    direct.destroy();
    const liar = await connectRaw(target);
    liar.send(lineHeader('192.0.2.7') + request);
    assert.equal((await liar.response()).status, 400);
    liar.destroy();
    assert.deepEqual(stub.handled, ['GET /a']);
  });
});

test('TLS begins behind the header, in the same packet or the next', async () => {
  const authority = await createAuthority();
  const leaf = await authority.issue({ names: ['a.example'], key: createKey() });
  const listener = createHttpListener({
    address: { host: '127.0.0.1', port: 0 },
    balancers,
    handle: async (asked) => text(`${asked.remoteAddress} ${asked.serverName}`),
    renderProblem: (problem) => text(problem.code, problem.status),
    world: realWorld,
    tls: { cert: leaf.chainPem, key: leaf.keyPem },
  });
  const { port } = await listener.start();
  try {
    for (const isTogether of [true, false]) {
      const raw = await connectRaw({ port });
      raw.socket.removeAllListeners('data');
      if (isTogether) raw.socket.cork();
      raw.send(ipv4Header('192.0.2.7'));
      const options = { socket: raw.socket, servername: 'a.example', ca: authority.certificatePem };
      const secure = connect(options);
      if (isTogether) process.nextTick(() => raw.socket.uncork());
      secure.write(request);
      let answer = '';
      for await (const chunk of secure) {
        answer += chunk;
        if (answer.endsWith('a.example')) break;
      }
      assert.match(answer, /^HTTP\/1\.1 200 .*192\.0\.2\.7 a\.example$/s);
    }
  } finally {
    await listener.drain(0);
  }
});
