/** Chance that a seed replays: the same seed draws the same numbers on every machine. */
import { createHash } from 'node:crypto';

export interface Chance {
  /** 0 to `below` - 1. */
  int(below: number): number;
  /** True once in `among` times. */
  one(among: number): boolean;
  pick<T>(from: readonly T[]): T;
  bytes(count: number): Buffer;
}

export function createChance(seed: number | string): Chance {
  // xorshift128 (Marsaglia 2003); the seed is hashed so that neighbours have nothing in common.
  const state = new Uint32Array(4);
  const start = createHash('sha256').update(String(seed)).digest();
  for (let index = 0; index < 4; index++) state[index] = start.readUInt32LE(index * 4) | 1;
  const next = (): number => {
    const [a = 0, b = 0, c = 0, d = 0] = state;
    const mixed = a ^ (a << 11);
    state.set([b, c, d, d ^ (d >>> 19) ^ mixed ^ (mixed >>> 8)]);
    return (state[3] ?? 0) >>> 0;
  };
  const int = (below: number): number => next() % below;
  return {
    int,
    one: (among) => int(among) === 0,
    pick(from) {
      if (from.length === 0) throw new RangeError('Nothing to pick from.');
      return from[int(from.length)] as (typeof from)[number];
    },
    bytes(count) {
      const bytes = Buffer.allocUnsafe(count);
      for (let index = 0; index < count; index++) bytes[index] = next() & 0xff;
      return bytes;
    },
  };
}
