import { test } from 'node:test';
import { runKills } from '../campaigns/kills.ts';

/** Only to notice a start that hangs: other suites use the machine at the same time. */
const readyWithinMs = 20_000;

test('twelve kills lose nothing that was acknowledged and show nothing half', async (context) => {
  const seed = Date.now() % 1_000_000_000;
  context.diagnostic(`seed ${seed}`);
  const log = (line: string) => context.diagnostic(line);
  await runKills({ size: 12, seed, log }, readyWithinMs);
});
