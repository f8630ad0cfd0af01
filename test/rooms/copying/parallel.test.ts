import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inParallel } from '../../../src/copying/parallel.ts';

async function* numbers(count: number): AsyncGenerator<number> {
  for (let number = 0; number < count; number += 1) yield number;
}

describe('work in parallel', () => {
  it('is never wider than asked, and gives every result once', async () => {
    let [running, widest] = [0, 0];
    const gates: (() => void)[] = [];
    const results: number[] = [];
    const all = (async () => {
      const work = async (number: number): Promise<number> => {
        running += 1;
        widest = Math.max(widest, running);
        await new Promise<void>((resolve) => gates.push(resolve));
        running -= 1;
        return number;
      };
      for await (const result of inParallel(numbers(20), 4, work)) results.push(result);
    })();
    // The latest first: results come as they come.
    while (results.length < 20) {
      gates.pop()?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await all;
    assert.equal(widest, 4);
    assert.notDeepEqual(
      results,
      [...results].sort((a, b) => a - b),
    );
    assert.deepEqual(
      results.sort((a, b) => a - b),
      Array.from({ length: 20 }, (_, index) => index),
    );
  });

  it('tells a failure when nothing runs any more', async () => {
    const slow = Promise.withResolvers<void>();
    let isSlowOver = false;
    const work = async (number: number): Promise<number> => {
      if (number === 1) throw new Error('broken');
      await slow.promise;
      isSlowOver = true;
      return number;
    };
    const all = (async () => {
      for await (const _ of inParallel(numbers(3), 3, work));
    })();
    setImmediate(() => slow.resolve());
    await assert.rejects(all, /broken/);
    assert.equal(isSlowOver, true);
  });

  it('lets what runs end when its reader gives up, and asks for nothing more', async () => {
    let [begun, ended] = [0, 0];
    const work = async (number: number): Promise<number> => {
      begun += 1;
      await new Promise((resolve) => setImmediate(resolve));
      ended += 1;
      return number;
    };
    for await (const _ of inParallel(numbers(1_000), 3, work)) break;
    assert.equal(ended, begun);
    assert.ok(begun <= 6, `${begun} were begun`);
  });

  it('hands on a failure of what it reads from', async () => {
    async function* failing(): AsyncGenerator<number> {
      yield 1;
      throw new Error('no more');
    }
    await assert.rejects(async () => {
      for await (const _ of inParallel(failing(), 2, async (number) => number));
    }, /no more/);
  });
});
