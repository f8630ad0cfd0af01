/**
 * The world: everything that is not a function of its inputs. Clock, randomness, timers and disks
 * come in through here, so that a test can move time, replay chance and break disks.
 *
 * No other room calls Date.now, new Date(), setTimeout, Math.random or node:fs (a tidy test holds
 * it).
 */
import { realDisk } from './disk.ts';
import { realClock, realRandom, realTimers } from './real.ts';
import type { World } from './types.ts';

export { type Disk, type DiskFile, realDisk } from './disk.ts';
export { type LineOutput, openLineOutput } from './line-output.ts';
export { createPace, type Pace } from './pace.ts';
export type { Clock, Instant, Random, Timers, World } from './types.ts';

/** The world as it is. */
export const realWorld: World = {
  clock: realClock,
  random: realRandom,
  timers: realTimers,
  disk: realDisk,
};
