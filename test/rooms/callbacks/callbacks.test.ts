/** How many calls there may be at once. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { createCallbacks, parseCallback } from '../../../src/callbacks/index.ts';
import { createAddressLookup } from '../../../src/dns/index.ts';
import { createAllowList, createDialer } from '../../../src/outbound/index.ts';
import { realWorld, type World } from '../../../src/world/index.ts';
import { createInstallation, type Installation } from '../accounts/installation.ts';

/** How long calls may take is not in question here: 256 at once take a while on a busy machine. */
const patientWorld: World = {
  ...realWorld,
  timers: {
    ...realWorld.timers,
    delay: (ms, signal) => realWorld.timers.delay(10 * ms, signal),
  },
};

let here: Installation;
before(async () => {
  here = await createInstallation('callbacks');
});
after(() => here.close());

test('beyond so many at once a call is not made, and later ones are', async () => {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  let calls = 0;
  const receiver = createServer(async (_request, response) => {
    calls += 1;
    await opened;
    response.setHeader('Content-Length', 2).end('{}');
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const { port } = receiver.address() as AddressInfo;
  const callbacks = createCallbacks({
    dialer: createDialer({
      lookup: createAddressLookup([]),
      allowed: createAllowList(['127.0.0.1']),
      world: patientWorld,
    }),
    settings: here.engine.settings,
    sealer: here.sealer,
  });
  const document = { callbackUrl: `http://127.0.0.1:${port}/`, callbackBody: 'a=b' };
  const parsed = parseCallback(Buffer.from(JSON.stringify(document)).toString('base64'));
  assert.ok(parsed.kind !== 'policy');
  const { request } = parsed;
  const facts = { requestId: 'R', bucket: 'b', keyUrl: 'http://k' };
  const call = () => callbacks.call(request, new Map(), facts);
  // The key is there before: making one takes longer than answering.
  await callbacks.publicKeyPem();
  const running = Array.from({ length: 256 }, call);
  const refused = await call();
  assert.deepEqual(refused, {
    outcome: 'failed',
    message: 'Too many callback requests',
    cause: undefined,
  });
  open();
  for (const answer of await Promise.all(running)) assert.equal(answer.outcome, 'answered');
  assert.equal((await call()).outcome, 'answered');
  assert.equal(calls, 257);
  receiver.close();
  receiver.closeAllConnections();
});
