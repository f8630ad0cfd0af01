import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { getCiphers, TLSSocket } from 'node:tls';
import { createListenerOptions, tlsProfile } from '../../../src/tls/index.ts';
import { connectRaw, handshakeFailure } from '../../support/raw-client.ts';
import { authority, ecKey, request, rsaKey, type Stand, startStand } from './stand.ts';

const ec = 'ec.example';
const rsa = 'rsa.example';
let stand: Stand;
before(async () => {
  stand = await startStand();
  stand.bind(ec, await authority.issue({ names: [ec], key: ecKey }));
  stand.bind(rsa, await authority.issue({ names: [rsa], key: rsaKey }));
});
after(() => stand.stop());

async function negotiated(tls: object): Promise<{ protocol: string | null; suite: string }> {
  const client = await connectRaw({ port: stand.port, tls });
  assert.ok(client.socket instanceof TLSSocket);
  const found = {
    protocol: client.socket.getProtocol(),
    suite: client.socket.getCipher().standardName,
  };
  client.destroy();
  return found;
}

describe('versions', () => {
  for (const version of ['TLSv1', 'TLSv1.1'] as const) {
    test(`${version} is refused with an alert`, async () => {
      const tls = {
        servername: ec,
        minVersion: version,
        maxVersion: version,
        ciphers: 'ALL:@SECLEVEL=0',
      };
      const failure = await handshakeFailure({ port: stand.port, tls });
      assert.equal(failure, 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION');
    });
  }
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    test(`${version} is spoken`, async () => {
      const tls = { servername: ec, minVersion: version, maxVersion: version };
      assert.equal((await negotiated(tls)).protocol, version);
    });
  }
});

describe('suites, offered one by one', () => {
  const strong = /^ECDHE-(ECDSA|RSA)-(AES(128|256)-GCM-SHA(256|384)|CHACHA20-POLY1305)$/;
  const offered = getCiphers()
    .filter((name) => !name.startsWith('tls_'))
    .map((name) => name.toUpperCase());

  test('TLS 1.2 takes ECDHE with AES-GCM or ChaCha20: no CBC, no RSA', async () => {
    const taken: string[] = [];
    for (const suite of offered) {
      for (const servername of [ec, rsa]) {
        const tls = { servername, maxVersion: 'TLSv1.2', ciphers: `${suite}:@SECLEVEL=0` } as const;
        const failure = await handshakeFailure({ port: stand.port, tls });
        if (failure === 'none') taken.push(suite);
      }
    }
    assert.ok(offered.length > 40, `${offered.length} suites tried`);
    assert.ok(offered.includes('ECDHE-RSA-AES128-SHA256'), 'CBC was offered');
    assert.deepEqual(taken.sort(), offered.filter((name) => strong.test(name)).sort());
    assert.equal(taken.length, 6);
  });

  for (const [suite, isTaken] of [
    ['TLS_AES_128_GCM_SHA256', true],
    ['TLS_AES_256_GCM_SHA384', true],
    ['TLS_CHACHA20_POLY1305_SHA256', true],
    ['TLS_AES_128_CCM_SHA256', false],
    ['TLS_AES_128_CCM_8_SHA256', false],
  ] as const) {
    test(`TLS 1.3 ${isTaken ? 'takes' : 'refuses'} ${suite}`, async () => {
      const tls = { servername: ec, minVersion: 'TLSv1.3', ciphers: suite } as const;
      if (isTaken) assert.equal((await negotiated(tls)).suite, suite);
      else assert.notEqual(await handshakeFailure({ port: stand.port, tls }), 'none');
    });
  }
});

describe('groups', () => {
  const groups = [
    ['X25519', true],
    ['P-256', true],
    ['P-384', true],
    ['X25519MLKEM768', true],
    ['P-521', false],
    ['X448', false],
    ['ffdhe2048', false],
  ] as const;
  for (const [group, isTaken] of groups) {
    test(`${group} is ${isTaken ? 'taken' : 'refused'}`, async () => {
      const tls = { servername: ec, minVersion: 'TLSv1.3', ecdhCurve: group } as const;
      const failure = await handshakeFailure({ port: stand.port, tls });
      assert.equal(failure === 'none', isTaken, failure);
    });
  }

  test('the post-quantum group needs OpenSSL 3.5', () => {
    assert.equal(tlsProfile('3.0.17').ecdhCurve, 'X25519:P-256:P-384');
    assert.equal(tlsProfile('3.5.0').ecdhCurve, 'X25519MLKEM768:X25519:P-256:P-384');
    assert.equal(tlsProfile('4.0.0').ecdhCurve, 'X25519MLKEM768:X25519:P-256:P-384');
  });
});

describe('ALPN', () => {
  test('HTTP/2 is preferred, unless it is switched off', async () => {
    const tls = { servername: ec, ALPNProtocols: ['http/1.1', 'h2'] };
    const client = await connectRaw({ port: stand.port, tls });
    assert.equal((client.socket as TLSSocket).alpnProtocol, 'h2');
    client.destroy();
    const { contexts } = stand;
    assert.deepEqual(createListenerOptions({ contexts, isHttp2: false }).ALPNProtocols, [
      'http/1.1',
    ]);
  });

  for (const [name, offer, agreed] of [
    ['http/1.1 alone', ['http/1.1'], 'http/1.1'],
    ['http/1.0 before http/1.1', ['http/1.0', 'http/1.1'], 'http/1.1'],
    ['nothing', undefined, false],
  ] as const) {
    test(`${name} is accepted`, async () => {
      const tls = { servername: ec, ...(offer ? { ALPNProtocols: [...offer] } : {}) };
      const client = await connectRaw({ port: stand.port, tls });
      assert.equal((client.socket as TLSSocket).alpnProtocol, agreed);
      client.send(request(ec));
      assert.equal((await client.response()).status, 200);
      client.destroy();
    });
  }
  for (const offer of [['h2c'], ['ftp', 'smtp'], ['http/1.0'], ['http/1.1x']]) {
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      test(`${offer.join(' and ')} alone is refused in ${maxVersion}`, async () => {
        const tls = { servername: ec, ALPNProtocols: offer, maxVersion };
        const failure = await handshakeFailure({ port: stand.port, tls });
        assert.match(failure, /NO_APPLICATION_PROTOCOL/);
      });
    }
  }
});

test('a client cannot renegotiate', async () => {
  const tls = { servername: ec, maxVersion: 'TLSv1.2' } as const;
  const client = await connectRaw({ port: stand.port, tls });
  assert.ok(client.socket instanceof TLSSocket);
  const { socket } = client;
  const outcome = await new Promise((resolve) => {
    socket.renegotiate({}, (error) => resolve(error ? 'refused' : 'renegotiated'));
    socket.on('error', () => resolve('refused'));
    socket.on('close', () => resolve('refused'));
  });
  assert.equal(outcome, 'refused');
  client.destroy();
});

test('a handshake that stops half way ends in time', async () => {
  const slow = await startStand({ handshakeTimeoutMs: 200 });
  const client = await connectRaw({ port: slow.port });
  client.send(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01]));
  await client.closed();
  assert.equal(slow.listener.counters().failedHandshakes, 1);
  await slow.stop();
});

test('HTTP in the clear on the TLS port is closed, nothing else', async () => {
  const client = await connectRaw({ port: stand.port });
  client.send(request(ec));
  await client.closed();
});
