import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TLSSocket } from 'node:tls';
import { createListenerOptions, createSniCallback } from '../../../src/tls/index.ts';
import type { TestCertificate } from '../../support/certificates.ts';
import { connectRaw, handshakeFailure } from '../../support/raw-client.ts';
import {
  authority,
  ecKey,
  request,
  rsaKey,
  type Stand,
  startStand as startStandOf,
} from './stand.ts';

const issue = (...names: string[]): Promise<TestCertificate> =>
  authority.issue({ names, key: ecKey });
const fatal = /HANDSHAKE_FAILURE/;

/** The leaf a full handshake for this name shows. */
async function shownLeaf(stand: Stand, servername: string | undefined): Promise<string> {
  const tls = servername === undefined ? {} : { servername };
  const client = await connectRaw({ port: stand.port, tls });
  assert.ok(client.socket instanceof TLSSocket);
  const { fingerprint256 } = client.socket.getPeerCertificate();
  client.destroy();
  return fingerprint256;
}

for (const [engine, isNear] of [
  ['an engine in this process', true],
  ['an engine far away', false],
] as const) {
  describe(`by ${engine}`, () => namesAreServed(isNear));
}

function namesAreServed(isNear: boolean): void {
  const startStand = (options: Parameters<typeof startStandOf>[0] = {}) =>
    startStandOf({ ...options, isNear });

  describe('a name with a certificate', () => {
    test('gets exactly its own, in any case and with a trailing dot', async () => {
      const stand = await startStand();
      const one = await issue('one.example');
      const other = await issue('other.example');
      stand.bind('one.example', one);
      stand.bind('other.example', other);
      for (const [name, leaf] of [
        ['one.example', one],
        ['ONE.Example', one],
        ['other.example', other],
      ] as const) {
        assert.equal(await shownLeaf(stand, name), leaf.x509.fingerprint256);
      }
      assert.equal(await shownLeaf(stand, 'one.example.'), one.x509.fingerprint256);
      await stand.stop();
    });

    test('sees a swap at the very next handshake, and an unbind too', async () => {
      const stand = await startStand();
      for (let round = 0; round < 20; round++) {
        const leaf = await issue('swap.example');
        stand.bind('swap.example', leaf);
        assert.equal(await shownLeaf(stand, 'swap.example'), leaf.x509.fingerprint256);
      }
      stand.unbind('swap.example');
      const failure = await handshakeFailure({
        port: stand.port,
        tls: { servername: 'swap.example' },
      });
      assert.match(failure, fatal);
      await stand.stop();
    });

    test('keeps a connection through a swap', async () => {
      const stand = await startStand();
      stand.bind('swap.example', await issue('swap.example'));
      const client = await connectRaw({ port: stand.port, tls: { servername: 'swap.example' } });
      stand.bind('swap.example', await issue('swap.example'));
      client.send(request('swap.example'));
      assert.equal((await client.response()).status, 200);
      client.destroy();
      await stand.stop();
    });
  });

  describe('a name without a certificate', () => {
    const names = [
      'unknown.example',
      '__proto__',
      'constructor',
      'toString',
      `${'a'.repeat(60)}.`.repeat(4).slice(0, -1),
      `${'a.'.repeat(126)}a`,
      'a..b',
      '-a.example',
      'a_b.example',
      '127.1',
      'x',
      ' ',
      '*.example',
    ];
    for (const name of names) {
      test(`${JSON.stringify(name).slice(0, 40)} ends with a fatal alert`, async () => {
        const stand = await startStand();
        stand.bind('one.example', await issue('one.example'));
        const failure = await handshakeFailure({ port: stand.port, tls: { servername: name } });
        assert.match(failure, fatal);
        assert.equal(stand.unsealed.length, 0, 'nothing is built for it');
        assert.equal(stand.listener.counters().failedHandshakes, 1);
        await stand.stop();
      });
    }

    test('waits its turn for the alert, and is cut off when too many wait', async () => {
      for (const isIn of [true, false]) {
        const asked = Promise.withResolvers<void>();
        const turns = Promise.withResolvers<boolean>();
        const turn = (): Promise<boolean> => {
          asked.resolve();
          return turns.promise;
        };
        const stand = await startStand({ strangers: { turn, turnNow: () => false } });
        stand.bind('one.example', await issue('one.example'));
        const failing = handshakeFailure({ port: stand.port, tls: { servername: 'two.example' } });
        await asked.promise;
        // Whoever has a certificate does not wait behind those who have none.
        await shownLeaf(stand, 'one.example');
        turns.resolve(isIn);
        assert.match(await failing, isIn ? fatal : /ECONNRESET/);
        await stand.stop();
      }
    });

    test('no name at all ends with a fatal alert', async () => {
      const stand = await startStand();
      assert.match(await handshakeFailure({ port: stand.port, tls: {} }), fatal);
      assert.deepEqual(stand.asked, []);
      await stand.stop();
    });

    test("gets the operator's certificate where there is one", async () => {
      const own = await authority.issue({ names: ['oss.test', '*.oss.test'], key: rsaKey });
      const stand = await startStand({ defaultCertificate: own });
      const leaf = await issue('one.example');
      stand.bind('one.example', leaf);
      assert.equal(await shownLeaf(stand, undefined), own.x509.fingerprint256);
      assert.equal(await shownLeaf(stand, 'unknown.example'), own.x509.fingerprint256);
      assert.equal(await shownLeaf(stand, 'b.oss.test'), own.x509.fingerprint256);
      assert.equal(await shownLeaf(stand, 'one.example'), leaf.x509.fingerprint256);
      await stand.stop();
    });

    test("the operator's certificate with a foreign key is refused at the start", async () => {
      const own = await issue('oss.test');
      const stand = await startStand();
      const foreign = { chainPem: own.chainPem, keyPem: (await rsaLeaf()).keyPem };
      assert.throws(
        () => createListenerOptions({ contexts: stand.contexts, defaultCertificate: foreign }),
        /does not belong/,
      );
      await stand.stop();
    });
  });

  const rsaLeaf = (): Promise<TestCertificate> =>
    authority.issue({ names: ['rsa.example'], key: rsaKey });

  describe('contexts', () => {
    test('are built once per certificate, however many ask, and the key is wiped', async () => {
      const stand = await startStand();
      stand.bind('one.example', await issue('one.example'));
      const leaves = await Promise.all(
        Array.from({ length: 20 }, () => shownLeaf(stand, 'one.example')),
      );
      assert.equal(new Set(leaves).size, 1);
      assert.equal(stand.unsealed.length, 1);
      assert.ok(stand.unsealed[0]?.every((byte) => byte === 0));
      assert.equal(stand.contexts.count, 1);
      await stand.stop();
    });

    test('are not built again for names that share a certificate', async () => {
      const stand = await startStand();
      const shared = await issue('a.example', 'b.example');
      stand.bind('a.example', shared);
      stand.bind('b.example', shared);
      await shownLeaf(stand, 'a.example');
      await shownLeaf(stand, 'b.example');
      await shownLeaf(stand, 'a.example');
      // Bound under two numbers: two rows of the store, two contexts, each built once.
      assert.equal(stand.unsealed.length, 2);
      await stand.stop();
    });

    for (const limits of [{ countMax: 3 }, { bytesMax: 3 * 44 * 1_024 }]) {
      test(`are bounded: ${JSON.stringify(limits)}`, async () => {
        const stand = await startStand({ limits });
        const leaves = new Map<string, string>();
        for (let index = 0; index < 8; index++) {
          const leaf = await issue(`n${index}.example`);
          stand.bind(`n${index}.example`, leaf);
          leaves.set(`n${index}.example`, leaf.x509.fingerprint256);
        }
        for (let round = 0; round < 2; round++) {
          for (const [name, leaf] of leaves) {
            assert.equal(await shownLeaf(stand, name), leaf);
            assert.ok(stand.contexts.count <= 3, `${stand.contexts.count} contexts`);
          }
        }
        assert.ok(stand.contexts.bytes <= 3 * 44 * 1_024);
        await stand.stop();
      });
    }

    test('a key that cannot be unsealed costs its own name only', async () => {
      const stand = await startStand();
      stand.bind('broken.example', await issue('broken.example'));
      stand.bind('one.example', await issue('one.example'));
      stand.breakKey('broken.example');
      const failure = await handshakeFailure({
        port: stand.port,
        tls: { servername: 'broken.example' },
      });
      assert.notEqual(failure, 'none');
      assert.equal(stand.faults.length, 1);
      await shownLeaf(stand, 'one.example');
      await stand.stop();
    });

    test('a certificate that becomes usable again serves again', async () => {
      const stand = await startStand();
      stand.bind('one.example', await issue('one.example'));
      stand.breakKey('one.example');
      await handshakeFailure({ port: stand.port, tls: { servername: 'one.example' } });
      const leaf = await issue('one.example');
      stand.bind('one.example', leaf);
      assert.equal(await shownLeaf(stand, 'one.example'), leaf.x509.fingerprint256);
      await stand.stop();
    });
  });
}

test('the callback is called once, whatever the look-up does', async () => {
  for (const contextFor of [
    () => Promise.reject(new Error('store')),
    () => Promise.resolve(undefined),
  ]) {
    const calls: (Error | null)[] = [];
    const contextNow = () => undefined;
    createSniCallback({ contextFor, contextNow, count: 0, bytes: 0 })('one.example', (problem) => {
      calls.push(problem);
    });
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(calls.length, 1);
  }
});
