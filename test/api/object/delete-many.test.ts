import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestServer } from '../../support/server.ts';
import { createSignedClient } from '../../support/signed-client.ts';
import { createTestWorld } from '../../support/world.ts';

test('a request that deletes a thousand keys lets others have their turn in between', async () => {
  const world = createTestWorld({ now: Date.now() });
  let turns = 0;
  const timers: typeof world.timers = {
    ...world.timers,
    delay(ms, signal) {
      if (ms === 0) turns += 1;
      return world.timers.delay(ms, signal);
    },
  };
  const server = await startTestServer({ world: { ...world, timers } });
  const client = createSignedClient({ port: server.httpPort, credentials: server });
  try {
    const bucket = 'many-keys';
    assert.equal((await client.call({ method: 'PUT', bucket })).status, 200);
    const objects = Array.from({ length: 1_000 }, (_, number) => {
      return `<Object><Key>key-${number}</Key></Object>`;
    });
    const body = `<Delete>${objects.join('')}</Delete>`;
    const query = { delete: undefined };
    const answer = await client.call({ method: 'POST', bucket, query, body });
    assert.equal(answer.status, 200);
    assert.equal(answer.body.toString().match(/<Deleted>/g)?.length, 1_000);
    assert.ok(turns >= 9, `${turns} turns`);
  } finally {
    client.close();
    await server.close();
  }
});
