import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBufferPool } from '../../../src/http/buffer-pool.ts';

const kibibyte = 1_024;

test('a buffer is as large as it is useful, and used again', () => {
  const pool = createBufferPool();
  const sizes = [
    [1, 16],
    [16, 16],
    [17, 64],
    [64, 64],
    [65, 256],
    [1_000_000, 256],
  ] as const;
  for (const [wanted, expected] of sizes) {
    const buffer = pool.take(wanted * kibibyte);
    assert.equal(buffer.length, expected * kibibyte, `${wanted} KiB`);
    pool.give(buffer);
    assert.equal(pool.take(wanted * kibibyte), buffer);
  }
});

test('the more downloads there are, the less each of them holds', () => {
  const pool = createBufferPool();
  const taken: Buffer[] = [];
  const take = (): number => {
    const buffer = pool.take(1_024 * kibibyte);
    taken.push(buffer);
    return buffer.length / kibibyte;
  };
  const counts = new Map<number, number>();
  for (let download = 0; download < 5_000; download++) {
    const size = take();
    counts.set(size, (counts.get(size) ?? 0) + 1);
  }
  assert.deepEqual(
    [...counts],
    [
      [256, 256],
      [64, 1_024],
      [16, 5_000 - 256 - 1_024],
    ],
  );
  for (const buffer of taken.splice(0)) pool.drop(buffer);
  assert.equal(take(), 256);
});
