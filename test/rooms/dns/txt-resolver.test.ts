import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import {
  createTxtResolver,
  parseServers,
  type TxtResolverOptions,
} from '../../../src/dns/index.ts';
import { realWorld } from '../../../src/world/index.ts';
import { code, type DnsServer, record, reply, startDnsServer } from '../../support/dns-server.ts';

const name = '_dnsauth.shop.example';

async function withServer(
  work: (server: DnsServer) => Promise<void>,
  options: { tcp?: boolean } = {},
): Promise<void> {
  const server = await startDnsServer(options);
  try {
    await work(server);
  } finally {
    await server.close();
  }
}

function resolverOf(servers: string[], options: Partial<TxtResolverOptions> = {}) {
  return createTxtResolver({ servers, world: realWorld, tryMs: 1_000, ...options });
}

/** A port of loopback that nobody listens on. */
async function deadServer(): Promise<string> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return `127.0.0.1:${port}`;
}

describe('a TXT question', () => {
  it('brings the records, each joined from its strings, and tells which resolver spoke', () =>
    withServer(async (server) => {
      server.txt(name, ['ab', 'cd'], 'ef');
      assert.deepEqual(await resolverOf([server.server]).askTxt(name), {
        outcome: 'found',
        records: ['abcd', 'ef'],
        resolver: server.server,
      });
    }));

  it('keeps every byte of a record as one character', () =>
    withServer(async (server) => {
      const bytes = Buffer.from(Array.from({ length: 250 }, (_, index) => index));
      server.txt(name, bytes);
      const answer = await resolverOf([server.server]).askTxt(name);
      assert.equal(answer.outcome, 'found');
      assert.deepEqual(Buffer.from(answer.records[0] ?? '', 'latin1'), bytes);
    }));

  it('is asked afresh each time: nothing found and nothing missing is remembered', () =>
    withServer(async (server) => {
      const resolver = resolverOf([server.server]);
      assert.equal((await resolver.askTxt(name)).outcome, 'none');
      server.txt(name, 'one');
      assert.equal((await resolver.askTxt(name)).outcome, 'found');
      server.txt(name, 'two');
      const answer = await resolver.askTxt(name);
      assert.deepEqual(answer.outcome === 'found' && answer.records, ['two']);
      server.remove(name);
      assert.deepEqual(await resolver.askTxt(name), {
        outcome: 'none',
        reason: 'no-such-name',
        resolver: server.server,
      });
      assert.equal(server.asked.length, 4);
    }));

  it('asks for that name only, never for a parent', () =>
    withServer(async (server) => {
      await resolverOf([server.server]).askTxt('_dnsauth.a.b.shop.example');
      assert.deepEqual(
        server.asked.map((each) => `${each.type} ${each.name}`),
        ['TXT _dnsauth.a.b.shop.example'],
      );
    }));

  it('comes from a new port with a new id each time', () =>
    withServer(async (server) => {
      server.txt(name, 'x');
      const resolver = resolverOf([server.server]);
      for (let count = 0; count < 64; count++) await resolver.askTxt(name);
      const ids = new Set(server.asked.map(({ id }) => id));
      const ports = new Set(server.asked.map(({ sourcePort }) => sourcePort));
      // 64 draws from 65,536 ids and from some 28,000 ports: repeats are rare, runs of them absent.
      assert.ok(ids.size >= 60, `${ids.size} ids`);
      assert.ok(ports.size >= 56, `${ports.size} ports`);
      const steps = server.asked.slice(1).map(({ id }, at) => id - (server.asked[at]?.id ?? 0));
      assert.ok(new Set(steps).size >= 60, 'ids follow no step');
    }));

  it('goes on to the next server when one is silent, failing or not there', () =>
    withServer(async (good) =>
      withServer(async (failing) => {
        good.txt(name, 'x');
        failing.script(name, (question, replier) =>
          replier.send(reply(question, [], { rcode: code.servfail })),
        );
        const servers = [await deadServer(), failing.server, good.server];
        const answer = await resolverOf(servers).askTxt(name);
        assert.equal(answer.outcome, 'found');
        assert.equal(answer.resolver, good.server);
        failing.script(name, () => {});
        const later = await resolverOf([failing.server, good.server], { tryMs: 100 }).askTxt(name);
        assert.equal(later.resolver, good.server);
      }),
    ));

  it('stays with the server that answered while it follows aliases', () =>
    withServer(async (good) =>
      withServer(async (refusing) => {
        good.cname(name, 'target.example');
        good.txt('target.example', 'x');
        refusing.script(name, (question, replier) =>
          replier.send(reply(question, [], { rcode: code.refused })),
        );
        const answer = await resolverOf([refusing.server, good.server]).askTxt(name);
        assert.equal(answer.outcome, 'found');
        assert.equal(refusing.asked.length, 1);
        assert.equal(good.asked.length, 2);
      }),
    ));

  it('takes the word of the first server that answers: a missing record is an answer', () =>
    withServer(async (first) =>
      withServer(async (second) => {
        second.txt(name, 'x');
        const answer = await resolverOf([first.server, second.server]).askTxt(name);
        assert.equal(answer.outcome, 'none');
        assert.equal(second.asked.length, 0);
      }),
    ));

  it('fails, and says so, when nobody listens', async () => {
    const server = await deadServer();
    const answer = await resolverOf([server]).askTxt(name);
    assert.deepEqual(answer, { outcome: 'failed', reason: 'unreachable', resolver: server });
  });

  it('fails when the answer is truncated and TCP is refused', () =>
    withServer(
      async (server) => {
        server.txt(name, 'x'.repeat(250), 'y'.repeat(250), 'z'.repeat(250));
        const answer = await resolverOf([server.server]).askTxt(name);
        assert.deepEqual(answer, {
          outcome: 'failed',
          reason: 'unreachable',
          resolver: server.server,
        });
      },
      { tcp: false },
    ));

  it('names each failure', () =>
    withServer(async (server) => {
      const reasonOf = async (rcode: number) => {
        server.script(name, (question, replier) => replier.send(reply(question, [], { rcode })));
        const answer = await resolverOf([server.server]).askTxt(name);
        return answer.outcome === 'failed' ? answer.reason : answer.outcome;
      };
      assert.equal(await reasonOf(code.servfail), 'servfail');
      assert.equal(await reasonOf(code.refused), 'refused');
      assert.equal(await reasonOf(code.notimp), 'error-code');
      server.script(name, (question, replier) =>
        replier.send(reply(question, [record.cname(name, name)])),
      );
      const loop = await resolverOf([server.server]).askTxt(name);
      assert.equal(loop.outcome === 'failed' && loop.reason, 'alias-loop');
    }));

  it('ends with its budget even in the middle of a chain that answers slowly', () =>
    withServer(async (server) => {
      for (let link = 0; link < 8; link++) {
        const owner = link === 0 ? name : `link-${link}.example`;
        server.script(owner, (question, replier) =>
          replier.later(100, () =>
            replier.send(reply(question, [record.cname(owner, `link-${link + 1}.example`)])),
          ),
        );
      }
      const answer = await resolverOf([server.server], { budgetMs: 350 }).askTxt(name);
      assert.deepEqual(answer, { outcome: 'failed', reason: 'timeout', resolver: server.server });
      assert.ok(server.asked.length < 8, `${server.asked.length} questions`);
    }));

  it('asks aliases whose labels hold odd bytes by exactly those bytes', () =>
    withServer(async (server) => {
      const asked: Buffer[] = [];
      const oddLabel = Buffer.from('a\\.b\xff ', 'latin1');
      server.script(name, (question, replier) => {
        const tail = [0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 1, 0, oddLabel.length + 2, oddLabel.length];
        const bytes = Buffer.concat([
          reply(question, []),
          Buffer.from(tail),
          oddLabel,
          Buffer.of(0),
        ]);
        bytes.writeUInt16BE(1, 6);
        replier.send(bytes);
      });
      await resolverOf([server.server], { tryMs: 100, tries: 1 }).askTxt(name);
      asked.push(...server.asked.map(({ bytes }) => bytes));
      assert.equal(asked.length, 2);
      assert.deepEqual(asked[1]?.subarray(13, 13 + oddLabel.length), oddLabel);
    }));
});

