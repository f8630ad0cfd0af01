/**
 * Histories of the five operations, recorded from 8 clients on 3 nodes over one PostgreSQL, some
 * with connections cut and nodes stopped: each is linearizable. Half of them with
 * CNAMED_TRANSFER=proof. The seed gives the schedules back; what overlaps is up to the machine.
 */
import type { Campaign } from '../support/campaign.ts';
import { judgeHistory } from './histories/judge.ts';
import { recordHistory } from './histories/record.ts';
import { openStage } from './histories/stage.ts';

export const name = 'histories';
export const issueSize = 1000;

const logEvery = 100;

export const run: Campaign['run'] = async ({ size, seed, log }) => {
  const sum = {
    operations: 0,
    unanswered: 0,
    refused: 0,
    cuts: 0,
    withCuts: 0,
    withStops: 0,
    whole: 0,
  };
  let slowestMs = 0;
  for (const transfer of ['deny', 'proof'] as const) {
    const stage = await openStage(transfer);
    try {
      for (let number = transfer === 'deny' ? 0 : 1; number < size; number += 2) {
        const historySeed = `${seed}.${number}`;
        const history = await recordHistory(stage, historySeed);
        const startedAt = performance.now();
        try {
          if (judgeHistory(history).isWhole) sum.whole++;
        } catch (cause) {
          const why = cause instanceof Error ? cause.message : String(cause);
          throw new Error(`history ${historySeed} (faults: ${history.faults}): ${why}`, { cause });
        }
        slowestMs = Math.max(slowestMs, performance.now() - startedAt);
        sum.cuts += history.cuts;
        sum.operations += history.calls.length;
        for (const { operation } of history.calls) {
          if (operation.answer === undefined) sum.unanswered++;
          if (operation.answer?.kind === 'refused') sum.refused++;
        }
        if (history.faults === 'cuts') sum.withCuts++;
        if (history.faults === 'node-stops') sum.withStops++;
        const done = Math.floor(number / 2) + 1;
        if (done % logEvery === 0) log(`${done} histories held with transfer ${transfer}`);
      }
    } finally {
      await stage.close();
    }
  }
  return {
    histories: size,
    operations: sum.operations,
    unanswered: sum.unanswered,
    refused: sum.refused,
    'with cuts': sum.withCuts,
    cuts: sum.cuts,
    'with a node stopped': sum.withStops,
    'checked whole': sum.whole,
    'slowest check ms': Math.round(slowestMs),
  };
};
