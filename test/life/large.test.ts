import { test } from 'node:test';
import { run } from '../campaigns/large.ts';

test('large objects by stream and by parts survive cuts, aborts and a kill', async (context) => {
  const seed = Date.now() % 1_000_000_000;
  context.diagnostic(`seed ${seed}`);
  await run({ size: 5_000_000, seed, log: (line) => context.diagnostic(line) });
});
