import { test } from 'node:test';
import { run } from '../campaigns/rotation.ts';

test('a certificate changes under load and no visitor notices', async (context) => {
  const seed = Date.now() % 1_000_000_000;
  context.diagnostic(`seed ${seed}`);
  await run({ size: 30, seed, log: (line) => context.diagnostic(line) });
});
