/**
 * A world a test can move: its clock stands still until `advance`, its randomness follows a seed,
 * its disk is the real one unless a test brings another.
 */
import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Disk, realDisk, type World } from '../../src/world/index.ts';

export interface TestWorld extends World {
  /** Moves wall clock and monotonic clock together. */
  advance(ms: number): void;
  /** Moves the wall clock alone, as an administrator or NTP would. */
  jump(ms: number): void;
}

/** 2026-11-22T09:00:00Z */
export const testEpoch = Date.UTC(2026, 10, 22, 9);

export function createTestWorld(
  options: { now?: number; seed?: number | string; disk?: Disk } = {},
): TestWorld {
  let wall = options.now ?? testEpoch;
  let elapsed = 0;
  let drawn = 0;
  const seed = String(options.seed ?? 1);
  return {
    clock: { now: () => wall, monotonicMs: () => elapsed },
    random: {
      bytes(count) {
        const chunks: Buffer[] = [];
        for (let have = 0; have < count; have += 32) {
          chunks.push(createHash('sha256').update(`${seed}:${drawn++}`).digest());
        }
        return Buffer.concat(chunks).subarray(0, count);
      },
    },
    timers: {
      delay: (ms, signal) => delay(ms, undefined, { signal }),
      every: () => () => {},
    },
    disk: options.disk ?? realDisk,
    advance(ms) {
      wall += ms;
      elapsed += ms;
    },
    jump(ms) {
      wall += ms;
    },
  };
}
