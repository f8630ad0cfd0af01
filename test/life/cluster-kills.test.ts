import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from '../campaigns/node-kills.ts';

test('three kills of nodes lose nothing, and give no domain to two', async (context) => {
  const seed = Date.now() % 1_000_000_000;
  context.diagnostic(`seed ${seed}`);
  const log = (line: string) => context.diagnostic(line);
  const figures = await run({ size: 3, seed, log });
  assert.equal(figures.kills, 3);
});
