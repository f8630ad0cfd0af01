import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { startTestServer } from '../support/server.ts';

test('an address may hold as many connections as the operator allows, and no more', async () => {
  const server = await startTestServer({ settings: { CONNECTIONS_PER_ADDRESS: '2' } });
  const open = () => connect(server.httpPort, '127.0.0.1');
  const [first, second] = [open(), open()];
  await Promise.all([once(first, 'connect'), once(second, 'connect')]);
  const third = open();
  third.on('error', () => {});
  await once(third, 'close');
  // Room again once one of them is gone.
  first.destroy();
  let answered = false;
  while (!answered) {
    const next = open();
    next.on('error', () => {});
    next.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    for await (const chunk of next) answered ||= String(chunk).startsWith('HTTP/1.1 403');
  }
  assert.ok(answered);
  second.destroy();
  await server.close();
});