describe('the list of DNS servers', () => {
  const check = (text: string, expected: [string, number, string] | undefined) =>
    it(`${JSON.stringify(text)} is ${expected === undefined ? 'refused' : expected[2]}`, () => {
      const parsed = parseServers([text]);
      if (expected === undefined) {
        assert.equal(parsed.ok, false);
        assert.ok(!parsed.ok && parsed.message.includes(text.trim()));
        assert.throws(() => resolverOf([text]), /is not a DNS server/);
        return;
      }
      const [address, port, label] = expected;
      assert.deepEqual(parsed, { ok: true, servers: [{ address, port, label }] });
    });
  check('192.0.2.1', ['192.0.2.1', 53, '192.0.2.1']);
  check(' 192.0.2.1:53 ', ['192.0.2.1', 53, '192.0.2.1']);
  check('127.0.0.1:5353', ['127.0.0.1', 5353, '127.0.0.1:5353']);
  check('2001:db8::1', ['2001:db8::1', 53, '2001:db8::1']);
  check('[2001:db8::1]', ['2001:db8::1', 53, '2001:db8::1']);
  check('[2001:db8::1]:5353', ['2001:db8::1', 5353, '[2001:db8::1]:5353']);
  check('dns.example', undefined);
  check('', undefined);
  check('127.0.0.1:0', undefined);
  check('127.0.0.1:65536', undefined);
  check('127.0.0.1:', undefined);
  check('[127.0.0.1]:53', undefined);
  check('2001:db8::1]:53', undefined);
  check('127.0.0.1:53:53', undefined);

  it('that is empty fails every question, with its own reason', async () => {
    assert.deepEqual(await resolverOf([]).askTxt(name), {
      outcome: 'failed',
      reason: 'no-servers',
      resolver: '',
    });
  });
});
