import { test } from 'node:test';
import { run } from '../campaigns/parts.ts';

test('an object of parts sent in any order is what was sent', async (context) => {
  const seed = Date.now() % 1_000_000_000;
  context.diagnostic(`seed ${seed}`);
  await run({ size: 20, seed, log: (line) => context.diagnostic(line) });
});
