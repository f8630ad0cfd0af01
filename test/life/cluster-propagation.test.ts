import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from '../campaigns/propagation.ts';

test('changes on one of three nodes reach all, with notifications and without', async (context) => {
  const seed = Date.now() % 1_000_000_000;
  context.diagnostic(`seed ${seed}`);
  const log = (line: string) => context.diagnostic(line);
  const figures = await run({ size: 8, seed, log });
  assert.equal(figures['sent: changes'], 8);
  assert.equal(figures['dropped: changes'], 8);
});
