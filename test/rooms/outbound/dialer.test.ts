/** The dialer against real servers on loopback: what it calls and refuses, when it gives up. */
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { createAddressLookup } from '../../../src/dns/index.ts';
import {
  createAllowList,
  createDialer,
  type Dialer,
  type OutboundAnswer,
  type OutboundRequest,
} from '../../../src/outbound/index.ts';
import { createAuthority } from '../../support/certificates.ts';
import { code, reply, startDnsServer } from '../../support/dns-server.ts';
import { createTestWorld } from '../../support/world.ts';

const servers: { close(): unknown }[] = [];
after(() => Promise.all(servers.map((server) => server.close())));

async function portOf(server: Server, host = '127.0.0.1'): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  servers.push({
    close() {
      server.closeAllConnections();
      server.close();
    },
  });
  return (server.address() as AddressInfo).port;
}

const listen = (answer: RequestListener): Promise<number> => portOf(createServer(answer));

async function textOf(incoming: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of incoming) text += chunk;
  return text;
}

interface Options {
  readonly allow?: readonly string[];
  readonly hosts?: Readonly<Record<string, readonly string[]>>;
  readonly trusted?: string;
  /** Resolves when the budget is used up. */
  readonly budgetEnds?: Promise<void>;
}

function dialerOf({ allow = ['127.0.0.0/8'], hosts = {}, trusted, budgetEnds }: Options = {}): {
  dialer: Dialer;
  asked: string[];
} {
  const asked: string[] = [];
  const world = createTestWorld();
  const timers = budgetEnds ? { ...world.timers, delay: () => budgetEnds } : world.timers;
  const dialer = createDialer({
    lookup: async (name) => {
      asked.push(name);
      return hosts[name] ?? [];
    },
    allowed: createAllowList(allow),
    world: { timers },
    ...(trusted === undefined ? {} : { trusted }),
  });
  return { dialer, asked };
}

const requestTo = (url: string, more: Partial<OutboundRequest> = {}): OutboundRequest => ({
  url: new URL(url),
  headers: { 'Content-Type': 'text/plain' },
  body: Buffer.from('asked'),
  isNameSent: false,
  budgetMs: 5_000,
  answerBytesMax: 100,
  ...more,
});

const summary = (answer: OutboundAnswer): unknown =>
  answer.outcome === 'answered' ? [answer.status, answer.body.toString()] : answer.reason;

test('a request reaches the host under the name that was asked for', async () => {
  const seen: unknown[] = [];
  const port = await listen(async (incoming, response) => {
    const { method, url, headers } = incoming;
    seen.push([method, url, headers.host, headers['content-length'], await textOf(incoming)]);
    response.end('answered');
  });
  const { dialer, asked } = dialerOf({ hosts: { 'hook.example': ['127.0.0.1'] } });
  const url = `http://hook.example:${port}/a%20b?c=d`;
  assert.deepEqual(summary(await dialer.post(requestTo(url))), [200, 'answered']);
  const named = requestTo(url, { headers: { Host: 'other.example' } });
  assert.deepEqual(summary(await dialer.post(named)), [200, 'answered']);
  assert.deepEqual(seen, [
    ['POST', '/a%20b?c=d', `hook.example:${port}`, '5', 'asked'],
    ['POST', '/a%20b?c=d', 'other.example', '5', 'asked'],
  ]);
  assert.deepEqual(asked, ['hook.example', 'hook.example'], 'looked up once for each');
});

test('closed addresses are refused, and no connection is made', async () => {
  let connections = 0;
  const server = createServer();
  server.on('connection', () => connections++);
  const port = await portOf(server);
  const hosts = {
    'inside.example': ['127.0.0.1'],
    'mixed.example': ['1.1.1.1', '127.0.0.1'],
    'mapped.example': ['::ffff:127.0.0.1'],
  };
  const { dialer } = dialerOf({ allow: [], hosts });
  const names = [
    ...Object.keys(hosts),
    '127.0.0.1',
    '2130706433',
    '0x7f.1',
    '[::1]',
    '[::ffff:7f00:1]',
  ];
  for (const name of names) {
    const url = `http://${name}:${port}/`;
    assert.equal(summary(await dialer.post(requestTo(url))), 'forbidden', name);
    assert.equal(await dialer.isForbidden(new URL(url).hostname), true, name);
  }
  assert.equal(connections, 0);
  assert.equal(await dialer.isForbidden('1.1.1.1'), false);
  assert.equal(await dialer.isForbidden('unknown.example'), false);
  assert.equal(summary(await dialer.post(requestTo('http://unknown.example/'))), 'unreachable');
});

test('a name on the list may lead anywhere', async () => {
  const port = await listen((_, response) => void response.end('here'));
  const hosts = { 'hook.lan': ['127.0.0.1'] };
  const { dialer } = dialerOf({ allow: ['hook.lan'], hosts });
  const answer = await dialer.post(requestTo(`http://hook.lan:${port}/`));
  assert.deepEqual(summary(answer), [200, 'here']);
  const direct = await dialer.post(requestTo(`http://127.0.0.1:${port}/`));
  assert.equal(summary(direct), 'forbidden');
});

