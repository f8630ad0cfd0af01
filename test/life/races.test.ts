import { test } from 'node:test';
import { run } from '../campaigns/races.ts';

test('a domain that many race for has one owner at any moment', async (context) => {
  const seed = Date.now() % 1_000_000_000;
  context.diagnostic(`seed ${seed}`);
  await run({ size: 150, seed, log: (line) => context.diagnostic(line) });
});
