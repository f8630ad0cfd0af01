import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { HttpListener } from '../../../src/http/index.ts';
import { createHealth, createOperatorListener } from '../../../src/operator/index.ts';
import { realWorld } from '../../../src/world/index.ts';
import { ask } from '../../support/raw-client.ts';

const health = createHealth('rack-1');
const listener: HttpListener = createOperatorListener({ host: '127.0.0.1', port: 0 }, health, {
  world: realWorld,
});
let port = 0;
let trouble: string | undefined;

before(async () => {
  port = (await listener.start()).port;
  health.watch('database', () => trouble);
});
after(() => listener.drain(0));

async function answer(line: string, host = 'x'): Promise<{ status: number; document: unknown }> {
  const [method = ''] = line.split(' ');
  const bytes = `${line} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
  const { status, body, headers } = await ask({ port }, bytes, method);
  assert.equal(headers['content-type'], 'application/json');
  assert.equal(headers['cache-control'], 'no-store');
  return { status, document: method === 'HEAD' ? undefined : JSON.parse(String(body)) };
}

test('a node is ready while it serves and every check is well', async () => {
  assert.deepEqual(await answer('GET /ready'), {
    status: 503,
    document: { node: 'rack-1', ready: false, state: 'starting', checks: { database: 'ok' } },
  });
  health.become('serving');
  assert.deepEqual(await answer('GET /ready'), {
    status: 200,
    document: { node: 'rack-1', ready: true, state: 'serving', checks: { database: 'ok' } },
  });
  trouble = 'The database has not answered for 61 s.';
  assert.deepEqual(await answer('GET /ready?verbose'), {
    status: 503,
    document: { node: 'rack-1', ready: false, state: 'serving', checks: { database: trouble } },
  });
  assert.equal((await answer('HEAD /ready')).status, 503);
  trouble = undefined;
  assert.equal((await answer('HEAD /ready')).status, 200);
  health.become('stopping');
  assert.equal((await answer('GET /ready')).status, 503);
});

test('a node is alive whatever its checks say', async () => {
  trouble = 'The database is away.';
  const expected = { status: 200, document: { node: 'rack-1', state: 'stopping' } };
  assert.deepEqual(await answer('GET /live'), expected);
  assert.equal((await answer('HEAD /live')).status, 200);
});

test('nothing else is here, and what is refused is refused in the same form', async () => {
  assert.equal((await answer('GET /')).status, 404);
  assert.equal((await answer('GET /ready/')).status, 404);
  assert.equal((await answer('POST /ready')).status, 405);
  assert.equal((await answer('DELETE /live')).status, 405);
  assert.equal((await answer('GET /ready', '')).status, 400);
});
