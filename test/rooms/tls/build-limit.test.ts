import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBuildLimit } from '../../../src/tls/build-limit.ts';

function createWorld() {
  let now = 0;
  const delays: { ms: number; done: () => void }[] = [];
  return {
    delays,
    advance(ms: number): void {
      now += ms;
    },
    clock: { now: () => now, monotonicMs: () => now },
    timers: {
      delay: (ms: number) => new Promise<void>((done) => delays.push({ ms, done })),
      every: () => () => {},
    },
  };
}

test('a second of builds may start at once, then one after the other', async () => {
  const world = createWorld();
  const limit = createBuildLimit(world, 10);
  for (let count = 0; count < 10; count++) assert.equal(await limit.turn(), true);
  assert.equal(world.delays.length, 0);
  const waiting = [limit.turn(), limit.turn()];
  assert.deepEqual(
    world.delays.map(({ ms }) => ms),
    [100, 200],
  );
  for (const { done } of world.delays) done();
  assert.deepEqual(await Promise.all(waiting), [true, true]);
});

test('quiet time gives the builds back, a second of them at most', async () => {
  const world = createWorld();
  const limit = createBuildLimit(world, 10);
  for (let count = 0; count < 10; count++) await limit.turn();
  world.advance(3_600_000);
  for (let count = 0; count < 10; count++) await limit.turn();
  assert.equal(world.delays.length, 0);
  void limit.turn();
  assert.equal(world.delays.length, 1);
});

test('the queue is bounded: who finds it full is turned away', async () => {
  const world = createWorld();
  const limit = createBuildLimit(world, 10);
  for (let count = 0; count < 10; count++) await limit.turn();
  for (let count = 0; count < 1_000; count++) void limit.turn();
  assert.equal(await limit.turn(), false);
  world.delays[0]?.done();
  await new Promise((resolve) => setImmediate(resolve));
  void limit.turn();
  assert.equal(world.delays.length, 1_001);
});
