import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock, Random, Timers } from './types.ts';

export const realClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
};

export const realRandom: Random = {
  bytes: (count) => randomBytes(count),
};

export const realTimers: Timers = {
  delay: (ms, signal) => delay(ms, undefined, { signal }),
  every: (ms, work) => {
    const timer = setInterval(work, ms);
    timer.unref();
    return () => clearInterval(timer);
  },
};
