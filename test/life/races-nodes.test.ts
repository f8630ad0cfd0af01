/** Three nodes that many race for a domain on have one owner for it, and show the same. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Distort, RaceResult } from '../campaigns/races-nodes/race.ts';
import { openStage } from '../campaigns/races-nodes/stage.ts';
import { runRaces } from '../campaigns/races-nodes.ts';

/** A server that says that it took a change which it refused. */
const saysDone: Distort = (report) =>
  report.ask.kind === 'PutCname' && report.answer.kind === 'refused'
    ? { ...report, answer: { kind: 'done' } }
    : report;

/** A server that says that it refused a change which it took. */
const saysRefused: Distort = (report) =>
  report.ask.kind === 'PutCname' && report.answer.kind === 'done'
    ? { ...report, answer: { kind: 'refused', code: 'NeedVerifyDomainOwnership' } }
    : report;

test('a domain raced for on three nodes has one owner, and liars are found out', async (context) => {
  const seed = Date.now() % 1_000_000_000;
  context.diagnostic(`seed ${seed}`);
  const results: RaceResult[] = [];
  const note = (result: RaceResult): void => void results.push(result);
  const stage = await openStage();
  try {
    await runRaces(stage, `${seed}.0`, 12, note);
    for (const [number, liar] of [saysDone, saysRefused].entries()) {
      await assert.rejects(runRaces(stage, `${seed}.2${number}`, 8, () => {}, liar));
    }
    await stage.restart('proof');
    await runRaces(stage, `${seed}.1`, 12, note);
  } finally {
    await stage.close();
  }
  assert.equal(results.length, 24);
});
