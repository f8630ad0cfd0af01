/** Connections whose TLS depends on their name, before TLS begins. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { createHttpListener, type HttpListener } from '../../../src/http/index.ts';
import { createListenerOptions, createSniContexts } from '../../../src/tls/index.ts';
import { realWorld } from '../../../src/world/index.ts';
import { connectRaw, handshakeFailure } from '../../support/raw-client.ts';
import { quickLimits, renderProblem, text } from '../http/stub.ts';
import { authority, ecKey, request } from './stand.ts';

let listener: HttpListener;
let port: number;
/** Whether any name has a variant; names are not even looked up otherwise. */
let isAny = true;
/** Somebody has asked for that: a connection has come, or its handshake is over. */
let anyAsked = Promise.withResolvers<void>();
const lookedUp: string[] = [];
/** Ends the look-up of `slow.example`. */
let slow = Promise.withResolvers<void>();
let asked = Promise.withResolvers<void>();

before(async () => {
  const own = await authority.issue({ names: ['*.example'], key: ecKey });
  const tls = createListenerOptions({
    contexts: createSniContexts({
      certificates: {
        findBoundCertificate: async () => undefined,
        findBoundCertificateNow: () => undefined,
        unseal() {
          throw new Error('there is none');
        },
      },
      world: realWorld,
    }),
    defaultCertificate: own,
  });
  listener = createHttpListener({
    address: { host: '127.0.0.1', port: 0 },
    handle: async ({ tlsVersion }) => text(String(tlsVersion)),
    renderProblem,
    world: realWorld,
    limits: { ...quickLimits, handshakeTimeoutMs: 2_000 },
    tls,
    hasTlsVariants() {
      anyAsked.resolve();
      return isAny;
    },
    async findTlsVariant(name) {
      lookedUp.push(name);
      if (name === 'failing.example') throw new Error('away');
      if (name === 'slow.example') {
        asked.resolve();
        await slow.promise;
      }
      if (name === 'plain.example') return undefined;
      return { key: '1.3', options: { ...tls, minVersion: 'TLSv1.3' } };
    },
  });
  ({ port } = await listener.start());
});
after(() => listener.drain(0));

async function seen(servername: string, maxVersion?: 'TLSv1.2'): Promise<string> {
  const client = await connectRaw({ port, tls: { servername, ...(maxVersion && { maxVersion }) } });
  client.send(request(servername));
  const { body } = await client.response();
  client.destroy();
  return body.toString();
}

test('a variant serves with the certificate of the listener, also without one of its own', async () => {
  assert.equal(await seen('new.example'), 'TLSv1.3');
  assert.equal(await seen('plain.example', 'TLSv1.2'), 'TLSv1.2');
  const failures = listener.counters().failedHandshakes;
  const failure = await handshakeFailure({
    port,
    tls: { servername: 'new.example', maxVersion: 'TLSv1.2' },
  });
  assert.match(failure, /PROTOCOL_VERSION/);
  assert.equal(listener.counters().failedHandshakes, failures + 1);
});

test('a look-up that fails leaves the connection to the listener', async () => {
  assert.equal(await seen('failing.example', 'TLSv1.2'), 'TLSv1.2');
});

test('as long as no name has a variant, none is looked up', async () => {
  isAny = false;
  lookedUp.length = 0;
  try {
    assert.equal(await seen('new.example', 'TLSv1.2'), 'TLSv1.2');
    assert.deepEqual(lookedUp, []);
  } finally {
    isAny = true;
  }
  assert.equal(await seen('new.example'), 'TLSv1.3');
});

test('a name that gets a variant before its hello has come is not served without', async () => {
  for (const [name, isServed] of [
    ['new.example', false],
    ['plain.example', true],
  ] as const) {
    isAny = false;
    lookedUp.length = 0;
    anyAsked = Promise.withResolvers();
    const plain = connect(port, '127.0.0.1');
    // Accepted, and passed on: only then does the name get its variant.
    await anyAsked.promise;
    isAny = true;
    const client = connectTls({ socket: plain, servername: name, rejectUnauthorized: false });
    client.on('error', () => {});
    client.once('secureConnect', () => client.write(request(name)));
    const ended = Promise.race([once(client, 'data'), once(client, 'close').then(() => undefined)]);
    assert.equal((await ended) !== undefined, isServed, name);
    assert.deepEqual(lookedUp, [name]);
    client.destroy();
  }
});

test('a client that goes away during the look-up harms nobody', async () => {
  for (const leave of ['resetAndDestroy', 'end'] as const) {
    asked = Promise.withResolvers();
    slow = Promise.withResolvers();
    // The hello of a client of ours, sent again over a plain connection that can be reset.
    const client = connect(port, '127.0.0.1');
    client.on('error', () => {});
    client.write(await helloFor('slow.example'));
    await asked.promise;
    const gone = new Promise((resolve) => client.once('close', resolve));
    client[leave]();
    if (leave === 'resetAndDestroy') await gone;
    slow.resolve();
    assert.equal(await seen('new.example'), 'TLSv1.3');
    client.destroy();
  }
});

test('a client that says nothing, or no TLS, is let go', async () => {
  const talking = await connectRaw({ port });
  talking.send('GET / HTTP/1.1\r\nHost: a.example\r\n\r\n');
  await talking.closed();
  const silent = await connectRaw({ port });
  await silent.closed();
});

/** The first bytes of a connection for this name. */
async function helloFor(servername: string): Promise<Buffer> {
  const { createServer } = await import('node:net');
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
  await handshakeFailure({ port: address.port, tls: { servername } });
  server.close();
  return await received.promise;
}
