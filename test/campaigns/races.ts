/**
 * Claimants, tokens, expiry, buckets deleted and made again, guarded replaces, transfers, in random
 * interleavings: never two owners, never a foreign object served, never a half-made mapping
 * (security.md 3.6). One try is one interleaving of 5 to 12 actors.
 */
import type { Campaign } from '../support/campaign.ts';
import type { Tally } from './races/judge.ts';
import { runRace } from './races/race.ts';
import { openStage } from './races/stage.ts';

export const name = 'races';
export const issueSize = 5000;

const logEvery = 500;

export const run: Campaign['run'] = async ({ size, seed, log }) => {
  const stage = await openStage(seed);
  const sum: Tally = { mapped: 0, transferred: 0, refused: 0, rebound: 0, unmapped: 0 };
  let steps = 0;
  try {
    for (let number = 0; number < size; number++) {
      const raceSeed = `${seed}.${number}`;
      try {
        const race = await runRace(stage, raceSeed);
        steps += race.steps;
        for (const key of Object.keys(sum) as (keyof Tally)[]) sum[key] += race.tally[key];
      } catch (error) {
        throw new Error(`race ${raceSeed} did what may not happen`, { cause: error });
      }
      if ((number + 1) % logEvery === 0) log(`${number + 1} of ${size} interleavings held`);
    }
  } finally {
    await stage.close();
  }
  return { interleavings: size, steps, ...sum };
};
