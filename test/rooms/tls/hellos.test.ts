import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { createChance } from '../../support/chance.ts';
import { connectRaw } from '../../support/raw-client.ts';
import { authority, ecKey, request, startStand } from './stand.ts';

const seed = process.env.CNAMED_TEST_SEED ?? '20261122';
const hellos = Number(process.env.CNAMED_TEST_HELLOS ?? 1_500);

/** The first flight of a real client. */
async function recordHello(servername: string, maxVersion: 'TLSv1.2' | 'TLSv1.3'): Promise<Buffer> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(address && typeof address === 'object');
  const hello = new Promise<Buffer>((resolve) => {
    server.once('connection', (socket) => {
      socket.once('data', (bytes: Buffer) => {
        resolve(Buffer.from(bytes));
        socket.destroy();
      });
    });
  });
  const client = connect({
    port: address.port,
    host: '127.0.0.1',
    servername,
    maxVersion,
    ALPNProtocols: ['h2', 'http/1.1'],
  });
  client.on('error', () => {});
  const bytes = await hello;
  client.destroy();
  server.close();
  return bytes;
}

test(`random ClientHellos never end the process (${hellos}, seed ${seed})`, async (context) => {
  const stand = await startStand({ handshakeTimeoutMs: 1_000 });
  stand.bind('one.example', await authority.issue({ names: ['one.example'], key: ecKey }));
  const tls13 = { versions: ['TLSv1.3'], suites: undefined, suitesTls13: undefined };
  stand.restrictions.set('one.example', tls13);
  const chance = createChance(seed);
  const models = [
    await recordHello('one.example', 'TLSv1.3'),
    await recordHello('one.example', 'TLSv1.2'),
    await recordHello(`${'x'.repeat(60)}.`.repeat(4).slice(0, -1), 'TLSv1.3'),
  ];
  const names = ['__proto__', 'constructor', 'one.example\0', '............', 'ONE.EXAMPLE'];

  function mutate(): Buffer {
    const model = Buffer.from(chance.pick(models));
    const name = model.indexOf('one.example');
    if (name !== -1 && chance.one(3)) model.write(chance.pick(names), name, 11, 'latin1');
    for (let count = chance.int(6); count > 0; count--) {
      model[chance.int(model.length)] = chance.int(256);
    }
    if (chance.one(5)) return model.subarray(0, chance.int(model.length));
    if (chance.one(10)) return Buffer.concat([model, chance.bytes(chance.int(400))]);
    return model;
  }

  async function sendOne(): Promise<void> {
    const client = await connectRaw({ port: stand.port });
    client.send(mutate());
    client.endSending();
    await client.closed();
    client.destroy();
  }

  context.diagnostic(`seed ${seed}`);
  for (let sent = 0; sent < hellos; sent += 30) {
    await Promise.all(Array.from({ length: 30 }, sendOne));
  }
  const client = await connectRaw({ port: stand.port, tls: { servername: 'one.example' } });
  client.send(request('one.example'));
  assert.equal((await client.response()).status, 200);
  client.destroy();
  while (stand.listener.counters().openConnections > 0) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  await stand.stop();
});
