import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connectRaw, type RawClient } from '../support/raw-client.ts';
import { openRawOss, type RawOss } from './object/raw-oss.ts';

/** Answers a second; the clock of this suite stands still, so one second is all there is. */
const perSecond = 2_000;

let oss: RawOss;
let client: RawClient;

before(async () => {
  oss = await openRawOss();
  client = await connectRaw({ port: oss.server.httpPort });
});
after(async () => {
  client.destroy();
  await oss.close();
});

async function statusOf(from: RawClient, host: string): Promise<number> {
  from.send(`GET /page HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  return (await from.response()).status;
}

test('names that nobody has mapped wait their turn, and nobody waits behind them', async () => {
  for (let count = 0; count < perSecond; count++) {
    assert.equal(await statusOf(client, `n${count}.invented.example`), 404);
  }
  const asked = Promise.withResolvers<void>();
  const turn = Promise.withResolvers<void>();
  const { delay } = oss.world.timers;
  Object.assign(oss.world.timers, {
    delay: () => {
      asked.resolve();
      return turn.promise;
    },
  });
  let isAnswered = false;
  const waiting = statusOf(client, 'one-more.invented.example').finally(() => {
    isAnswered = true;
  });
  await Promise.race([asked.promise, waiting]);
  const other = await connectRaw({ port: oss.server.httpPort });
  // No such bucket, said at once.
  assert.equal(await statusOf(other, 'localhost'), 404);
  assert.equal(isAnswered, false);
  Object.assign(oss.world.timers, { delay });
  turn.resolve();
  assert.equal(await waiting, 404);
  other.destroy();
});