test('the next address is tried where nobody listens, and a redirect is an answer', async () => {
  const port = await listen((_, response) => {
    response.writeHead(302, { Location: 'http://127.0.0.1/elsewhere' }).end();
  });
  const { dialer } = dialerOf({ hosts: { 'two.example': ['127.0.0.9', '127.0.0.1'] } });
  const answer = await dialer.post(requestTo(`http://two.example:${port}/`));
  assert.deepEqual(summary(answer), [302, '']);
  const nobody = await dialer.post(requestTo(`http://127.0.0.9:${port}/`));
  assert.equal(summary(nobody), 'unreachable');
});

test('an answer that is too large, cut short or no HTTP', async () => {
  const answers: RequestListener[] = [
    (_, response) => void response.end('x'.repeat(101)),
    (_, response) => {
      response.write('x'.repeat(60));
      response.end('x'.repeat(60));
    },
    (_, response) => void response.writeHead(200, { 'Content-Length': '50' }).end('x'),
    (_, response) => void response.socket?.end('nonsense\r\n\r\n'),
    (_, response) => void response.socket?.destroy(),
  ];
  const outcomes: unknown[] = [];
  for (const answer of answers) {
    const server = createServer(answer);
    const port = await portOf(server);
    outcomes.push(summary(await dialerOf().dialer.post(requestTo(`http://127.0.0.1:${port}/`))));
  }
  const lost = 'unreachable';
  assert.deepEqual(outcomes, ['too-large', 'too-large', lost, lost, lost]);
});

test('the budget covers all of it', async () => {
  let arrived: () => void = () => {};
  const budgetEnds = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const port = await listen((_, response) => {
    response.write('{');
    arrived();
  });
  const { dialer } = dialerOf({ budgetEnds });
  assert.equal(summary(await dialer.post(requestTo(`http://127.0.0.1:${port}/`))), 'timeout');
});

test('a name that nobody answers for is not waited for', async () => {
  const dialer = createDialer({
    lookup: () => new Promise<never>(() => {}),
    allowed: createAllowList([]),
    world: { timers: { ...createTestWorld().timers, delay: () => Promise.resolve() } },
  });
  assert.equal(await dialer.isForbidden('slow.example'), false);
  assert.notEqual((await dialer.post(requestTo('http://slow.example/'))).outcome, 'answered');
});

test('over TLS the certificate must name the host, whether the handshake does or not', async () => {
  const authority = await createAuthority();
  const leaf = await authority.issue({ names: ['hook.example'] });
  const names: unknown[] = [];
  const server = createSecureServer(
    { key: leaf.keyPem, cert: leaf.chainPem },
    (incoming, response) => {
      names.push((incoming.socket as TLSSocket).servername);
      response.end('ok');
    },
  );
  const port = await portOf(server);
  const hosts = { 'hook.example': ['127.0.0.1'], 'other.example': ['127.0.0.1'] };
  const { dialer } = dialerOf({ hosts, trusted: authority.certificatePem });
  const url = `https://hook.example:${port}/`;
  for (const isNameSent of [false, true]) {
    const answer = await dialer.post(requestTo(url, { isNameSent }));
    assert.deepEqual(summary(answer), [200, 'ok']);
  }
  assert.deepEqual(names, [false, 'hook.example']);
  const other = await dialer.post(requestTo(`https://other.example:${port}/`));
  assert.equal(summary(other), 'unreachable');
  const untrusting = dialerOf({ hosts }).dialer;
  assert.equal(summary(await untrusting.post(requestTo(url))), 'unreachable');
  assert.equal(names.length, 2);
});

test('names are looked up at the DNS servers of the operator', async () => {
  const dns = await startDnsServer();
  servers.push(dns);
  dns.script('hook.example', (question, replier) => {
    const { name } = question;
    const isV4 = question.type === 'A';
    const answer = isV4
      ? ({ type: 'A', name, ttl: 60, data: '192.0.2.7' } as const)
      : ({ type: 'AAAA', name, ttl: 60, data: '2001:db8::7' } as const);
    replier.send(reply(question, [answer], { questions: [{ type: answer.type, name }] }));
  });
  dns.script('nobody.example', (question, replier) => {
    const questions = [
      { type: question.type === 'A' ? 'A' : 'AAAA', name: question.name } as const,
    ];
    replier.send(reply(question, [], { rcode: code.nxdomain, questions }));
  });
  const lookup = createAddressLookup([dns.server]);
  assert.deepEqual([...(await lookup('hook.example'))].sort(), ['192.0.2.7', '2001:db8::7']);
  assert.deepEqual(await lookup('nobody.example'), []);
});
