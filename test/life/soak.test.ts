import { test } from 'node:test';
import { run } from '../campaigns/soak.ts';

test('everything at once, for a while: nothing is wrong, nothing stays behind', async (context) => {
  const seed = Date.now() % 1_000_000_000;
  context.diagnostic(`seed ${seed}`);
  await run({ size: 6, seed, log: (line) => context.diagnostic(line) });
});
