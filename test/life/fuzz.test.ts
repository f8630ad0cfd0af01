import { test } from 'node:test';
import { run } from '../campaigns/fuzz.ts';

test('spoiled documents and headers are refused in the form of the API', async (context) => {
  const seed = Date.now() % 1_000_000_000;
  context.diagnostic(`seed ${seed}`);
  await run({ size: 1_500, seed, log: (line) => context.diagnostic(line) });
});
