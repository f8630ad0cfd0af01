import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connectRaw } from '../../support/raw-client.ts';
import { type Probe, probes } from './probe-table.ts';
import { type Stub, startStub } from './stub.ts';

const next = 'GET /next HTTP/1.1\r\nHost: next.example\r\n\r\n';
let stub: Stub;
before(async () => {
  stub = await startStub();
});
after(() => stub.stop());

for (const probe of probes) {
  test(`${probe.name} is ${probe.refused ? 'refused' : 'accepted'}`, async () => {
    const client = await connectRaw({ port: stub.port });
    try {
      stub.handled.length = 0;
      // The next request is on the wire already: nothing of this one may spill into it.
      client.send(Buffer.from(probe.bytes + next, 'latin1'));
      await (probe.refused ? isRefused(probe, client) : isAccepted(probe, client));
    } finally {
      client.destroy();
    }
  });
}

type Client = Awaited<ReturnType<typeof connectRaw>>;

async function isRefused(probe: Probe, client: Client): Promise<void> {
  const response = await client.response();
  assert.equal(
    `${response.status} ${response.body}`,
    `${probe.refused?.status} ${probe.refused?.code}`,
  );
  assert.equal(response.headers.connection, 'close');
  assert.match(response.headers['x-oss-request-id'] ?? '', /^[0-9A-F]{24}$/);
  assert.equal(await client.closed(), 'end');
  assert.equal(client.unread().length, 0, 'nothing may follow the refusal');
  assert.ok(!stub.handled.includes('GET /next'), 'the next request must not run');
}

async function isAccepted(probe: Probe, client: Client): Promise<void> {
  const response = await client.response();
  const expected = [probe.accepted, ...(probe.body === undefined ? [] : [probe.body])].join(' ');
  assert.equal(`${response.status} ${response.body}`, `200 ${expected}`);
  if (probe.closes) {
    assert.equal(await client.closed(), 'end');
    assert.deepEqual(stub.handled, [probe.accepted]);
    return;
  }
  const following = await client.response();
  assert.equal(`${following.status} ${following.body}`, '200 GET /next');
  assert.deepEqual(stub.handled, [probe.accepted, 'GET /next']);
}
