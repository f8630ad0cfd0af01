/** From SIGTERM to the end of the process, as a balancer and its clients see it. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ask, connectRaw } from '../support/raw-client.ts';
import { rootKey } from '../support/server.ts';
import { type ServerProcess, startServerProcess } from '../support/server-process.ts';

const request = 'GET /none/key HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n';
let folder = '';
let server: ServerProcess | undefined;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cnamed-draining-'));
});
after(async () => {
  await server?.kill();
  await rm(folder, { recursive: true, force: true });
});

async function readiness(): Promise<{ status: number; state: string; node: string }> {
  const port = server?.consolePort ?? 0;
  const bytes = 'GET /ready HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
  const { status, body } = await ask({ port }, bytes);
  const { state, node } = JSON.parse(String(body));
  return { status, state, node };
}

test('a server told to stop says so, empties its connections, and ends when hurried', async () => {
  const settings = { DRAIN_DELAY: '10m', NODE_NAME: 'rack-1' };
  server = await startServerProcess({ dataDir: join(folder, 'data'), ...rootKey, settings });
  assert.ok(server);
  assert.deepEqual(await readiness(), { status: 200, state: 'serving', node: 'rack-1' });
  const kept = await connectRaw({ port: server.httpPort });
  kept.send(request);
  assert.equal((await kept.response()).headers.connection, 'keep-alive');

  const ended = server.stop();
  while ((await readiness()).state !== 'stopping') await new Promise(setImmediate);
  assert.equal((await readiness()).status, 503);
  // A connection that was kept is answered once more, and told that this was the last.
  kept.send(request);
  assert.equal((await kept.response()).headers.connection, 'close');
  assert.equal(await kept.closed(), 'end');
  // So is one of a client whom nobody told yet.
  const fresh = await connectRaw({ port: server.httpPort });
  fresh.send(request);
  const answer = await fresh.response();
  assert.deepEqual([answer.status, answer.headers.connection], [404, 'close']);

  process.kill(server.pid, 'SIGTERM');
  assert.equal(await ended, 0, server.condition());
});
