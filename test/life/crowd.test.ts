import { test } from 'node:test';
import { run } from '../campaigns/crowd.ts';

test('a crowd that wants little leaves a visitor alone, and nothing behind', async (context) => {
  const seed = Date.now() % 1_000_000_000;
  context.diagnostic(`seed ${seed}`);
  await run({ size: 40, seed, log: (line) => context.diagnostic(line) });
});
