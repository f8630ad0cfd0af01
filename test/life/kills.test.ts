import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ledger } from '../campaigns/kills/ledger.ts';
import { runKills } from '../campaigns/kills.ts';

/** Only to notice a start that hangs: other suites use the machine at the same time. */
const readyWithinMs = 20_000;

test('six kills lose nothing that was acknowledged and show nothing half', async (context) => {
  const seed = Date.now() % 1_000_000_000;
  context.diagnostic(`seed ${seed}`);
  const log = (line: string) => context.diagnostic(line);
  await runKills({ size: 6, seed, log }, readyWithinMs);
});

test('the account of the kills tells a lost change from one that was not answered', async () => {
  const ledger = new Ledger('an object', 'a');
  await ledger.change('b', async () => {});
  assert.throws(() => ledger.settle('a'), /an object/);
  await assert.rejects(
    ledger.change('c', () => Promise.reject(new Error('cut'))),
    /cut/,
  );
  assert.throws(() => ledger.settle('a'));
  ledger.settle('c');
  assert.throws(() => ledger.settle('b'), /an object/);
});
