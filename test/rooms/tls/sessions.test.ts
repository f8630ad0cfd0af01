import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TLSSocket } from 'node:tls';
import {
  createSessions,
  createTicketKeys,
  isConnectionForHost,
  isFit,
} from '../../../src/tls/index.ts';
import { captureSession, connectRaw } from '../../support/raw-client.ts';
import { createTestWorld } from '../../support/world.ts';
import { authority, ecKey, request, type Stand, startStand, storedCertificate } from './stand.ts';

const a = 'a.example';
const b = 'b.example';

async function startTwo(): Promise<Stand> {
  const stand = await startStand();
  stand.bind(a, await authority.issue({ names: [a], key: ecKey }), '1');
  stand.bind(b, await authority.issue({ names: [b], key: ecKey }), '2');
  return stand;
}

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  describe(`sessions of ${version}`, () => {
    const tls = { minVersion: version, maxVersion: version };
    const capture = (stand: Stand) =>
      captureSession({ port: stand.port, tls: { ...tls, servername: a } }, request(a));

    async function resume(stand: Stand, session: Buffer, servername: string) {
      const client = await connectRaw({ port: stand.port, tls: { ...tls, session, servername } });
      assert.ok(client.socket instanceof TLSSocket);
      const isReused = client.socket.isSessionReused();
      client.send(request(servername));
      const response = await client.response();
      client.destroy();
      return { isReused, seen: String(response.body) };
    }

    test('are resumed under their own name', async () => {
      const stand = await startTwo();
      const { session } = await capture(stand);
      const { isReused, seen } = await resume(stand, session, a);
      assert.ok(isReused);
      // TLS 1.2 does not say for which name a resumed session is: it counts as unknown.
      assert.equal(seen, version === 'TLSv1.2' ? `- ${a}` : `${a} ${a}`);
      await stand.stop();
    });

    test('never pass for the name they were made for', async () => {
      const stand = await startTwo();
      const { session } = await capture(stand);
      const outcome = await resume(stand, session, b).catch(() => undefined);
      if (outcome?.isReused) {
        assert.equal(outcome.seen, version === 'TLSv1.2' ? `- ${b}` : `${b} ${b}`);
      } else if (outcome) {
        assert.equal(outcome.seen, `${b} ${b}`);
      }
      await stand.stop();
    });

    test('end when the ticket keys are rotated', async () => {
      const stand = await startTwo();
      const { session } = await capture(stand);
      await stand.ticketKeys.rotate();
      const { isReused } = await resume(stand, session, a);
      assert.equal(isReused, false);
      await stand.stop();
    });

    test('of a name that lost its certificate do not open a handshake after rotation', async () => {
      const stand = await startTwo();
      const { session } = await capture(stand);
      stand.unbind(a);
      await stand.ticketKeys.rotate();
      await assert.rejects(resume(stand, session, a));
      await stand.stop();
    });
  });
}

/** Ticket keys whose delays a test ends by hand. */
function keysByHand() {
  const world = createTestWorld();
  const accounts = new Map<string, string>();
  const delays: { ms: number; end: () => void }[] = [];
  const timers = {
    ...world.timers,
    delay: (ms: number) => new Promise<void>((end) => delays.push({ ms, end })),
  };
  let rotations = 0;
  const ticketKeys = createTicketKeys({
    world: { ...world, timers },
    apply: () => {
      rotations += 1;
      sessions.forget();
    },
  });
  const sessions = createSessions({
    clock: world.clock,
    keys: ticketKeys,
    async ownerOf(domain) {
      if (domain === 'broken.example') throw new Error('away');
      return accounts.get(domain);
    },
  });
  const show = (domain: string, account: string | undefined): void => {
    if (account !== undefined) accounts.set(domain, account);
    sessions.noteHandshake(domain)(account);
  };
  return { sessions, world, accounts, delays, show, rotations: () => rotations };
}

describe('ticket keys are rotated', () => {
  test('for a domain shown here that went to another account, or to none', async () => {
    for (const next of ['2', undefined]) {
      const { sessions, show, rotations } = keysByHand();
      show(a, '1');
      void sessions.domainIsOf(a, next);
      assert.equal(rotations(), 1);
    }
    const { sessions, accounts, show, rotations } = keysByHand();
    show(a, '1');
    accounts.set(a, '2');
    await sessions.domainsChanged([b, a]);
    assert.equal(rotations(), 1);
    accounts.delete(a);
    await sessions.domainsChanged([a]);
    assert.equal(rotations(), 2);
  });

  test('not for names never shown, nor for what their account does with them', async () => {
    const { sessions, show, rotations } = keysByHand();
    show(a, '1');
    show('unbound.example', undefined);
    void sessions.domainIsOf(a, '1');
    void sessions.domainIsOf(b, '2');
    void sessions.domainIsOf('unbound.example', '2');
    await sessions.domainsChanged([a, b, 'unbound.example', 'broken.example']);
    assert.equal(rotations(), 0);
  });

  test('when nobody knows what changed, or whose it is now', async () => {
    const { sessions, show, rotations } = keysByHand();
    await sessions.domainsChanged('any');
    assert.equal(rotations(), 1);
    show('broken.example', '1');
    await sessions.domainsChanged(['broken.example']);
    assert.equal(rotations(), 2);
  });

  test('for a look-up that runs meanwhile: it may come back with what was', async () => {
    const { sessions, accounts, rotations } = keysByHand();
    accounts.set(a, '2');
    const found = sessions.noteHandshake(a);
    await sessions.domainsChanged([a]);
    assert.equal(rotations(), 1);
    found('1');
    await sessions.domainsChanged([a]);
    assert.equal(rotations(), 2);
    // One of each account since: whatever comes next ends both.
    sessions.noteHandshake(a)('2');
    void sessions.domainIsOf(a, '2');
    assert.equal(rotations(), 3);
  });

  test('once more when handshakes that had their certificate are over', async () => {
    const { sessions, delays, world, show, rotations } = keysByHand();
    show(a, '1');
    void sessions.domainIsOf(a, '2');
    assert.deepEqual(
      delays.map(({ ms }) => ms),
      [10_000],
    );
    // Such a handshake may have made its session under the new keys.
    void sessions.domainIsOf(a, '2');
    assert.equal(rotations(), 2);
    world.advance(10_001);
    for (const { end } of delays) end();
    await Promise.resolve();
    assert.equal(rotations(), 4);
    void sessions.domainIsOf(a, '2');
    assert.equal(rotations(), 4, 'nobody has a session of it any more');
  });
});

