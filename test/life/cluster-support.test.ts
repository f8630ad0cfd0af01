/** The nodes that the suites of several nodes stand on. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import pg from 'pg';
import { type Cluster, startCluster, startNodeProcess } from '../support/cluster.ts';
import { withoutNotifications } from '../support/deafness.ts';
import { createSignedClient } from '../support/signed-client.ts';

let cluster: Cluster | undefined;
after(() => cluster?.close());

function message(type: string, body: string): Buffer {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeUInt32BE(4 + body.length, 1);
  return Buffer.concat([head, Buffer.from(body)]);
}

test('the relay takes notifications out, wherever chunks are cut', () => {
  const kept = [message('Z', 'I'), message('D', 'A row with an A'), message('C', '')];
  const [one, two, three] = kept as [Buffer, Buffer, Buffer];
  const lost = message('A', 'channel');
  const stream = Buffer.concat([lost, one, lost, two, lost, lost, three]);
  for (let size = 1; size <= stream.length; size += 1) {
    let dropped = 0;
    const filter = withoutNotifications(() => {
      dropped += 1;
    });
    const passed: Buffer[] = [];
    for (let start = 0; start < stream.length; start += size) {
      passed.push(filter(stream.subarray(start, start + size)));
    }
    assert.deepEqual(Buffer.concat(passed), Buffer.concat(kept), `chunks of ${size}`);
    assert.equal(dropped, 4);
  }
});

test('nodes of both kinds share accounts, objects and one database without notifications', async () => {
  cluster = await startCluster({ count: 2, notifications: 'dropped' });
  const { ground, nodes } = cluster;
  const { credentials } = ground;
  const [one, other] = nodes.map(({ httpPort }) =>
    createSignedClient({ port: httpPort, credentials }),
  );
  assert.ok(one && other);
  const late = await startNodeProcess(ground, 2);
  assert.ok(late);
  const third = createSignedClient({ port: late.httpPort, credentials });
  try {
    const bucket = 'shared-bucket';
    assert.equal((await one.call({ method: 'PUT', bucket })).status, 200);
    const body = 'the same on all';
    assert.equal((await other.call({ method: 'PUT', bucket, key: 'a', body })).status, 200);
    for (const client of [one, other, third]) {
      assert.equal((await client.call({ bucket, key: 'a' })).body.toString(), body);
    }
    await late.kill();
    const again = await startNodeProcess(ground, 2);
    await again?.stop();
    // A client past the relay hears what the nodes do not.
    const listener = new pg.Client({ connectionString: ground.databaseUrl });
    await listener.connect();
    await listener.query('listen cnamed_changes');
    const heard = new Promise((resolve) => listener.once('notification', resolve));
    const acl = { 'x-oss-acl': 'public-read' };
    await one.call({ method: 'PUT', bucket, query: { acl: undefined }, headers: acl });
    await heard;
    await listener.end();
    const until = performance.now() + 10_000;
    while (ground.droppedNotifications() === 0 && performance.now() < until) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.ok(ground.droppedNotifications() > 0, 'nothing was dropped');
  } finally {
    for (const client of [one, other, third]) client.close();
  }
});
