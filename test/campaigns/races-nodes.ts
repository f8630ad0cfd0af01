/**
 * The races of one node, over the wire and over three: claims, tokens, guarded replaces, transfers,
 * unmappings and buckets made anew, by eight clients at once on three node processes over one
 * PostgreSQL. Never two owners, no change lost that was acknowledged, no token used twice, no page
 * and no leaf of somebody else, and in the end the same on all nodes (security.md 3.6). Half of
 * them with CNAMED_TRANSFER=proof. The seed gives the plans back; what overlaps is up to the
 * machine.
 */
import type { Campaign } from '../support/campaign.ts';
import { emptyTally } from './races-nodes/judge.ts';
import { type Distort, openLane, type RaceResult, runRace } from './races-nodes/race.ts';
import { openStage, type Stage } from './races-nodes/stage.ts';

export const name = 'races-nodes';
export const issueSize = 5000;

/** Races at a time: each waits for its slowest call between two heats. */
const laneCount = 8;
const logEvery = 100;

export const run: Campaign['run'] = async ({ size, seed, log }) => {
  const stage = await openStage();
  const sum = { requests: 0, visits: 0, ...emptyTally() };
  let held = 0;
  const note = ({ requests, visits, tally }: RaceResult): void => {
    const counts = { requests, visits, ...tally };
    for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += counts[key];
    held++;
    if (held % logEvery === 0) log(`${held} of ${size} races held`);
  };
  try {
    const half = Math.ceil(size / 2);
    await runRaces(stage, `${seed}.0`, half, note);
    await stage.restart('proof');
    await runRaces(stage, `${seed}.1`, size - half, note);
  } finally {
    await stage.close();
  }
  return { races: size, ...sum };
};

/** As many at a time as there are lanes; the first that fails stops the others. */
export async function runRaces(
  stage: Stage,
  seed: string,
  size: number,
  note: (result: RaceResult) => void,
  distort?: Distort,
): Promise<void> {
  let next = 0;
  let isOver = false;
  const names = Array.from({ length: Math.min(laneCount, size) }, (_, index) => `${seed}-${index}`);
  const lanes = names.map(async (name) => {
    try {
      const lane = await openLane(stage, name.replaceAll('.', '-'));
      while (next < size && !isOver) {
        const raceSeed = `${seed}.${next++}`;
        try {
          note(await runRace(lane, raceSeed, distort));
        } catch (cause) {
          const why = cause instanceof Error ? cause.message : String(cause);
          throw new Error(`race ${raceSeed} (transfer ${stage.transfer}): ${why}`, { cause });
        }
      }
    } finally {
      isOver = next < size;
    }
  });
  const ends = await Promise.allSettled(lanes);
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}
