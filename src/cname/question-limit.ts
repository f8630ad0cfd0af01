import type { Clock } from '../world/index.ts';

/** DESIGN ruling 14: questions that one account may cause in one minute. */
const questionsPerMinute = 600;
const minuteMs = 60_000;
/** Above this many accounts in memory, those that asked nothing lately are forgotten. */
const accountsKept = 1_000;

export interface QuestionLimit {
  /** 0 when the question may be asked, and it is counted; else the seconds to wait, 1 or more. */
  take(accountId: string): number;
}

/**
 * Counts the DNS questions of each account over the sixty seconds before now, on the clock that
 * never runs backwards. The minute slides, so that no burst at a boundary passes twice the limit.
 */
export function createQuestionLimit(clock: Clock): QuestionLimit {
  const asked = new Map<string, QuestionTimes>();
  return {
    take(accountId) {
      const now = clock.monotonicMs();
      let times = asked.get(accountId);
      if (times === undefined) {
        if (asked.size >= accountsKept) forgetIdle(asked, now);
        times = new QuestionTimes();
        asked.set(accountId, times);
      }
      return times.take(now);
    },
  };
}

/** The times of the last 600 questions, as a ring: the oldest one decides. */
class QuestionTimes {
  readonly #ring: number[] = [];
  #oldest = 0;
  latest = Number.NEGATIVE_INFINITY;

  take(now: number): number {
    if (this.#ring.length < questionsPerMinute) {
      this.#ring.push(now);
    } else {
      const freeAt = (this.#ring[this.#oldest] ?? now) + minuteMs;
      if (freeAt > now) return Math.max(1, Math.ceil((freeAt - now) / 1_000));
      this.#ring[this.#oldest] = now;
      this.#oldest = (this.#oldest + 1) % questionsPerMinute;
    }
    this.latest = now;
    return 0;
  }
}

function forgetIdle(asked: Map<string, QuestionTimes>, now: number): void {
  for (const [accountId, times] of asked) {
    if (times.latest + minuteMs <= now) asked.delete(accountId);
  }
}
