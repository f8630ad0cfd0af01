import { test } from 'node:test';
import { runFailovers } from '../campaigns/failover.ts';
import { namedPrograms } from '../support/postgres/programs.ts';

test('a primary that dies, twice, loses nothing that was acknowledged', async (context) => {
  const seed = Date.now() % 1_000_000_000;
  context.diagnostic(`seed ${seed}`);
  const log = (line: string) => context.diagnostic(line);
  const figures = await runFailovers({ size: 2, seed, log }, namedPrograms());
  context.diagnostic(JSON.stringify(figures));
});
