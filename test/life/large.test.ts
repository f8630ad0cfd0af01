import { test } from 'node:test';
import { run } from '../campaigns/large.ts';

test('an object larger than the memory it passes through leaves nothing behind', async (context) => {
  const seed = Date.now() % 1_000_000_000;
  context.diagnostic(`seed ${seed}`);
  await run({ size: 24, seed, log: (line) => context.diagnostic(line) });
});