test('sessions end with the account they were made for, and outlive a new certificate', async () => {
  const stand = await startTwo();
  const tls = { servername: a };
  const { session } = await captureSession({ port: stand.port, tls }, request(a));
  const isResumed = async (): Promise<boolean> => {
    const client = await connectRaw({ port: stand.port, tls: { ...tls, session } });
    assert.ok(client.socket instanceof TLSSocket);
    const isReused = client.socket.isSessionReused();
    client.destroy();
    return isReused;
  };
  stand.bind(a, await authority.issue({ names: [a], key: ecKey }), '1');
  await stand.sessions.domainsChanged([a]);
  assert.ok(await isResumed());
  stand.bind(a, await authority.issue({ names: [a], key: ecKey }), '2');
  await stand.sessions.domainsChanged([a]);
  assert.equal(await isResumed(), false);
  await stand.stop();
});

test('ticket keys are fresh at the start, every 12 hours and on demand, and are wiped', async () => {
  const world = createTestWorld();
  const applied: string[] = [];
  const buffers: Buffer[] = [];
  let everyMs = 0;
  let tick = (): void => {};
  let isStopped = false;
  const timers = {
    ...world.timers,
    every(ms: number, work: () => void) {
      everyMs = ms;
      tick = work;
      return () => {
        isStopped = true;
      };
    },
  };
  const keys = createTicketKeys({
    world: { ...world, timers },
    apply(fresh) {
      assert.equal(fresh.length, 48);
      applied.push(fresh.toString('hex'));
      buffers.push(fresh);
    },
  });
  await keys.rotate();
  assert.equal(applied.length, 1);
  assert.equal(everyMs, 12 * 60 * 60 * 1_000);
  tick();
  await keys.rotate();
  assert.equal(new Set(applied).size, 3);
  assert.ok(buffers.every((buffer) => buffer.every((byte) => byte === 0)));
  keys.stop();
  assert.ok(isStopped);
});

describe('a connection opened for one name and asked for another', () => {
  const facts = {
    serverName: a,
    host: b,
    serverNameAccount: '1',
    hostAccount: '1',
    isHostCovered: true,
  };
  for (const [name, change, expected] of [
    ['the same account and a certificate for both', {}, true],
    ['another account', { hostAccount: '2' }, false],
    ['a certificate for the first name only', { isHostCovered: false }, false],
    ['names nobody mapped', { hostAccount: undefined, serverNameAccount: undefined }, false],
    ['the same name', { host: a, isHostCovered: false, hostAccount: undefined }, true],
  ] as const) {
    test(`${name}: ${expected ? 'fit' : 'misdirected'}`, () => {
      assert.equal(isFit({ ...facts, ...change }), expected);
    });
  }

  test('is judged by the mappings and the certificate of the moment', async () => {
    const both = await authority.issue({ names: [a, '*.shop.example'], key: ecKey });
    const accounts = new Map([
      [a, '1'],
      [b, '1'],
      ['img.shop.example', '1'],
      ['other.shop.example', '2'],
    ]);
    const mappingOf = (name: string) => {
      const accountId = accounts.get(name);
      return accountId === undefined ? undefined : { cname: { accountId } };
    };
    const isOk = (serverName: string, host: string): Promise<boolean> =>
      isConnectionForHost({
        serverName,
        host,
        mapping: mappingOf(host.replace(/[.]?(:\d+)?$/, '').toLowerCase()),
        findMappedDomain: async (domain) => mappingOf(domain),
        findBoundCertificate: async (domain) =>
          domain === a ? { accountId: '1', certificate: storedCertificate(1, both) } : undefined,
      });
    for (const [serverName, host, expected] of [
      [a, a, true],
      ['A.Example.', 'a.example:443', true],
      [a, 'img.shop.example', true],
      [a, 'IMG.shop.example.:8443', true],
      [a, 'other.shop.example', false],
      [a, b, false],
      ['unknown.example', a, false],
      [a, 'unknown.example', false],
      [a, 'oss.test', false],
      ['img.shop.example', a, false],
      [a, '127.0.0.1:9443', true],
      ['a..b', a, false],
    ] as const) {
      assert.equal(await isOk(serverName, host), expected, `${serverName} then ${host}`);
    }
  });
});
