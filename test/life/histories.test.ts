/** Three nodes answer eight clients as one would that takes one call after the other. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeHistory } from '../campaigns/histories/judge.ts';
import { type Distort, recordHistory } from '../campaigns/histories/record.ts';
import { openStage } from '../campaigns/histories/stage.ts';
import { run } from '../campaigns/histories.ts';

test('histories of the five operations on three nodes are linearizable', async (context) => {
  const seed = Date.now() % 1_000_000_000;
  context.diagnostic(`seed ${seed}`);
  const figures = await run({ size: 16, seed, log: (line) => context.diagnostic(line) });
  context.diagnostic(JSON.stringify(figures));
  assert.ok(Number(figures.operations) > 16 * 8 * 3);
});

/** A server that lists a bucket from a copy made before anything was mapped. */
const listsFromStaleCopy: Distort = (request, answer) =>
  request.kind === 'ListCname' && answer.kind === 'list' ? { kind: 'list', domains: [] } : answer;

/** A server that says that it took a change which it refused. */
const saysDone: Distort = (request, answer) =>
  request.kind === 'PutCname' && answer.kind === 'refused' ? { kind: 'done' } : answer;

for (const [what, distort] of [
  ['lists from a stale copy', listsFromStaleCopy],
  ['says done where it refused', saysDone],
] as const) {
  test(`a server that ${what} is found out`, async () => {
    const stage = await openStage('deny');
    try {
      let found = 0;
      for (let number = 0; number < 5; number++) {
        const history = await recordHistory(stage, `7.${number}`, distort);
        try {
          judgeHistory(history);
        } catch (violation) {
          assert.match(String(violation), /not linearizable/);
          found++;
        }
      }
      assert.ok(found > 0, 'not one of five histories shows it');
    } finally {
      await stage.close();
    }
  });
}
