import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPace } from '../../../src/world/index.ts';

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

test('a second of turns may be taken at once, then one after the other', async () => {
  const world = createWorld();
  const pace = createPace(world, 10);
  for (let count = 0; count < 10; count++) assert.equal(await pace.turn(), true);
  assert.equal(world.delays.length, 0);
  const waiting = [pace.turn(), pace.turn()];
  assert.deepEqual(
    world.delays.map(({ ms }) => ms),
    [100, 200],
  );
  for (const { done } of world.delays) done();
  assert.deepEqual(await Promise.all(waiting), [true, true]);
});

test('quiet time gives the turns back, a second of them at most', async () => {
  const world = createWorld();
  const pace = createPace(world, 10);
  for (let count = 0; count < 10; count++) await pace.turn();
  world.advance(3_600_000);
  for (let count = 0; count < 10; count++) await pace.turn();
  assert.equal(world.delays.length, 0);
  void pace.turn();
  assert.equal(world.delays.length, 1);
});

test('the queue is bounded: who finds it full is turned away', async () => {
  const world = createWorld();
  const pace = createPace(world, 10);
  for (let count = 0; count < 10; count++) await pace.turn();
  for (let count = 0; count < 1_000; count++) void pace.turn();
  assert.equal(await pace.turn(), false);
  world.delays[0]?.done();
  await new Promise((resolve) => setImmediate(resolve));
  void pace.turn();
  assert.equal(world.delays.length, 1_001);
});

test('who cannot wait takes a turn only where one is due', async () => {
  const world = createWorld();
  const pace = createPace(world, 10);
  for (let count = 0; count < 10; count++) assert.equal(pace.turnNow(), true);
  assert.equal(pace.turnNow(), false);
  world.advance(100);
  assert.equal(pace.turnNow(), true);
  assert.equal(pace.turnNow(), false);
  void pace.turn();
  assert.deepEqual(
    world.delays.map(({ ms }) => ms),
    [100],
  );
});
