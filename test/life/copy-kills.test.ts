import { test } from 'node:test';
import { run } from '../campaigns/copy.ts';

test('a copy that is killed again and again ends identical', async (context) => {
  const seed = Date.now() % 1_000_000_000;
  context.diagnostic(`seed ${seed}`);
  await run({ size: 500, seed, log: (line) => context.diagnostic(line) });
});
