import { test } from 'node:test';
import { run } from '../campaigns/workers.ts';

test('what one worker has answered is true on every other at once', async (context) => {
  const seed = Date.now() % 1_000_000_000;
  context.diagnostic(`seed ${seed}`);
  await run({ size: 60, seed, log: (line) => context.diagnostic(line) });
});
