/** A store that says nothing more, in the middle of an answer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { openS3Blobs } from '../../../src/stores/index.ts';
import { watchSilence } from '../../../src/stores/s3/silence.ts';
import { readBlob, writeBlob } from '../../contract/blobs.contract.ts';
import { s3TestKey, startS3Server } from '../../support/s3-server.ts';
import { createTestWorld } from '../../support/world.ts';

const maxMs = 30_000;

/** A world whose waits are over when its clock is moved that far. */
function createTimedWorld() {
  const world = createTestWorld();
  const waits = new Set<{ until: number; end: () => void }>();
  const asked: number[] = [];
  world.timers.delay = (ms, signal) => {
    asked.push(ms);
    return new Promise((resolve, reject) => {
      const wait = { until: world.clock.monotonicMs() + ms, end: resolve };
      waits.add(wait);
      signal?.addEventListener('abort', () => {
        waits.delete(wait);
        reject(signal.reason);
      });
    });
  };
  return {
    world,
    asked,
    waiting: () => waits.size,
    async pass(ms: number) {
      world.advance(ms);
      for (const wait of waits) {
        if (wait.until > world.clock.monotonicMs()) continue;
        waits.delete(wait);
        wait.end();
      }
      await turn();
    },
  };
}

test('a wait is silence after thirty seconds of its own, whatever came before it', async () => {
  const { world, pass, waiting } = createTimedWorld();
  let silences = 0;
  const watch = watchSilence(world, maxMs, () => {
    silences += 1;
  });
  await pass(20_000);
  await watch.whileWaiting(async () => {});
  let end = () => {};
  const waited = watch.whileWaiting(
    () =>
      new Promise<void>((resolve) => {
        end = resolve;
      }),
  );
  await pass(10_000);
  await pass(19_999);
  assert.equal(silences, 0);
  await pass(1);
  assert.equal(silences, 1);
  await pass(10 * maxMs);
  assert.equal(silences, 1, 'once');
  assert.equal(waiting(), 0);
  end();
  await waited;
});

test('who is asked for nothing is not silent, and a watch that is stopped leaves no timer', async () => {
  const { world, pass, waiting } = createTimedWorld();
  const watch = watchSilence(world, maxMs, () => assert.fail('nobody was waiting'));
  for (let count = 0; count < 5; count += 1) await pass(maxMs);
  assert.equal(waiting(), 1);
  watch.stop();
  await pass(maxMs);
  assert.equal(waiting(), 0);
});

test('a large answer in many pieces takes one timer for all of them', async (t) => {
  const server = await startS3Server();
  t.after(() => server.close());
  const { world, asked, waiting } = createTimedWorld();
  const location = {
    bucket: 'bucket',
    endpoint: server.url,
    region: 'us-east-1',
    prefix: '',
    isPathStyle: true,
  };
  const blobs = await openS3Blobs({ location, credentials: s3TestKey, world });
  const bytes = Buffer.alloc(4 * 1024 * 1024, 'pieces of an answer, ');
  const blobId = await writeBlob(blobs, bytes);
  asked.length = 0;
  assert.ok(bytes.equals((await readBlob(blobs, blobId)) ?? Buffer.alloc(0)));
  assert.ok(asked.length <= 2, `one for the head and one for the body, not ${asked.length}`);
  assert.equal(waiting(), 0, 'none is left');
});
